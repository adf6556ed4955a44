"""Two tables side by side: which row is which, which cells differ."""
