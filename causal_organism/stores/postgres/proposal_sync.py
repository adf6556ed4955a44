"""What a new analysis does to the proposals that are there. Pure; people's decisions stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from causal_organism.documents.proposals import EventDetail, Proposal
from causal_organism.interventions.lifecycle import (
    APPROVED,
    COOL_DOWN,
    ENGINE,
    EXPIRED,
    LASTS,
    OPEN,
    PROPOSED,
    REJECTED,
    WITHDRAWN,
    follow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalState:
    """A proposal as it is now. `last_actor` did what led to its status, `changed_at`."""

    status: str
    proposal: Proposal
    last_actor: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change. `action` None: only what it says is renewed; `was` None: it was not there."""

    id: str
    proposal: Proposal
    action: str | None
    was: str | None
    now: str

    def detail(self, run: str | None) -> EventDetail:
        """What is kept with its event."""
        return {"run": run, "proposal": self.proposal} if self.now == PROPOSED else {"run": run}


def plan_sync(known: Mapping[str, ProposalState], proposals: Sequence[Proposal], *, at: datetime) -> Iterator[Step]:
    """Steps that make the open proposals these, expire approvals that nobody followed, and end cool-downs."""
    wanted = {each["id"]: each for each in proposals}
    for each, proposal in wanted.items():
        state = known.get(each)
        if state is None:
            yield Step(id=each, proposal=proposal, action="propose", was=None, now=PROPOSED)
        elif state.status in OPEN:
            if state.proposal != proposal:
                yield Step(id=each, proposal=proposal, action=None, was=state.status, now=state.status)
        elif _may_return(state, at):
            now = follow(state.status, "propose").now
            yield Step(id=each, proposal=proposal, action="propose", was=state.status, now=now)
    for each, state in known.items():
        if each not in wanted and state.status in OPEN:
            now = follow(state.status, "withdraw").now
            yield Step(id=each, proposal=state.proposal, action="withdraw", was=state.status, now=now)
        elif state.status == APPROVED and at - state.changed_at > LASTS:
            now = follow(state.status, "expire").now
            yield Step(id=each, proposal=state.proposal, action="expire", was=state.status, now=now)


def _may_return(state: ProposalState, at: datetime) -> bool:
    """Whether what is proposed again may be: what the analysis took back, and what people rejected long ago."""
    if state.status == REJECTED:
        return at - state.changed_at > COOL_DOWN
    return state.status in (WITHDRAWN, EXPIRED) and state.last_actor == ENGINE
