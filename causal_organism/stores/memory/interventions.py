"""Interventions in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from causal_organism.documents.proposals import EventDetail, Proposal
from causal_organism.errors import RequestError
from causal_organism.interventions.lifecycle import ENGINE, act
from causal_organism.ports import InterventionEvent, InterventionRecord
from causal_organism.stores.postgres.proposal_sync import ProposalState, plan_sync


@dataclass
class _Kept:
    proposal: Proposal
    status: str
    run: str | None
    proposed_at: datetime
    changed_at: datetime
    events: list[InterventionEvent] = field(default_factory=list)

    def note(self, at: datetime, action: str, was: str | None, actor: str, detail: EventDetail) -> None:
        self.events.append(
            InterventionEvent(at=at, action=action, was=was, now=self.status, actor=actor, detail=detail.copy())
        )


class MemoryInterventions:
    """`Interventions` for one process."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def sync_proposals(self, proposals: Sequence[Proposal], *, at: datetime, run: str | None) -> None:
        known = {
            each: ProposalState(
                status=kept.status,
                proposal=kept.proposal,
                last_actor=kept.events[-1].actor,
                changed_at=kept.changed_at,
            )
            for each, kept in self._kept.items()
        }
        for step in plan_sync(known, proposals, at=at):
            kept = self._kept.setdefault(step.id, _Kept(step.proposal, step.now, run, at, at))
            if kept.status != step.now:
                kept.proposed_at = at
            kept.proposal, kept.status, kept.run, kept.changed_at = step.proposal, step.now, run, at
            if step.action is not None:
                kept.note(at, step.action, step.was, ENGINE, step.detail(run))

    def all(self) -> tuple[InterventionRecord, ...]:
        found = [
            InterventionRecord(
                id=each, proposal=kept.proposal, status=kept.status, proposed_at=kept.proposed_at,
                changed_at=kept.changed_at, run=kept.run, events=tuple(kept.events),
            )
            for each, kept in self._kept.items()
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda each: (each.proposal.get("rank", float("inf")), each.id)))

    def act(
        self, intervention: str, action: str, *, actor: str, at: datetime, detail: EventDetail | None = None
    ) -> str:
        kept = self._kept.get(intervention)
        if kept is None:
            raise RequestError(f"there is no intervention {intervention!r}")
        step = act(kept.status, action, actor=actor, stood=at - kept.changed_at)
        was, kept.status, kept.changed_at = kept.status, step.now, at
        kept.note(at, action, was, actor, detail or {})
        return step.now
