"""Files as people have them: opened, decoded, split into columns, and read row by row."""
