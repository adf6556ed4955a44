"""Reviewed studies: read, run, compared and approved."""
