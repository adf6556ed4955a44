"""Proposals, and what people decide about them."""
