"""Runs and steps over any time: a part of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from causal_organism.ports import AssetFigures, RunRecord
from causal_organism.stores.postgres.database import AT_ONCE, Database
from causal_organism.stores.postgres.ledger_rows import to_run
from causal_organism.stores.statements import load_statements

_SQL = load_statements("postgres/statements/runs.sql", at_once=AT_ONCE)


class PostgresRunHistory:
    """Implements ports.WorkHistory."""

    _database: Database

    def local_runs(self, *, since: datetime | None = None, limit: int | None = None) -> tuple[RunRecord, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["local_runs"], (since, limit)).fetchall()
        return tuple(to_run(row) for row in found)

    def records(self, runs: Collection[str]) -> Mapping[str, RunRecord]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["records"], (list(runs),)).fetchall()
        return {record.id: record for record in map(to_run, found)}

    def runs_with(self, key: str, *, since: datetime | None = None, limit: int = 1_000) -> tuple[str, ...]:
        with self._database.connection(single=True) as connection:
            return tuple(run for (run,) in connection.execute(_SQL["runs_with"], (since, key, limit)))

    def last_outcomes(self, keys: Sequence[str], *, limit: int) -> Mapping[str, tuple[str, ...]]:
        with self._database.connection(single=True) as connection:
            rows = connection.execute(_SQL["last_outcomes"], (list(keys), limit)).fetchall()
        found: dict[str, list[str]] = {}
        for key, outcome in rows:
            found.setdefault(key, []).append(outcome)
        return {key: tuple(outcomes) for key, outcomes in found.items()}

    def asset_figures(self, *, since: datetime) -> tuple[AssetFigures, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(_SQL["figures"], (since,)).fetchall()
        return tuple(
            AssetFigures(key=key, makes=makes, failed=failed, p50_s=p50_s, p95_s=p95_s)
            for key, makes, failed, p50_s, p95_s in found
        )
