"""The roster that people hand in: all of a file, or nothing of it.

A person may have several rows, of periods that do not overlap: who left and came back, or changed teams. Rows come out
in order of id and start, columns in a fixed order, so that the same content is the same value however its file was
sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from causal_organism.errors import ImportFileError
from causal_organism.organism.files.headers import Header, read_header
from causal_organism.organism.files.tables import Table, read_table
from causal_organism.organism.imports.cells import Reader, end_day, fte, optional, person_id, start_day, text
from causal_organism.organism.imports.managers import manager_notices
from causal_organism.organism.imports.reading import (
    Notice,
    Problems,
    ReadOptions,
    ReadTable,
    named,
    near_in,
    read_cells,
    require_columns,
    to_column,
)

PEOPLE_COLUMNS = ("id", "name", "team", "manager", "role", "level", "site", "started_on", "ended_on", "fte")
REQUIRED = ("id", "team")
NAMED = ("team", "site", "role")
"""Columns that make groups, whose near-duplicates are told beside those of ids."""

Values = dict[str, list[Any]]


def read_people(path: str | Path, options: ReadOptions) -> ReadTable:
    """The roster: all of PEOPLE_COLUMNS, with nothing in those that the file does not have.

    A period without an end, before another one of the same person, ends on the day before that begins.

    Raises:
        ImportFileError: names the line and column of up to 20 things that are wrong.
    """
    table = read_table(path, known=PEOPLE_COLUMNS, options=options.file)
    header = read_header(table.name, table.header, PEOPLE_COLUMNS, columns=options.file.columns, error=ImportFileError)
    require_columns(table, header, REQUIRED, PEOPLE_COLUMNS)
    problems = Problems(table)
    values = read_cells(table, header, _readers(header, options), ("fte",), problems)
    for name in PEOPLE_COLUMNS:
        values.setdefault(name, [None] * len(table.rows))
    _note_backwards(values, header, problems)
    notices = _note_periods(values, table, header, problems)
    problems.refuse()
    order = sorted(range(len(table.rows)), key=lambda row: (values["id"][row], values["started_on"][row] or ""))
    if "manager" in header.names:
        notices += manager_notices(values, order, table, header.names.index("manager"))
    return ReadTable(
        table=table,
        columns={
            name: to_column([values[name][row] for row in order], is_number=name == "fte") for name in PEOPLE_COLUMNS
        },
        notices=sorted(notices, key=lambda each: (each.line, each.column)),
        near=near_in(values, NAMED),
    )


def _readers(header: Header, options: ReadOptions) -> dict[str, Reader]:
    of_id = named(options.aliases, person_id)
    readers: dict[str, Callable[[Any], Any]] = dict.fromkeys(PEOPLE_COLUMNS, optional(text))
    percent = any("%" in found and name == "fte" for found, name in zip(header.found, header.names, strict=True))
    return readers | {
        "id": of_id,
        "team": text,
        "manager": optional(of_id),
        "started_on": optional(start_day(options.today)),
        "ended_on": optional(end_day(options.today)),
        "fte": fte(percent=percent),
    }


def _note_backwards(values: Values, header: Header, problems: Problems) -> None:
    for row, (started, ended) in enumerate(zip(values["started_on"], values["ended_on"], strict=True)):
        if started and ended and ended < started:
            problems.add(row, header.names.index("ended_on"), f"{ended} is before {started}, when it started")


def _note_periods(values: Values, table: Table, header: Header, problems: Problems) -> list[Notice]:
    """Problems of periods that overlap; periods without an end are closed where another follows, and told."""
    rows_of: dict[str, list[int]] = {}
    for row, person in enumerate(values["id"]):
        if person is not None:
            rows_of.setdefault(person, []).append(row)
    notices: list[Notice] = []
    for person, rows in rows_of.items():
        if len(rows) > 1:
            rows.sort(key=lambda row: (values["started_on"][row] or "", row))
            notices += _periods_of(person, rows, values, table, header, problems)
    return notices


def _periods_of(
    person: str, rows: Sequence[int], values: Values, table: Table, header: Header, problems: Problems
) -> list[Notice]:
    place, notices = header.names.index("id"), []
    for before, after in pairwise(rows):
        ended, starts = values["ended_on"][before], values["started_on"][after]
        first, second = sorted((before, after))
        if values["started_on"][before] == starts or starts is None:
            period = f" from {starts} on" if starts else ""
            problems.add(second, place, f"{person} is on {table.unit} {table.numbers[first]} too{period}")
        elif ended is not None and ended >= starts:
            problems.add(second, place, f"the period overlaps that of {person} on {table.unit} {table.numbers[first]}")
        elif ended is None:
            closed = (date.fromisoformat(starts) - timedelta(days=1)).isoformat()
            values["ended_on"][before] = closed
            what = f"{person} has no end here and starts again on {starts}; taken to end on {closed}"
            notices.append(Notice(code="period-closed", line=table.numbers[before], column=place + 1, text=what))
    return notices
