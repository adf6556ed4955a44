"""Values of versions as bytes, in PostgreSQL rows and in files."""
