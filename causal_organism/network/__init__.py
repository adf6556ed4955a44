"""The network: interactions, deltas, and the immutable snapshot in arrays. Pure."""
