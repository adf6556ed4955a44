"""Interventions in PostgreSQL: proposals, and an append-only record of everything that was done with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from causal_organism.errors import RequestError
from causal_organism.interventions.lifecycle import ENGINE, PROPOSED, act
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.proposal_sync import Standing, Step, plan_sync

if TYPE_CHECKING:
    import psycopg


class PostgresInterventions:
    """`Interventions` in organism.intervention and organism.intervention_event."""

    def __init__(self, database: Database):
        self._database = database

    def sync_proposals(self, proposals: Sequence[Mapping[str, Any]], *, at: datetime, run: str | None) -> None:
        with self._database.connection() as connection:
            connection.execute("LOCK TABLE organism.intervention IN SHARE ROW EXCLUSIVE MODE")
            known = {
                each: Standing(status=status, proposal=proposal, last_actor=actor, changed_at=changed_at)
                for each, status, proposal, actor, changed_at in connection.execute(_STANDING)
            }
            for step in plan_sync(known, proposals, at=at):
                _follow(connection, step, at=at, run=run)

    def all(self) -> tuple[Mapping[str, Any], ...]:
        with self._database.connection() as connection:
            found = connection.execute(_ALL).fetchall()
        return tuple(
            {
                **proposal,
                "id": each,
                "state": status,
                "status": status,  # in place of the proposal's own, which was written before anybody decided
                "proposed_at": proposed_at.astimezone(UTC).isoformat(),
                "changed_at": changed_at.astimezone(UTC).isoformat(),
                "run": run,
                "events": events,
            }
            for each, proposal, status, proposed_at, changed_at, run, events in found
        )

    def act(
        self, intervention: str, action: str, *, actor: str, at: datetime, detail: Mapping[str, Any] | None = None
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
            event = _Event(intervention=intervention, at=at, action=action, was=row[0], now=step.now, actor=actor)
            _note(connection, event, detail or {})
        return step.now


def _follow(connection: psycopg.Connection[Any], step: Step, *, at: datetime, run: str | None) -> None:
    connection.execute(
        _PUT, {"id": step.id, "proposal": json.dumps(step.proposal), "status": step.now, "run": run, "at": at}
    )
    if step.action is not None:
        detail = {"run": run, "proposal": step.proposal} if step.now == PROPOSED else {"run": run}
        event = _Event(intervention=step.id, at=at, action=step.action, was=step.was, now=step.now, actor=ENGINE)
        _note(connection, event, detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """That the status of an intervention changed; `was`: None for a new one."""

    intervention: str
    at: datetime
    action: str
    was: str | None
    now: str
    actor: str


def _note(connection: psycopg.Connection[Any], event: _Event, detail: Mapping[str, Any]) -> None:
    connection.execute(
        "INSERT INTO organism.intervention_event (intervention, at, action, was, now, actor, detail)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (event.intervention, event.at, event.action, event.was, event.now, event.actor, json.dumps(dict(detail))),
    )


_STANDING = """
    SELECT id, status, proposal,
        (SELECT actor FROM organism.intervention_event e WHERE e.intervention = i.id ORDER BY e.id DESC LIMIT 1),
        changed_at
    FROM organism.intervention i
"""

_PUT = """
    INSERT INTO organism.intervention AS known (id, proposal, status, run, proposed_at, changed_at)
    VALUES (%(id)s, %(proposal)s, %(status)s, %(run)s, %(at)s, %(at)s)
    ON CONFLICT (id) DO UPDATE SET proposal = excluded.proposal, status = excluded.status, run = excluded.run,
        proposed_at = CASE WHEN known.status = excluded.status THEN known.proposed_at ELSE excluded.proposed_at END,
        changed_at = excluded.changed_at
"""

_ALL = """
    SELECT id, proposal, status, proposed_at, changed_at, run,
        (SELECT jsonb_agg(jsonb_build_object('at', e.at, 'action', e.action, 'was', e.was, 'now', e.now,
            'actor', e.actor, 'detail', e.detail) ORDER BY e.id)
         FROM organism.intervention_event e WHERE e.intervention = i.id)
    FROM organism.intervention i ORDER BY proposal -> 'rank' NULLS LAST, id
"""
