"""What people read, written once for the command and the console."""
