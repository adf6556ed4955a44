"""Tables from CSV and Parquet files, with the line of every row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from causal_organism.errors import ImportFileError, RequestError
from causal_organism.organism.files.delimited import find_delimiter
from causal_organism.organism.files.headers import fold_name
from causal_organism.organism.files.opening import FileOptions, open_text
from causal_organism.organism.files.parquet import read_batches, read_names

_PARQUET = b"PAR1"
_BYTES = re.compile("[\udc80-\udcff]")  # that are not UTF-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A header as it was found, and rows as long as it. Values are text from CSV, and what was stored from Parquet."""

    name: str  # of the file
    unit: str  # what `numbers` count, from 1: line or row
    header: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[tuple[Any, ...], ...]
    delimiter: str = ","
    encoding: str = ""

    def place(self, number: int, column: int) -> str:
        """Where a value stands; `column` is counted from 0."""
        return f"{self.unit} {number}, column {column + 1} ({self.header[column]})"


def read_table(path: str | Path, *, known: tuple[str, ...], options: FileOptions | None = None) -> Table:
    """A whole table; Parquet is told by its first bytes, everything else is delimited text with a header.

    `known`: columns that tell the delimiter.

    Raises:
        RequestError: the file cannot be read, or holds no text.
        ImportFileError: it does not parse, or a row is longer or shorter than the header.
    """
    options = options or FileOptions()
    if str(path) != "-":
        try:
            with Path(path).open("rb") as file:
                content = file.read(len(_PARQUET))
                if content == _PARQUET:
                    return _from_parquet(path, content + file.read())
        except OSError as error:
            raise RequestError(f"{path} cannot be read: {error.strerror}") from error
    return _from_csv(path, known, options)


def read_names_of_text(path: str | Path, *, known: tuple[str, ...]) -> tuple[str, ...]:
    """The names in the header of a table of delimited text; errors as of `read_table`."""
    with (
        open_text(path) as opened,
        TextIOWrapper(opened.stream, "utf-8", "surrogateescape", newline="") as text,
    ):
        first = _first_line(text, opened.name)
        ((_, names), *_) = _rows(first, iter(()), find_delimiter(first[1], known), opened.name)
    return tuple(name.strip() for name in names)


def _from_csv(path: str | Path, known: tuple[str, ...], options: FileOptions) -> Table:
    with (
        open_text(path, options) as opened,
        TextIOWrapper(opened.stream, "utf-8", "surrogateescape", newline="") as text,
    ):
        first = _first_line(text, opened.name)
        names = (*known, *map(fold_name, options.columns))
        delimiter = options.delimiter or find_delimiter(first[1], names)
        found = _rows(first, text, delimiter, opened.name)
    header = tuple(name.strip() for name in found[0][1])
    for number, values in found[1:]:
        if len(values) != len(header):
            raise ImportFileError(f"{opened.name}, line {number}: {len(values)} values for {len(header)} columns")
    return Table(
        name=opened.name,
        unit="line",
        header=header,
        numbers=tuple(number for number, _ in found[1:]),
        rows=tuple(values for _, values in found[1:]),
        delimiter=delimiter,
        encoding=opened.encoding,
    )


def _first_line(text: TextIOWrapper, name: str) -> tuple[int, str]:
    """The first line that holds something, with its number."""
    for number, line in enumerate(text, start=1):
        if line.strip():
            return number, line
    raise ImportFileError(f"{name} is empty; it needs a line with the names of its columns")


def _rows(first: tuple[int, str], text: Iterable[str], delimiter: str, name: str) -> list[tuple[int, tuple[str, ...]]]:
    """Rows that hold something, the header in front, each with the number of its first line."""
    before, header = first
    reader = csv.reader(_chained(header, text), delimiter=delimiter, strict=True)
    found: list[tuple[int, tuple[str, ...]]] = []
    line = before
    try:
        for row in reader:
            if row:
                found.append((line, _decoded(row, f"{name}, line {line}")))
            line = before + reader.line_num
    except csv.Error as error:
        raise ImportFileError(f"{name}, line {line}: {error}") from error
    return found


def _decoded(row: list[str], where: str) -> tuple[str, ...]:
    if not _BYTES.search("".join(row)):
        return tuple(row)
    raise ImportFileError(f"{where}: not UTF-8 text, as the rest of the file is", hint="--encoding NAME says another")


def _chained(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _from_parquet(path: str | Path, content: bytes) -> Table:
    header = read_names(path, content)
    rows: list[tuple[Any, ...]] = []
    for batch in read_batches(path, content):
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return Table(name=str(path), unit="row", header=header, numbers=tuple(range(1, len(rows) + 1)), rows=tuple(rows))
