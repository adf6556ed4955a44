"""Checks of values: of new ones before they are published, and of what there is."""
