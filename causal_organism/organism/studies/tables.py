"""Tables for studies, by column, from CSV and Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causal_organism.causal.data.tables import StudyTable, Texts
from causal_organism.errors import ImportFileError, RequestError
from causal_organism.organism.files.delimited import with_point
from causal_organism.organism.files.headers import fold_name
from causal_organism.organism.files.parquet import read_batches, read_names
from causal_organism.organism.files.tables import read_names_of_text, read_table

_PARQUET = b"PAR1"
_EXACT = 2**53


def read_study_table(path: str | Path, wanted: Iterable[str]) -> StudyTable:
    """The wanted columns of a table, as far as there are any; Parquet, or delimited text as imports read it.

    Raises:
        RequestError: the file cannot be read.
        ImportFileError: it does not parse, or a row is longer or shorter than the header; names the line.
    """
    wanted = tuple(wanted)
    if (content := _parquet_in(path)) is not None:
        return _from_parquet(path, content, set(wanted))
    found = read_table(path, known=tuple(map(fold_name, wanted)))
    _refuse_twice(found.name, found.header)
    places = {name: place for place, name in enumerate(found.header) if name in wanted}
    columns = {
        name: _with_points(np.array([row[place] for row in found.rows], dtype=object), found.delimiter)
        for name, place in places.items()
    }
    return StudyTable(columns=columns, rows=len(found.rows), header=found.header)


def read_column_names(path: str | Path, wanted: Iterable[str]) -> tuple[str, ...]:
    """The names of a table's columns, in its order; the wanted ones tell what parts them."""
    if (content := _parquet_in(path)) is not None:
        return read_names(path, content)
    found = read_names_of_text(path, known=tuple(map(fold_name, wanted)))
    _refuse_twice(str(path), found)
    return found


def _parquet_in(path: str | Path) -> bytes | None:
    """The content, where it is Parquet."""
    try:
        with Path(path).open("rb") as file:
            first = file.read(len(_PARQUET))
            return first + file.read() if first == _PARQUET else None
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from error


def _refuse_twice(name: str, header: Sequence[str]) -> None:
    for place, column in enumerate(header):
        if column and column in header[:place]:
            raise ImportFileError(f"{name} has the column {column!r} twice")


def _with_points(column: Texts, delimiter: str) -> Texts:
    """Numbers with a decimal comma, written with a point, where commas do not part columns."""
    if delimiter == ",":
        return column
    return np.array([with_point(value, delimiter) for value in column], dtype=object)


def _from_parquet(path: str | Path, content: bytes, wanted: set[str]) -> StudyTable:
    header = read_names(path, content)
    present = [name for name in header if name in wanted]
    batches = list(read_batches(path, content, columns=present))
    columns = {name: _from_arrow(_column(batches, name)) for name in present}
    return StudyTable(columns=columns, rows=sum(batch.num_rows for batch in batches), header=header)


def _column(batches: Sequence[Any], name: str) -> Any:
    import pyarrow as pa  # 0.1 s

    return pa.chunked_array([batch.column(name) for batch in batches] or [pa.array([], pa.string())])


def _from_arrow(column: Any) -> Texts:
    """Numbers as float64; whole numbers that do not fit, words and times as text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    values = column.to_pylist()
    if pa.types.is_integer(kind) and all(each is None or abs(each) <= _EXACT for each in values):
        return np.array([np.nan if each is None else float(each) for each in values])
    return np.array(["" if each is None else _to_text(each) for each in values], dtype=object)


def _to_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
