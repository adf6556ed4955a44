"""Somebody is told: looking for faults from outside, following them, and delivering alerts until they arrive."""
