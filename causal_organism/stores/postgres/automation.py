"""Evaluations of automation in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from causal_organism.ports import Consideration, Evaluated
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.statements import load_statements

_SQL = load_statements("postgres/statements/automation.sql")


class PostgresAutomations:
    """`Automations` in the table organism.automation."""

    def __init__(self, database: Database):
        self._database = database

    def load(self) -> Mapping[str, Consideration]:
        with self._database.connection() as connection:
            found = connection.execute(_SQL["load"]).fetchall()
        return {row[0]: _to_consideration(row) for row in found}

    def record(self, evaluated: Sequence[Evaluated]) -> None:
        if not evaluated:
            return
        ordered = sorted(evaluated, key=lambda each: each.key)  # two pulses at once lock rows in one order
        with self._database.connection() as connection:
            connection.execute(
                _SQL["record"],
                (
                    [each.key for each in ordered],
                    [each.at for each in ordered],
                    [each.run for each in ordered],
                    [each.condition for each in ordered],
                    [each.chosen for each in ordered],
                    [each.held for each in ordered],
                    [each.because for each in ordered],
                    [each.at if each.is_over else None for each in ordered],
                    [_chosen_json(each) for each in ordered],
                ),
            )


def _chosen_json(each: Evaluated) -> str | None:
    if not each.chosen:
        return None
    return json.dumps(
        {"at": each.at.isoformat(), "run": each.run, "condition": each.condition, "because": each.because}
    )


def _to_consideration(row: tuple[Any, ...]) -> Consideration:
    """Of a row of `_LOAD`."""
    key, at, run, condition, chosen, held, because, considered_at, last_chosen = row
    last = Evaluated(
        key=key, at=at.astimezone(UTC), run=run, condition=condition, chosen=chosen, held=held, because=because
    )
    return Consideration(
        last=last,
        last_chosen=None
        if last_chosen is None
        else Evaluated(
            key=key, at=datetime.fromisoformat(last_chosen["at"]), run=last_chosen["run"],
            condition=last_chosen["condition"], chosen=True, held=False, because=last_chosen["because"],
        ),
        considered_at=None if considered_at is None else considered_at.astimezone(UTC),
    )  # fmt: skip
