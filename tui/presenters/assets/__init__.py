"""Assets: the list, one in detail, its partitions and versions, and what a run would make."""
