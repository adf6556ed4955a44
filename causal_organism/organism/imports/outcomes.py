"""Outcomes per person and ISO week: all of a file, or nothing of it.

Rows come out in order of id and week, metrics in order of name, so that the same content is the same value however its
file was sorted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from causal_organism.errors import ImportFileError
from causal_organism.organism.files.headers import read_header
from causal_organism.organism.files.tables import read_table
from causal_organism.organism.imports.cells import Reader, number, person_id, week
from causal_organism.organism.imports.reading import (
    Problems,
    ReadOptions,
    ReadTable,
    named,
    read_cells,
    require_columns,
    to_column,
)

REQUIRED = ("id", "week")


def read_outcomes(path: str | Path, options: ReadOptions) -> ReadTable:
    """`id`, `week`, then the metrics in order of name.

    Raises:
        ImportFileError: names the line and column of up to 20 things that are wrong.
    """
    table = read_table(path, known=REQUIRED, options=options.file)
    header = read_header(table.name, table.header, REQUIRED, columns=options.file.columns, error=ImportFileError)
    require_columns(table, header, REQUIRED, None)
    metrics = sorted({name for name in header.names if name} - set(REQUIRED))
    if not metrics:
        raise ImportFileError(f"{table.name} has no metric: besides id and week it needs at least one column")
    problems = Problems(table)
    readers: dict[str, Reader] = dict.fromkeys(metrics, number)
    readers |= {"id": named(options.aliases, person_id), "week": week(options.today)}
    values = read_cells(table, header, readers, metrics, problems)
    _note_twice(values, header.names.index("week"), table.unit, table.numbers, problems)
    problems.refuse()
    order = sorted(range(len(table.rows)), key=lambda row: (values["id"][row], values["week"][row]))
    return ReadTable(
        table=table,
        columns={
            name: to_column([values[name][row] for row in order], is_number=name in metrics)
            for name in (*REQUIRED, *metrics)
        },
    )


def _note_twice(
    values: dict[str, list[Any]], place: int, unit: str, numbers: tuple[int, ...], problems: Problems
) -> None:
    seen: dict[tuple[str, str], int] = {}
    for row, key in enumerate(zip(values["id"], values["week"], strict=True)):
        if None not in key and (first := seen.setdefault(key, row)) != row:
            problems.add(row, place, f"{key[0]} in {key[1]} is on {unit} {numbers[first]} too")
