"""Commands of who watches: what is wrong, who is told, and numbers for monitoring."""
