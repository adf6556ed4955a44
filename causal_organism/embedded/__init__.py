"""Real servers from wheels, for a machine that has none: one supervisor per home."""
