"""Tables for studies, by column, from CSV and Parquet files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causal_organism.causal.data.tables import StudyTable, Texts
from causal_organism.errors import ImportFileError, RequestError
from causal_organism.organism.files.parquet import read_batches, read_names

_PARQUET = b"PAR1"
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+\s*")
_EXACT = 2**53


def read_study_table(path: str | Path, wanted: Iterable[str]) -> StudyTable:
    """The wanted columns of a table, as far as there are any; CSV may be apart by commas, semicolons or tabs.

    Raises:
        RequestError: the file cannot be read.
        ImportFileError: it does not parse.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from error
    if content.startswith(_PARQUET):
        return _from_parquet(path, content, set(wanted))
    return _from_csv(path, content, set(wanted))


def read_column_names(path: str | Path) -> tuple[str, ...]:
    """The names of a table's columns, in its order."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from error
    if not content.startswith(_PARQUET):
        return _header(path, content.decode("utf-8-sig", "replace"))[1]
    return read_names(path, content)


def _from_csv(path: str | Path, content: bytes, wanted: set[str]) -> StudyTable:
    import pandas as pd  # 0.5 s

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ImportFileError(f"{path}, line {line}: not UTF-8 text ({error.reason})") from error
    separator, header = _header(path, text)
    places = [place for place, name in enumerate(header) if name in wanted]
    try:
        frame = pd.read_csv(
            io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, header=0, names=range(len(header)),
            index_col=False, usecols=places, skip_blank_lines=True,
        )  # fmt: skip
    except (pd.errors.ParserError, ValueError) as error:
        raise ImportFileError(f"{path} does not parse: {' '.join(str(error).split())}") from error
    columns = {header[place]: frame[place].fillna("").to_numpy(dtype=object) for place in places}
    if separator != ",":
        columns = {name: _with_points(column) for name, column in columns.items()}
    rows = len(frame) if places else max(len(text.splitlines()) - 1, 0)
    return StudyTable(columns=columns, rows=rows)


def _header(path: str | Path, text: str) -> tuple[str, tuple[str, ...]]:
    """The separator and the names; the separator is the one that the header has most of."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise ImportFileError(f"{path} is empty; it needs a line with the names of its columns")
    separator = max(",;\t", key=first.count)
    header = tuple(name.strip() for name in next(csv.reader([first], delimiter=separator)))
    for place, name in enumerate(header):
        if name and name in header[:place]:
            raise ImportFileError(f"{path} has the column {name!r} twice")
    return separator, header


def _with_points(column: Texts) -> Texts:
    """Numbers with a decimal comma, written with a point."""
    if not any(_DECIMAL_COMMA.fullmatch(value) for value in column):
        return column
    return np.array(
        [value.replace(",", ".") if _DECIMAL_COMMA.fullmatch(value) else value for value in column], dtype=object
    )


def _from_parquet(path: str | Path, content: bytes, wanted: set[str]) -> StudyTable:
    present = [name for name in read_names(path, content) if name in wanted]
    batches = list(read_batches(path, content, columns=present))
    columns = {name: _from_arrow(_column(batches, name)) for name in present}
    return StudyTable(columns=columns, rows=sum(batch.num_rows for batch in batches))


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
