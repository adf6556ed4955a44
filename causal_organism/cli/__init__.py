"""The command `organism`, one module per group of commands."""
