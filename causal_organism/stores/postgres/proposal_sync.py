"""What a new analysis does to the proposals that are there. Pure; people's decisions stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
class Standing:
    """A proposal as it is now. `last_actor` did what led to its status, `changed_at`."""

    status: str
    proposal: Mapping[str, Any]
    last_actor: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change. `action` None: only what it says is renewed; `was` None: it was not there."""

    id: str
    proposal: Mapping[str, Any]
    action: str | None
    was: str | None
    now: str


def plan_sync(known: Mapping[str, Standing], proposals: Sequence[Mapping[str, Any]], *, at: datetime) -> Iterator[Step]:
    """Steps that make the open proposals these, expire approvals that nobody followed, and end cool-downs."""
    wanted = {str(each["id"]): each for each in proposals}
    for each, proposal in wanted.items():
        standing = known.get(each)
        if standing is None:
            yield Step(id=each, proposal=proposal, action="propose", was=None, now=PROPOSED)
        elif standing.status in OPEN:
            if dict(standing.proposal) != dict(proposal):
                yield Step(id=each, proposal=proposal, action=None, was=standing.status, now=standing.status)
        elif _may_return(standing, at):
            now = follow(standing.status, "propose").now
            yield Step(id=each, proposal=proposal, action="propose", was=standing.status, now=now)
    for each, standing in known.items():
        if each not in wanted and standing.status in OPEN:
            now = follow(standing.status, "withdraw").now
            yield Step(id=each, proposal=standing.proposal, action="withdraw", was=standing.status, now=now)
        elif standing.status == APPROVED and at - standing.changed_at > LASTS:
            now = follow(standing.status, "expire").now
            yield Step(id=each, proposal=standing.proposal, action="expire", was=standing.status, now=now)


def _may_return(standing: Standing, at: datetime) -> bool:
    """Whether what is proposed again may be: what the analysis took back, and what people rejected long ago."""
    if standing.status == REJECTED:
        return at - standing.changed_at > COOL_DOWN
    return standing.status in (WITHDRAWN, EXPIRED) and standing.last_actor == ENGINE
