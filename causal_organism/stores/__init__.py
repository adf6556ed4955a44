"""The outside world: one package per technology, each the only importer of its driver."""
