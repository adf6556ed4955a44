"""Counting that views share: arrays in, arrays out."""
