"""Runs: the list, one in detail with its tasks on an axis of time, and its log."""
