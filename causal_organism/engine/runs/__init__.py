"""Runs: in which order steps are made, by threads or by tasks, and how each ends."""
