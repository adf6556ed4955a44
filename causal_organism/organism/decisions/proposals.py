"""Proposals as they stand: what the last make of `interventions/proposals` says, and what people did with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.assets.versions import Head
from causal_organism.engine.contents import load_value
from causal_organism.errors import RequestError
from causal_organism.organism.projections.exports import PROPOSALS, project
from causal_organism.ports import Organism


def load_proposals(organism: Organism) -> tuple[Mapping[str, Any], ...]:
    """Proposals of the head, best first, each with what people did with it; then what they acted on before.

    What was proposed and is no longer, with nobody having acted on it, is not among them.
    """
    if PROPOSALS not in organism.graph:
        return ()
    head = organism.ledger.heads_of([PROPOSALS]).get(PROPOSALS)
    if head is None or not head.version.kept:
        return ()
    acted = {each["id"]: each for each in organism.interventions.all()}
    proposed = load_value(organism, head.version)["proposals"]
    open_now = tuple(_shown(each, acted.pop(each["id"], None), head) for each in proposed)
    return open_now + tuple(each for each in acted.values() if each["state"] not in ("proposed", "withdrawn"))


def act_on(
    organism: Organism, intervention: str, action: str, *, actor: str, reason: str | None = None
) -> Mapping[str, Any]:
    """What a named person does to one: approve, reject, start, finish, stop. Written to the audit log.

    Raises RefusedError where the state, the person or a read-only role does not allow it.
    """
    organism.settings.refuse_changes()
    project(organism)  # the proposals of the head may be newer than what was last brought over
    found = find_intervention(organism, intervention)
    detail = {"reason": reason} if reason else {}
    state = organism.interventions.act(found["id"], action, actor=actor, at=organism.now(), detail=detail)
    organism.ledger.audit(
        actor=actor, action=f"intervention.{action}", subject=found["id"], at=organism.now(),
        detail={"was": found["state"], "now": state, "title": found.get("title"), **detail},
    )  # fmt: skip
    return find_intervention(organism, found["id"])


def find_intervention(organism: Organism, beginning: str) -> Mapping[str, Any]:
    """The one whose id begins so. Raises RequestError."""
    matching = [each for each in load_proposals(organism) if each["id"].startswith(beginning)]
    if len(matching) != 1:
        what = "no" if not matching else "more than one"
        raise RequestError(f"{what} intervention begins with {beginning!r}", hint="organism interventions list")
    return matching[0]


def _shown(proposal: Mapping[str, Any], standing: Mapping[str, Any] | None, head: Head) -> Mapping[str, Any]:
    inputs = sorted(head.version.provenance.inputs.items())
    return {
        "state": "proposed",
        "proposed_at": head.version.made_at.isoformat(),
        "events": [],
        **proposal,
        **({name: standing[name] for name in ("state", "status", "proposed_at", "events")} if standing else {}),
        "evidence": [f"{key}@{each.number}" for key, each in inputs if each],
    }
