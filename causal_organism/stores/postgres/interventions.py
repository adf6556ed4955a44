"""Interventions in PostgreSQL: proposals, and an append-only record of everything that was done with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from causal_organism.documents.proposals import EventDetail, Proposal
from causal_organism.errors import RequestError
from causal_organism.interventions.lifecycle import ENGINE, act
from causal_organism.ports import InterventionEvent, InterventionRecord
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.proposal_sync import ProposalState, Step, plan_sync
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("postgres/statements/interventions.sql")


class PostgresInterventions:
    """`Interventions` in organism.intervention and organism.intervention_event."""

    def __init__(self, database: Database):
        self._database = database

    def sync_proposals(self, proposals: Sequence[Proposal], *, at: datetime, run: str | None) -> None:
        with self._database.connection() as connection:
            connection.execute("LOCK TABLE organism.intervention IN SHARE ROW EXCLUSIVE MODE")
            known = {
                each: ProposalState(status=status, proposal=proposal, last_actor=actor, changed_at=changed_at)
                for each, status, proposal, actor, changed_at in connection.execute(_SQL["state"])
            }
            for step in plan_sync(known, proposals, at=at):
                _follow(connection, step, at=at, run=run)

    def all(self) -> tuple[InterventionRecord, ...]:
        with self._database.connection() as connection:
            found = connection.execute(_SQL["all"]).fetchall()
        return tuple(
            InterventionRecord(
                id=each, proposal=proposal, status=status, proposed_at=proposed_at.astimezone(UTC),
                changed_at=changed_at.astimezone(UTC), run=run, events=tuple(map(_read_event, events)),
            )
            for each, proposal, status, proposed_at, changed_at, run, events in found
        )  # fmt: skip

    def act(
        self, intervention: str, action: str, *, actor: str, at: datetime, detail: EventDetail | None = None
    ) -> str:
        """What a person does to one; its status then.

        Raises:
            RequestError: there is none of this id, or no such action.
            RefusedError: not in this status, or not by a named person.
        """
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT status, changed_at FROM organism.intervention WHERE id = %s FOR UPDATE", (intervention,)
            ).fetchone()
            if row is None:
                raise RequestError(
                    f"there is no intervention {intervention!r}", hint="`organism interventions` lists them"
                )
            step = act(row[0], action, actor=actor, stood=at - row[1])
            connection.execute(
                "UPDATE organism.intervention SET status = %s, changed_at = %s WHERE id = %s",
                (step.now, at, intervention),
            )
            event = InterventionEvent(at=at, action=action, was=row[0], now=step.now, actor=actor, detail=detail or {})
            _note(connection, intervention, event)
        return step.now


def _read_event(row: Mapping[str, Any]) -> InterventionEvent:
    """An event as `all` puts it together; the moment is UTC."""
    return InterventionEvent(**{**row, "at": datetime.fromisoformat(row["at"]).astimezone(UTC)})


def _follow(connection: psycopg.Connection[Any], step: Step, *, at: datetime, run: str | None) -> None:
    connection.execute(
        _SQL["put"], {"id": step.id, "proposal": json.dumps(step.proposal), "status": step.now, "run": run, "at": at}
    )
    if step.action is not None:
        event = InterventionEvent(
            at=at, action=step.action, was=step.was, now=step.now, actor=ENGINE, detail=step.detail(run)
        )
        _note(connection, step.id, event)


def _note(connection: psycopg.Connection[Any], intervention: str, event: InterventionEvent) -> None:
    connection.execute(
        _SQL["note"],
        (intervention, event.at, event.action, event.was, event.now, event.actor, json.dumps(event.detail)),
    )
