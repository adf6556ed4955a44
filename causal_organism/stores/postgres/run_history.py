"""Runs and steps over any time: a part of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import LiteralString

from causal_organism.ports import AssetFigures, RunRecord
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger_rows import to_run
from causal_organism.stores.postgres.ledger_statements import RUN_COLUMNS

LOCAL_RUNS: LiteralString = (
    f"SELECT {RUN_COLUMNS} FROM organism.run WHERE deployment IS NULL "
    "AND started_at >= coalesce(%s::timestamptz, '-infinity') ORDER BY started_at DESC LIMIT %s"
)
RECORDS: LiteralString = f"SELECT {RUN_COLUMNS} FROM organism.run WHERE id = ANY(%s)"
# From the newest run on, and of each from its own steps: both by an index, whatever the asset's history is.
RUNS_WITH: LiteralString = (
    "SELECT id FROM organism.run r WHERE started_at >= coalesce(%s::timestamptz, '-infinity') AND EXISTS (SELECT 1 "
    "FROM organism.step s WHERE s.run = r.id AND s.key = %s AND s.outcome <> 'skipped') "
    "ORDER BY started_at DESC LIMIT %s"
)
LAST_OUTCOMES: LiteralString = (
    "SELECT k.key, s.outcome FROM unnest(%s::text[]) k (key) CROSS JOIN LATERAL (SELECT outcome, at "
    "FROM organism.step WHERE step.key = k.key AND outcome IN ('made', 'unchanged') ORDER BY at DESC LIMIT %s) s "
    "ORDER BY k.key, s.at DESC"
)
FIGURES: LiteralString = (
    "SELECT key, count(*), count(*) FILTER (WHERE outcome IN ('failed', 'rejected')), "
    "percentile_cont(0.5) WITHIN GROUP (ORDER BY took), percentile_cont(0.95) WITHIN GROUP (ORDER BY took) "
    "FROM (SELECT s.key, s.outcome, CASE WHEN s.outcome IN ('made', 'unchanged') THEN s.seconds END AS took "
    "FROM organism.run r JOIN organism.step s ON s.run = r.id WHERE r.started_at >= %s "
    "AND s.outcome IN ('made', 'unchanged', 'failed', 'rejected')) made GROUP BY key ORDER BY key"
)


class PostgresRunHistory:
    """Implements ports.WorkHistory."""

    _database: Database

    def local_runs(self, *, since: datetime | None = None, limit: int | None = None) -> tuple[RunRecord, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(LOCAL_RUNS, (since, limit)).fetchall()
        return tuple(to_run(row) for row in found)

    def records(self, runs: Collection[str]) -> Mapping[str, RunRecord]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(RECORDS, (list(runs),)).fetchall()
        return {record.id: record for record in map(to_run, found)}

    def runs_with(self, key: str, *, since: datetime | None = None, limit: int = 1_000) -> tuple[str, ...]:
        with self._database.connection(single=True) as connection:
            return tuple(run for (run,) in connection.execute(RUNS_WITH, (since, key, limit)))

    def last_outcomes(self, keys: Sequence[str], *, limit: int) -> Mapping[str, tuple[str, ...]]:
        with self._database.connection(single=True) as connection:
            rows = connection.execute(LAST_OUTCOMES, (list(keys), limit)).fetchall()
        found: dict[str, list[str]] = {}
        for key, outcome in rows:
            found.setdefault(key, []).append(outcome)
        return {key: tuple(outcomes) for key, outcomes in found.items()}

    def asset_figures(self, *, since: datetime) -> tuple[AssetFigures, ...]:
        with self._database.connection(single=True) as connection:
            found = connection.execute(FIGURES, (since,)).fetchall()
        return tuple(
            AssetFigures(key=key, makes=makes, failed=failed, p50_s=p50_s, p95_s=p95_s)
            for key, makes, failed, p50_s, p95_s in found
        )
