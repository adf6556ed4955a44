"""Parquet files, read in parts. A small one may hold a thousand times its size: that is refused in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from causal_organism.errors import ImportFileError

MOST_CELLS = 20_000_000
"""Of a whole table: a million people with every column are ten."""

MOST_TEXT_BYTES = 500_000_000
TOO_LARGE = "too-large"
_ROWS = 65_536


def read_names(path: str | Path, content: bytes) -> tuple[str, ...]:
    """The names of its columns, in order. Raises ImportFileError where it does not parse."""
    import pyarrow as pa  # 0.1 s
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(pa.BufferReader(content)).names)
    except (pa.ArrowException, OSError) as error:
        raise ImportFileError(f"{path} cannot be read as Parquet: {error}") from error


def read_batches(path: str | Path, content: bytes, *, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Arrow batches of these columns (None: all); texts stay numbered, so that repeated ones cost nothing yet.

    Raises:
        ImportFileError: it does not parse, or is too large (`too-large`), before memory was taken for it.
    """
    import pyarrow as pa  # 0.1 s
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(pa.BufferReader(content))
        texts = [
            field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        ]
        file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts)
        wide = len(schema.names if columns is None else columns)
        if file.metadata.num_rows * wide > MOST_CELLS:
            raise _too_large(path, f"{file.metadata.num_rows:,} rows of {wide} columns", f"{MOST_CELLS:,} cells")
        size = 0
        for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
            size += sum(map(_text_bytes, batch.columns))
            if size > MOST_TEXT_BYTES:
                raise _too_large(path, f"more than {MOST_TEXT_BYTES:,} bytes of text", f"{MOST_TEXT_BYTES:,}")
            yield batch
    except (pa.ArrowException, OSError) as error:
        raise ImportFileError(f"{path} cannot be read as Parquet: {error}") from error


def _text_bytes(column: Any) -> int:
    """Of all its cells, as large as they would be one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return 0
    lengths = pc.binary_length(column.dictionary).cast(pa.int64())
    return int(pc.sum(lengths.take(column.indices)).as_py() or 0)


def _too_large(path: str | Path, found: str, most: str) -> ImportFileError:
    return ImportFileError(
        f"{path} says that it holds {found}; a table of at most {most} is taken in",
        hint="hand it in as several files, or with the columns alone that are needed",
        code=TOO_LARGE,
    )
