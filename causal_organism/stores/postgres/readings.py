"""Results over time in TimescaleDB hypertables, or in plain tables of the same schema where it is not there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Any

from causal_organism.stores.measured import measured, number
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.poolers import describe_pooler
from causal_organism.stores.postgres.roles import trends_sql
from causal_organism.stores.statements import load_statements

_SQL = load_statements("postgres/statements/readings.sql")

_EFFECT_TEXTS = ("outcome", "treatment", "verdict", "grade")
_EFFECT_NUMBERS = ("effect", "effect_sd", "ci_lo", "ci_hi")
_ROWS = 10_000


class SqlReadings:
    """`ReadingStore`. A version is written once, however often it is told: rows are keyed by version and time."""

    def __init__(self, database: Database):
        self._database = database
        self._set_up = False

    def setup(self) -> None:
        with self._database.connection() as connection:
            if connection.execute(_SQL["is_ours"]).fetchone() is not None:  # a row has no columns
                before = connection.execute(_SQL["trends"]).fetchone()
                _set_up(connection)
                if connection.execute(_SQL["trends"]).fetchone() != before:
                    connection.execute(trends_sql().encode())
        self._set_up = True

    def product(self) -> str:
        with self._database.connection() as connection:
            version = _extension(connection)
        product = f"TimescaleDB {version}" if version else "plain tables"
        return ", ".join(filter(None, (product, describe_pooler(self._database))))

    def write_effects(self, rows: Sequence[Mapping[str, object]], *, version: int, at: datetime) -> None:
        known = {"id", *_EFFECT_TEXTS, *_EFFECT_NUMBERS}
        records = [
            (
                str(row["id"]),
                *(str(row.get(name) or "") for name in _EFFECT_TEXTS),
                *(number(row.get(name)) for name in _EFFECT_NUMBERS),
                json.dumps({name: _plain(value) for name, value in row.items() if name not in known}),
            )
            for row in rows
        ]
        self._insert(_SQL["effects"], records, (at, version))

    def write_view(
        self, key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, version: int, at: datetime
    ) -> None:
        self._insert(_SQL["views"], list(measured(columns, rows)), (at, version, key))

    def forget(self, before: datetime, *, dry_run: bool) -> int:
        with self._database.connection() as connection:
            if dry_run:
                row = connection.execute(_SQL["old"], {"before": before}).fetchone()
                return int(row[0]) if row else 0
            return sum(
                connection.execute(_SQL[name], (before,)).rowcount for name in ("forget_effects", "forget_views")
            )

    def _insert(self, statement: str, records: Sequence[tuple[Any, ...]], fixed: tuple[Any, ...]) -> None:
        if not self._set_up:
            self.setup()
        with self._database.connection() as connection:
            for start in range(0, len(records), _ROWS):
                columns = [list(column) for column in zip(*records[start : start + _ROWS], strict=True)]
                connection.execute(statement, (*fixed, *columns))


def _set_up(connection: Any) -> None:
    if connection.execute(_SQL["is_available"]).fetchone() is not None:
        connection.execute(_SQL["extension"])
    aggregates = False
    if _extension(connection):
        connection.execute(_TIMESCALE.encode())  # bytes: the file is ours, and holds several statements
        aggregates = connection.execute(_SQL["aggregates"]).fetchone() is not None
    if not aggregates:
        connection.execute(_PLAIN.encode())


def _extension(connection: Any) -> str | None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    return row[0] if row else None


def _plain(value: Any) -> Any:
    """JSON of what a row may hold: numpy scalars become Python's, what is not finite becomes null."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return number(value)
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


_FILES = resources.files("causal_organism.stores.postgres").joinpath("timescale")
_TIMESCALE, _PLAIN = (_FILES.joinpath(name).read_text("utf-8") for name in ("readings.sql", "plain.sql"))
