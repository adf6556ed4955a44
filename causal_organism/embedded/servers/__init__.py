"""The servers that a home can start, one module each."""
