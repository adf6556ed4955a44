"""Code versions, read from source."""
