"""A console without servers."""
