"""A pilot of what the panel shows: for whom, what is expected of it, and why."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.declarations.declaration import Treatment
from causal_organism.causal.measures import TREATMENT_UNIT
from causal_organism.causal.panel import TREATMENT
from causal_organism.causal.within import Columns
from causal_organism.documents.proposals import ProposalDraft
from causal_organism.interventions.documents import Change, Subject, proposal_document
from causal_organism.interventions.harm import Expected
from causal_organism.interventions.lifecycle import PILOT
from causal_organism.interventions.targets import Target

REDUCE_MEETINGS, ADD_MEETINGS = "reduce_meetings", "add_meetings"


def subject_of(effects: Columns, target: Target, treatment: Treatment) -> Subject:
    """People of the panel whose treatment changes by its contrast."""
    delta, hours = treatment.contrast, treatment.cost_h
    assert treatment.column is not None, "a treatment of the panel is a column of it"
    of_meetings = treatment.column == TREATMENT
    spread = effects.get("outcome_sd", np.full(len(effects["id"]), np.nan))[target.rows].astype(np.float64)
    return Subject(
        kind=kind_of(treatment), target=target.name, target_kind="segment",
        ids=tuple(effects["id"].astype(str)[target.rows].tolist()), teams=target.teams, week_sd=float(spread.mean()),
        contrast={"variable": treatment.column, "delta": delta, "unit": TREATMENT_UNIT if of_meetings else ""},
        change=change_text(treatment), hours=abs(delta) if hours is None and of_meetings else hours,
    )  # fmt: skip


def pilot_proposal(subject: Subject, target: Target, found: Expected, *, grade: str, repeats: int = 0) -> ProposalDraft:
    """`repeats`: proposal_document."""
    change = Change(total=found.total, own=found.own.mean, spillover=found.spillover, guards=found.guards)
    return proposal_document(
        subject, PILOT, change, grade=grade, repeats=repeats,
        reason=_reason(subject, target, found, grade),
    )  # fmt: skip


def kind_of(treatment: Treatment) -> str:
    """The type that a proposal shares its record with."""
    if treatment.column == TREATMENT:
        return REDUCE_MEETINGS if treatment.contrast < 0 else ADD_MEETINGS
    return f"{'reduce' if treatment.contrast < 0 else 'add'}_{treatment.name}"


def change_text(treatment: Treatment) -> str:
    if treatment.column == TREATMENT:
        return f"{abs(treatment.contrast):g} hours of meetings a week {'less' if treatment.contrast < 0 else 'more'}"
    return f"{treatment.name} by {treatment.contrast:+g}"


def _reason(subject: Subject, target: Target, found: Expected, grade: str) -> str:
    size, total, unit = len(target.rows), found.total, found.total.measure.unit
    others = (
        "what the others' change does is not known, and not in it"
        if found.spillover is None
        else f"{found.own.mean:+.2f} from the own change and {found.spillover:+.2f} from that of the others in the team"
    )
    text = (
        f"Estimated from what these {size} people did before, compared with others of their team in the same week: with"
        f" {subject.change}, {total.measure.name} changes by {total.mean:+.2f} {unit}"
        f" each (90 % interval {total.lo:+.2f} to {total.hi:+.2f}, doubt about hidden causes included): {others}."
        f" Observational evidence, grade {grade}: no experiment was made, so this is one, decided by lot among teams."
    )
    if target.left_out:
        text += f" {target.left_out} who connect much of the organisation are left out."
    return text
