"""Partitions: their dimensions, how inputs map to them, and which are chosen."""
