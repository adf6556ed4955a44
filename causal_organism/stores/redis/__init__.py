"""The event stream in Redis."""
