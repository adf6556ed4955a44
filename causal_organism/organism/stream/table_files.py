"""Tables from CSV and Parquet files, with the line of every row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causal_organism.errors import ImportFileError, RequestError

_PARQUET = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A header, and rows as long as it. Values are text from CSV, and whatever was stored from Parquet."""

    name: str  # of the file
    unit: str  # what `numbers` count, from 1: line or row
    header: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[tuple[Any, ...], ...]

    def place(self, number: int, column: str) -> str:
        return f"{self.unit} {number}, column {self.header.index(column) + 1} ({column})"


def read_table(path: str | Path) -> Table:
    """A whole table; Parquet is told by its first bytes, everything else is CSV in UTF-8 with a header.

    Raises:
        RequestError: the file cannot be read.
        ImportFileError: it does not parse, or a row is longer or shorter than the header.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from error
    table = _from_parquet(path, content) if content.startswith(_PARQUET) else _from_csv(path, content)
    if len(set(table.header)) != len(table.header):
        twice = next(name for place, name in enumerate(table.header) if name in table.header[:place])
        raise ImportFileError(f"{path} has the column {twice!r} twice")
    return table


def _from_csv(path: str | Path, content: bytes) -> Table:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ImportFileError(f"{path}, line {line}: not UTF-8 text ({error.reason})") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, tuple[str, ...]]] = []
    line = 1
    try:
        for row in reader:
            if row:
                found.append((line, tuple(row)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ImportFileError(f"{path}, line {line}: {error}") from error
    if not found:
        raise ImportFileError(f"{path} is empty; it needs a line with the names of its columns")
    header = tuple(name.strip() for name in found[0][1])
    for number, values in found[1:]:
        if len(values) != len(header):
            raise ImportFileError(f"{path}, line {number}: {len(values)} values for {len(header)} columns")
    return Table(
        name=str(path),
        unit="line",
        header=header,
        numbers=tuple(number for number, _ in found[1:]),
        rows=tuple(values for _, values in found[1:]),
    )


def _from_parquet(path: str | Path, content: bytes) -> Table:
    import pyarrow as pa  # 0.1 s
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as error:
        raise ImportFileError(f"{path} cannot be read as Parquet: {error}") from error
    columns = [column.to_pylist() for column in table.columns]
    return Table(
        name=str(path),
        unit="row",
        header=tuple(table.column_names),
        numbers=tuple(range(1, table.num_rows + 1)),
        rows=tuple(zip(*columns, strict=True)),
    )
