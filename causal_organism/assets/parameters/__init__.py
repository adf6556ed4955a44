"""Parameters of assets' functions: what they read, and config of a run."""
