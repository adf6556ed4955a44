"""Proposals as they stand: what the last make of `interventions/proposals` says, and what people did with them."""

from __future__ import annotations

from causal_organism.assets.versions import Head
from causal_organism.documents.proposals import EventDetail, EventRow, Intervention, Proposal, ProposalsDocument, Traces
from causal_organism.engine.contents import load_value
from causal_organism.errors import RefusedError, RequestError
from causal_organism.interventions.lifecycle import ACTION, ENGINE, PROPOSED
from causal_organism.interventions.pilots import draw_lots
from causal_organism.organism.projections.exports import project
from causal_organism.organism.studies.folder import is_study_reviewed, study_path
from causal_organism.organism.studies.source import is_reviewed
from causal_organism.ports import InterventionEvent, InterventionRecord, Organism

PROPOSALS = "interventions/proposals"
CURRENT, CHANGED = "current", "changed"
CHECKED = ("approve", "start")  # what needs the evidence to be what was proposed


def load_proposals(organism: Organism) -> tuple[Intervention, ...]:
    """Proposals of the head, best first, each with what people did with it; then what they acted on before.

    What was proposed and is no longer, with nobody having acted on it, is not among them. `evidence` is `changed` where
    what a proposal was made from is not the newest, or does not carry it any more; `rests_on` names it.
    """
    if PROPOSALS not in organism.graph:
        return ()
    head = organism.ledger.heads_of([PROPOSALS]).get(PROPOSALS)
    if head is None or not head.version.kept:
        return ()
    acted = {each.id: _document(each) for each in organism.interventions.all()}
    document: ProposalsDocument = load_value(organism, head.version)
    moved = changed_inputs(organism, head)
    open_now = tuple(_shown(each, acted.pop(each["id"], None), head, moved) for each in document["proposals"])
    gone = (each for each in acted.values() if each["state"] != PROPOSED and each["events"][-1]["actor"] != ENGINE)
    return (*open_now, *gone)


def reason_for_none(organism: Organism) -> str | None:
    """Why the last evaluation proposed nothing, in words; None where it proposed something, or there was none."""
    head = organism.ledger.heads_of([PROPOSALS]).get(PROPOSALS)
    if PROPOSALS not in organism.graph or head is None or not head.version.kept:
        return None
    document: ProposalsDocument = load_value(organism, head.version)
    return document.get("reason")


def changed_inputs(organism: Organism, head: Head) -> tuple[str, ...]:
    """Inputs of the proposals that have a newer content than what they were made from, like `causal/effects@3`."""
    made_from = head.version.provenance.inputs
    now = organism.ledger.heads_of(tuple(made_from))
    return tuple(
        f"{key}@{now[key].version.number}"
        for key, version in sorted(made_from.items())
        if version and key in now and now[key].version.fingerprint != version.fingerprint
    )


def act_on(
    organism: Organism, intervention: str, action: str, *, actor: str, reason: str | None = None
) -> Intervention:
    """What a named person does to one: approve, reject, start, finish, stop, withdraw. Written to the audit log.

    Who approves or starts does it on evidence that still stands, and an action only on a study file that somebody
    reviewed. At the start of a pilot lots are drawn among its teams and kept with it.

    Raises RefusedError where the state, the person, the evidence or a read-only role does not allow it.
    """
    organism.settings.refuse_changes()
    _bring_over(organism)
    found = find_intervention(organism, intervention)
    if action in CHECKED and found["state"] in ("proposed", "approved"):
        _check_evidence(organism, found)
        _check_review(organism, found)
    detail: EventDetail = {"reason": reason} if reason else {}
    if action == "start" and found.get("teams"):
        treated, held_out = draw_lots(found["teams"], held_out=found["pilot"]["held_out"], seed=found["id"])
        begun = found.copy()
        begun.pop("events", None)
        detail |= {"treated_teams": list(treated), "held_out_teams": list(held_out), "proposal": begun}
    why = {"reason": reason} if reason else {}
    state = organism.interventions.act(found["id"], action, actor=actor, at=organism.now(), detail=detail)
    organism.ledger.audit(
        actor=actor, action=f"intervention.{action}", subject=found["id"], at=organism.now(),
        detail={"was": found["state"], "now": state, "title": found.get("title"), **why},
    )  # fmt: skip
    return find_intervention(organism, found["id"])


def _bring_over(organism: Organism) -> None:
    """The proposals of the head may be newer than what was last brought over; an approver leaves that to workers."""
    try:
        project(organism)
    except RefusedError as error:
        if error.code != "not-permitted":
            raise


def _check_evidence(organism: Organism, found: Intervention) -> None:
    if found["evidence"] == CURRENT:
        return
    head = organism.ledger.heads_of([PROPOSALS])[PROPOSALS]
    moved = changed_inputs(organism, head)
    what = f"{', '.join(moved)} came after it" if moved else "the last analysis does not carry it any more"
    raise RefusedError(
        f"the evidence of {found['id']} has changed: {what}",
        code="evidence-changed",
        hint="organism refresh '+interventions/proposals', then look at it again: organism interventions list",
    )


def _check_review(organism: Organism, found: Intervention) -> None:
    """An action needs a study file that somebody reviewed as it stands: the panel's, or that of a declared study."""
    study = found.get("study")
    if found.get("proposes") != ACTION:
        return
    if is_study_reviewed(organism, study) if study else is_reviewed(organism):
        return
    file = f" {study_path(organism.settings, study)}" if study else ""
    raise RefusedError(
        f"{found['id']} is an action, and nobody has reviewed the study file that it rests on as it stands",
        code="unreviewed",
        hint=f"organism study diff{file} shows what has changed, organism study approve{file} says you reviewed it",
    )


def find_intervention(organism: Organism, beginning: str) -> Intervention:
    """The one whose id begins so. Raises RequestError."""
    matching = [each for each in load_proposals(organism) if each["id"].startswith(beginning)]
    if len(matching) != 1:
        what = "no" if not matching else "more than one"
        raise RequestError(f"{what} intervention begins with {beginning!r}", hint="organism interventions list")
    return matching[0]


def _document(record: InterventionRecord) -> Intervention:
    """What it proposes, and what became of that, as of one that is proposed no more. The proposal's own status was
    written before anybody decided."""
    traces: Traces = {"changed_at": record.changed_at.isoformat(), "run": record.run}
    return {
        **record.proposal,
        "id": record.id,
        "state": record.status,
        "status": record.status,
        "proposed_at": record.proposed_at.isoformat(),
        **traces,
        "events": [_event(each) for each in record.events],
        "evidence": CHANGED,
    }


def _shown(proposal: Proposal, standing: Intervention | None, head: Head, moved: tuple[str, ...]) -> Intervention:
    inputs = sorted(head.version.provenance.inputs.items())
    traces: Traces = {"rests_on": [f"{key}@{each.number}" for key, each in inputs if each]}
    return {
        "state": PROPOSED if standing is None else standing["state"],
        "proposed_at": head.version.made_at.isoformat() if standing is None else standing["proposed_at"],
        "events": [] if standing is None else standing["events"],
        **proposal,
        "status": PROPOSED if standing is None else standing["status"],
        "evidence": CHANGED if moved else CURRENT,
        **traces,
    }


def _event(event: InterventionEvent) -> EventRow:
    return {
        "at": event.at.isoformat(),
        "action": event.action,
        "was": event.was,
        "now": event.now,
        "actor": event.actor,
        "detail": event.detail,
    }
