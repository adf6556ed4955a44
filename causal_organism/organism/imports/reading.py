"""Reads a table whole: its header, every cell, and rows that stand twice; all that is wrong is told at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.documents.imports import NoticeRow
from causal_organism.errors import ImportFileError
from causal_organism.network.identities import Aliases, NearDuplicates, near_duplicates
from causal_organism.organism.files.delimited import numbers_with_point
from causal_organism.organism.files.headers import STATUSES, Header, fold_name, listed, map_hint, suggest
from causal_organism.organism.files.opening import BAD_HEADER, FileOptions
from causal_organism.organism.files.tables import Table
from causal_organism.organism.imports.cells import Reader, WrongValueError

Columns = dict[str, NDArray[Any]]
"""Text as objects, str or None; numbers as float64, not-a-number where there is none."""

_SHOWN_ERRORS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a table is read. `today`: what a date is far ahead of."""

    today: date
    file: FileOptions = field(default_factory=FileOptions)
    aliases: Aliases = field(default_factory=Aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that may be wrong and is taken in all the same. `line` and `column` are counted from 1."""

    code: str
    line: int
    column: int
    text: str

    def to_document(self) -> NoticeRow:
        return {"code": self.code, "line": self.line, "column": self.column, "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """What was read. `near`: near-duplicates by the column that they stand in."""

    columns: Columns
    table: Table
    notices: Sequence[Notice] = ()
    near: Mapping[str, NearDuplicates] = field(default_factory=dict)


class Problems:
    """Everything that is wrong with a table, by place. Told together, in order of the rows."""

    def __init__(self, table: Table):
        self._table = table
        self._found: list[tuple[int, int, str]] = []  # row of the table, column, what is wrong

    def add(self, row: int, column: int, what: str) -> None:
        self._found.append((row, column, what))

    def refuse(self) -> None:
        """Raises ImportFileError if there are any."""
        if not self._found:
            return
        found, table = sorted(self._found, key=lambda each: each[:2]), self._table
        more = [f"and {len(found) - _SHOWN_ERRORS} more"] if len(found) > _SHOWN_ERRORS else []
        shown = [f"{table.place(table.numbers[row], column)}: {what}" for row, column, what in found[:_SHOWN_ERRORS]]
        count = "1 error" if len(found) == 1 else f"{len(found)} errors"
        lines = "\n  ".join([*shown, *more])
        message = f"{table.name} has {count}; nothing of it was taken in\n  {lines}"
        raise ImportFileError(message, column=found[0][1] + 1)


def require_columns(table: Table, header: Header, required: Sequence[str], known: Sequence[str] | None) -> None:
    """Refuse a header once: what is missing, what nobody knows, and what it might be mapped to.

    `known`: all that there can be; None: any name.

    Raises:
        ImportFileError: `bad-header`.
    """
    for place, name in enumerate(header.names):
        if name is not None and not name.isprintable():
            raise ImportFileError(
                f"{table.name}, column {place + 1}: {name!r} is not a valid name", column=place + 1, code=BAD_HEADER
            )
        if name is None and not header.found[place]:
            raise ImportFileError(
                f"{table.name}, column {place + 1}: '' is not a valid name", column=place + 1, code=BAD_HEADER
            )
    missing = [each for each in required if each not in header.names]
    unknown = [] if known is None else [place for place, each in enumerate(header.names) if each and each not in known]
    if not missing and not unknown:
        return
    about = [f"it has {listed(header.found)}"] if missing else []
    lack = [f"has no column {', '.join(map(repr, missing))}"] if missing else []
    wrong = [*lack, *about, *_unknown(header, unknown, known or required)]
    raise ImportFileError(
        f"{table.name}{' ' if lack else ', '}" + "; ".join(wrong),
        hint=_hint(header, missing, unknown, known or required),
        column=unknown[0] + 1 if unknown else None,
        code=BAD_HEADER,
    )


def _unknown(header: Header, unknown: Sequence[int], known: Sequence[str]) -> list[str]:
    texts = []
    for place in unknown:
        name = header.found[place]
        ours = None if fold_name(name) in STATUSES else suggest(name, known)
        perhaps = "; who left has a day in ended_on" if fold_name(name) in STATUSES and "ended_on" in known else ""
        texts.append(f"column {place + 1}: {name!r} is not known" + (f", perhaps {ours}" if ours else perhaps))
    return texts


def _hint(header: Header, missing: Sequence[str], unknown: Sequence[int], known: Sequence[str]) -> str:
    places = unknown or [place for place, name in enumerate(header.names) if name not in known]
    names = [header.found[place] for place in places]
    free = [each for each in known if each not in header.names]
    if len(names) == 1 and not missing and (ours := suggest(names[0], free)):
        return f"did you mean {ours}? --map FILE (CSV) may say: theirs,ours; {names[0]},{ours}"
    return map_hint(names, free) + "; a line `theirs,` leaves a column out"


def read_cells(
    table: Table, header: Header, readers: Mapping[str, Reader], numbers: Sequence[str], problems: Problems
) -> dict[str, list[Any]]:
    """Values by our names of the columns; None where one cannot be read, which is noted among the problems."""
    if not table.rows:
        raise ImportFileError(f"{table.name} has no rows: what was imported before would be emptied by it")
    values: dict[str, list[Any]] = {}
    for place, name in enumerate(header.names):
        if name is None:
            continue
        column: list[Any] = [row[place] for row in table.rows]
        if name in numbers:
            column = numbers_with_point(column, table.delimiter)
        values[name] = _read_column(column, place, readers[name], problems)
    for row, cells in enumerate(table.rows):
        if tuple(cells) == table.header:
            problems.add(row, 0, "is the header again")
    return values


def _read_column(column: Sequence[Any], place: int, read: Reader, problems: Problems) -> list[Any]:
    values = []
    for row, value in enumerate(column):
        try:
            values.append(read(value))
        except WrongValueError as wrong:
            values.append(None)
            problems.add(row, place, str(wrong))
    return values


def named(aliases: Aliases, read: Reader) -> Reader:
    """A reader of ids that gives the id that an alias stands for."""

    def found(value: Any) -> Any:
        person = read(value)
        return None if person is None else aliases.id_of(person)

    return found if aliases else read


def near_in(values: Mapping[str, Sequence[Any]], columns: Sequence[str]) -> dict[str, NearDuplicates]:
    """Near-duplicates within each of these columns, where there are any."""
    found = {
        name: near_duplicates(each for each in values[name] if each is not None) for name in columns if name in values
    }
    return {name: each for name, each in found.items() if each.count}


def to_column(values: Sequence[Any], *, is_number: bool) -> NDArray[Any]:
    """Values as a column of float64 (None becomes NaN), or of objects."""
    if is_number:
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
