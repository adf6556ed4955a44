"""From the network to numbers per person, in full and incremental form side by side. Pure."""
