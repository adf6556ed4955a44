"""The roster and the outcomes that people hand in: all of a file, or nothing of it.

Rows come out in order of id (and week), columns in a fixed order, so that the same content is the same value however
its file was sorted.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.errors import ImportFileError
from causal_organism.network.interactions import is_id
from causal_organism.organism.stream.table_files import Table, read_table

PEOPLE_COLUMNS = ("id", "name", "team", "manager", "role", "level", "site", "started_on", "fte")
PEOPLE_REQUIRED = ("id", "team")
OUTCOMES_REQUIRED = ("id", "week")

Columns = dict[str, NDArray[Any]]
"""Text as objects, str or None; numbers as float64, not-a-number where there is none."""

_SHOWN_ERRORS = 20
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


class _WrongValueError(Exception):
    """A value that cannot be taken; its one argument says why."""


def read_people(path: str | Path) -> Columns:
    """The roster: all of PEOPLE_COLUMNS, with nothing in those that the file does not have.

    Raises:
        ImportFileError: names the line and column of up to 20 things that are wrong.
    """
    table = read_table(path)
    _check_header(table, PEOPLE_REQUIRED, known=PEOPLE_COLUMNS)
    readers: dict[str, Callable[[Any], Any]] = dict.fromkeys(PEOPLE_COLUMNS, _optional(_text))
    readers |= {"id": _id, "team": _text, "manager": _optional(_id), "started_on": _optional(_day), "fte": _fte}
    values = _read(table, readers, unique=("id",))
    order = sorted(range(len(table.rows)), key=lambda row: str(values["id"][row]))
    return {
        name: _column([values[name][row] if name in values else None for row in order], number=name == "fte")
        for name in PEOPLE_COLUMNS
    }


def read_outcomes(path: str | Path) -> Columns:
    """Outcomes per person and ISO week: `id`, `week`, then the metrics in order of name.

    Raises:
        ImportFileError: names the line and column of up to 20 things that are wrong.
    """
    table = read_table(path)
    _check_header(table, OUTCOMES_REQUIRED, known=None)
    metrics = sorted(set(table.header) - set(OUTCOMES_REQUIRED))
    if not metrics:
        raise ImportFileError(f"{table.name} has no metric: besides id and week it needs at least one column")
    readers: dict[str, Callable[[Any], Any]] = dict.fromkeys(metrics, _number)
    values = _read(table, {"id": _id, "week": _week, **readers}, unique=OUTCOMES_REQUIRED)
    order = sorted(range(len(table.rows)), key=lambda row: (str(values["id"][row]), str(values["week"][row])))
    return {
        name: _column([values[name][row] for row in order], number=name in metrics)
        for name in (*OUTCOMES_REQUIRED, *metrics)
    }


def _check_header(table: Table, required: Sequence[str], *, known: Sequence[str] | None) -> None:
    for name in required:
        if name not in table.header:
            raise ImportFileError(f"{table.name} has no column {name!r}; it has {', '.join(table.header)}")
    for place, name in enumerate(table.header, start=1):
        if not name.isprintable() or not name:
            raise ImportFileError(f"{table.name}, column {place}: {name!r} is no name", column=place)
        if known is not None and name not in known:
            close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
            raise ImportFileError(
                f"{table.name}, column {place}: {name!r} is not known",
                hint=f"did you mean {close[0]}?" if close else f"the columns are {', '.join(known)}",
                column=place,
            )


def _read(table: Table, readers: dict[str, Callable[[Any], Any]], *, unique: Sequence[str]) -> dict[str, list[Any]]:
    """Values by column of the file; raises with everything that is wrong with any of them."""
    if not table.rows:
        raise ImportFileError(f"{table.name} has no rows: what was imported before would be emptied by it")
    errors: list[tuple[str, str]] = []  # column, what is wrong
    values: dict[str, list[Any]] = {name: [] for name in table.header}
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in zip(table.numbers, table.rows, strict=True):
        for name, value in zip(table.header, row, strict=True):
            try:
                values[name].append(readers[name](value))
            except _WrongValueError as wrong:
                values[name].append(None)
                errors.append((name, f"{table.place(number, name)}: {wrong}"))
        key = tuple(values[name][-1] for name in unique)
        if seen.setdefault(key, number) != number and None not in key:
            wrong_key = f"{' in '.join(key)} is on {table.unit} {seen[key]} too"
            errors.append((unique[-1], f"{table.place(number, unique[-1])}: {wrong_key}"))
    if errors:
        _raise(table, errors)
    return values


def _raise(table: Table, errors: list[tuple[str, str]]) -> None:
    more = [f"and {len(errors) - _SHOWN_ERRORS} more"] if len(errors) > _SHOWN_ERRORS else []
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    lines = "\n  ".join([*(text for _, text in errors[:_SHOWN_ERRORS]), *more])
    column = table.header.index(errors[0][0]) + 1
    raise ImportFileError(f"{table.name} has {count}; nothing of it was taken in\n  {lines}", column=column)


def _column(values: list[Any], *, number: bool) -> NDArray[Any]:
    if number:
        return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    return np.array(values, dtype=object)


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None or value == "" else read(value)


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        raise _WrongValueError("is empty")
    if not isinstance(value, str):
        raise _WrongValueError(f"{value!r} is no text")
    if "\0" in value:
        raise _WrongValueError(f"{value!r} holds a null character")
    return value


def _id(value: Any) -> str:
    text = _text(value)
    if not is_id(text):
        raise _WrongValueError(f"{text[:50]!r} is no id: 1 to 200 characters, none of them control characters")
    return text


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    text = value.isoformat() if isinstance(value, date) else _text(value)
    try:
        if len(text) != len("2026-01-05") or date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError:
        raise _WrongValueError(f"{text!r} is no day like 2026-01-05") from None
    return text


def _week(value: Any) -> str:
    text = _text(value)
    match = _WEEK.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise _WrongValueError(f"{text!r} is no ISO week like 2026-W07") from None
    return text


def _number(value: Any) -> float | None:
    if isinstance(value, str) and value.strip() != "":
        if not _NUMBER.fullmatch(value.strip()):
            raise _WrongValueError(f"{value!r} is no number")
        value = float(value)
    if value is None or isinstance(value, str) or value != value:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _WrongValueError(f"{value!r} is no finite number")
    return number


def _fte(value: Any) -> float | None:
    number = _number(value)
    if number is not None and number < 0:
        raise _WrongValueError(f"{value!r} is below 0")
    return number
