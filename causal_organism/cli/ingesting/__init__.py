"""Interactions, people and outcomes from files, and what was refused of them."""
