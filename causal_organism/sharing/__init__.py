"""Work shared out: slices, mappers over threads or Dask, and snapshot files."""
