"""Backups of everything at one moment, and an organism made of one again."""
