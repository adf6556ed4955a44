"""A pilot as it is proposed: for whom, what is expected of it, how it is read, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.assets.versions import fingerprint
from causal_organism.causal.measures import TREATMENT_UNIT
from causal_organism.interventions.harm import Expected
from causal_organism.interventions.lifecycle import PROPOSED
from causal_organism.interventions.pilots import plan_pilot
from causal_organism.interventions.targets import Target

REDUCE_MEETINGS, ADD_MEETINGS = "reduce_meetings", "add_meetings"
PILOT = "pilot"


def pilot_proposal(
    effects: Mapping[str, NDArray[Any]],
    target: Target,
    found: Expected,
    *,
    grade: str,
    repeats: int = 0,
) -> dict[str, Any]:
    """`repeats`: how many pilots of it ended without an answer; the next has an id of its own."""
    total, size, delta = found.total, len(target.rows), found.delta
    kind, what = kind_of(delta), f"{PILOT}-{repeats + 1}" if repeats else PILOT
    spread = effects.get("outcome_sd", np.full(len(effects["id"]), np.nan))[target.rows].astype(np.float64)
    pilot = plan_pilot(teams=len(target.teams), people=size, expected=total.mean, week_sd=float(spread.mean()))
    return {
        "id": proposal_id(kind, what, target.name, delta),
        "type": kind,
        "proposes": PILOT,
        "status": PROPOSED,
        "title": f"Pilot by lot: {change_text(delta)} in {pilot.teams - pilot.held_out} of"
        f" {pilot.teams} teams for {pilot.weeks} weeks: {target.name}",
        "target_kind": "segment",
        "target": target.name,
        "people": size,
        "target_ids": effects["id"].astype(str)[target.rows].tolist(),
        "teams": list(target.teams),
        "contrast": {"variable": "meet_load_h", "delta": delta, "unit": TREATMENT_UNIT},
        "outcome": total.measure.name,
        "unit": total.measure.unit,
        "expected": {
            "own": round(found.own.mean, 6),
            "spillover": None if found.spillover is None else round(found.spillover, 6),
            "total": round(total.mean, 6), "from": round(total.lo, 6), "to": round(total.hi, 6),
            **total.document(), "horizon_weeks": 1, "total_per_week": round(size * total.mean, 3),
        },
        "pilot": pilot.document(total.measure.name),
        "cost_h": round(size * abs(delta) * pilot.weeks * (pilot.teams - pilot.held_out) / pilot.teams, 1),
        "guardrails": [guard.document() for guard in found.guards],
        "grade": grade,
        "score": round(size * (total.measure.better * total.mean - total.sd), 6),
        "value_of_information": round(size * total.value_of_knowing(error=pilot.error), 6),
        "reason": _reason(target, found, grade),
    }  # fmt: skip


def kind_of(delta: float) -> str:
    return REDUCE_MEETINGS if delta < 0 else ADD_MEETINGS


def proposal_id(kind: str, target_kind: str, target: str, delta: float) -> str:
    """The same for the same type, target and contrast, whatever the evidence is today."""
    return fingerprint(kind, target_kind, target, repr(float(delta)))[:12]


def change_text(delta: float) -> str:
    return f"{abs(delta):g} hours of meetings a week {'less' if delta < 0 else 'more'}"


def _reason(target: Target, found: Expected, grade: str) -> str:
    size, total, unit = len(target.rows), found.total, found.total.measure.unit
    others = (
        "what the others' hours do is not known, and not in it"
        if found.spillover is None
        else f"{found.own.mean:+.2f} from the own hours and {found.spillover:+.2f} from those of the others in the team"
    )
    text = (
        f"Estimated from what these {size} people did before, compared with others of their team in the same week: with"
        f" {change_text(found.delta)}, {total.measure.name} changes by {total.mean:+.2f} {unit}"
        f" each (90 % interval {total.lo:+.2f} to {total.hi:+.2f}, doubt about hidden causes included): {others}."
        f" Observational evidence, grade {grade}: no experiment was made, so this is one, decided by lot among teams."
    )
    if target.left_out:
        text += f" {target.left_out} who connect much of the organisation are left out."
    return text
