"""Tables of a study as rows that can be used, each that cannot be with its reason."""
