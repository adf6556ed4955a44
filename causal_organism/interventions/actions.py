"""From a finished pilot to what follows: an action for everybody, nothing, or another pilot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import treatment_of
from causal_organism.causal.measures import TREATMENT_UNIT, Measure
from causal_organism.interventions.evaluation import AWAITED, FINISHED, RUNNING
from causal_organism.interventions.expectation import Expectation
from causal_organism.interventions.harm import MOST_HARM
from causal_organism.interventions.lifecycle import PROPOSED
from causal_organism.interventions.pilot_proposals import change_text, kind_of, proposal_id
from causal_organism.interventions.pilots import LEAST_HELD_OUT_SHARE, plan_pilot
from causal_organism.interventions.results import EFFECTIVE, HARMFUL, LEAST_TEAMS_OF_A_SIDE, NO_EFFECT
from causal_organism.interventions.targets import Target

ACTION = "action"
_Z = 1.959963984540054  # of the 95 % interval of a result


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was started by lot for one target, with the change that is declared now.

    `deciding`: the last ended one that settles the matter; None: nothing does. `repeats`: pilots that ended without an
    answer. `awaited`: one has ended, and its last weeks are not measured yet.
    """

    deciding: Mapping[str, Any] | None = None
    repeats: int = 0
    awaited: bool = False


def history_of(results: Mapping[str, Any], target: str, delta: float) -> History:
    """Only what ran to its planned end can be called effective; what was stopped can still have been a harm."""
    mine = [each for each in results["results"] if each["target"] == target and each["delta"] == delta]
    deciding, repeats = None, 0
    for each in mine:
        if each["state"] in (RUNNING, AWAITED):
            continue
        if each["verdict"] in (HARMFUL, NO_EFFECT) or (each["verdict"] == EFFECTIVE and each["state"] == FINISHED):
            deciding = each
        else:
            repeats += each["proposes"] != ACTION
    awaited = any(each["state"] == AWAITED for each in mine)
    return History(deciding=deciding, repeats=repeats, awaited=awaited)


def withhold_after(history: History, *, suspended: bool) -> str | None:
    """Why nothing is proposed to this target, whatever is expected of it; None: something may be."""
    if suspended or history.awaited:
        return "suspended" if suspended else "awaited"
    if history.deciding is None:
        return None
    verdict, done = history.deciding["verdict"], history.deciding["proposes"] == ACTION
    return {HARMFUL: "pilot-harmful", NO_EFFECT: "pilot-no-effect"}.get(verdict, "done" if done else None)


def propose_action(
    effects: Mapping[str, NDArray[Any]], target: Target, result: Mapping[str, Any], declared: Declaration
) -> dict[str, Any] | str:
    """The action that an effective pilot leads to, or the reason to withhold it: do no harm, as it was measured.

    A fifth of the teams, and at least as many as can be measured, goes on without, drawn at the start: so what the
    action does is measured too.
    """
    expected = result["expected"]
    measure = Measure(
        name=result["outcome"], unit=result["unit"], better=expected["better"], least=expected["least"]
    )  # fmt: skip
    total = _measured(measure, result["measured"])
    if measure.better * total.mean <= measure.least or total.harm_probability > MOST_HARM:
        return "too-small"
    guards = _guards(result["others"])
    if isinstance(guards, str):
        return guards
    return _document(effects, target, result, total, guards, delta=treatment_of(declared).contrast)


def _document(
    effects: Mapping[str, NDArray[Any]],
    target: Target,
    result: Mapping[str, Any],
    total: Expectation,
    guards: Sequence[Expectation],
    *,
    delta: float,
) -> dict[str, Any]:
    measure, size = total.measure, len(target.rows)
    spread = effects.get("outcome_sd", np.full(len(effects["id"]), np.nan))[target.rows].astype(np.float64)
    plan = plan_pilot(
        teams=len(target.teams), people=size, expected=total.mean, week_sd=float(spread.mean()),
        held_out_share=max(LEAST_HELD_OUT_SHARE, LEAST_TEAMS_OF_A_SIDE / len(target.teams)),
    )  # fmt: skip
    treated = plan.teams - plan.held_out
    return {
        "id": proposal_id(kind_of(delta), ACTION, target.name, delta),
        "type": kind_of(delta),
        "proposes": ACTION,
        "status": PROPOSED,
        "title": f"For good: {change_text(delta)} in {treated} of {plan.teams} teams, the others by lot not yet:"
        f" {target.name}",
        "target_kind": "segment",
        "target": target.name,
        "people": size,
        "target_ids": effects["id"].astype(str)[target.rows].tolist(),
        "teams": list(target.teams),
        "contrast": {"variable": "meet_load_h", "delta": delta, "unit": TREATMENT_UNIT},
        "outcome": measure.name,
        "unit": measure.unit,
        "expected": {
            "own": None, "spillover": None,
            "total": round(total.mean, 6), "from": round(total.lo, 6), "to": round(total.hi, 6),
            **total.document(), "horizon_weeks": 1, "total_per_week": round(size * total.mean, 3),
        },
        "pilot": plan.document(measure.name),
        "cost_h": round(size * abs(delta) * plan.weeks * treated / plan.teams, 1),
        "guardrails": [guard.document() for guard in guards],
        "grade": "A",
        "score": round(size * (measure.better * total.mean - total.sd), 6),
        "value_of_information": 0.0,
        "after": result["id"],
        "reason": _reason(result, total, delta),
    }  # fmt: skip


def _measured(measure: Measure, measured: Mapping[str, Any]) -> Expectation:
    """As wide as the interval, which few teams make wider than their error."""
    sd = (measured["to"] - measured["from"]) / (2 * _Z)
    return Expectation(measure=measure, mean=measured["effect"], sd=sd)


def _guards(others: Sequence[Mapping[str, Any]]) -> tuple[Expectation, ...] | str:
    """Measured changes of all other outcomes, or why one of them speaks against it."""
    guards = []
    for each in others:
        measured = each["measured"]
        if each["better"] == 0:
            if measured["effect"] is None or measured["from"] > 0 or measured["to"] < 0:
                return "guardrail-undeclared"
            continue
        if measured["effect"] is None:
            return "guardrail"
        measure = Measure(name=each["outcome"], unit=each["unit"], better=each["better"], least=each["least"])
        guard = _measured(measure, measured)
        if guard.least_benefit < -measure.least and measure.better * guard.mean < 0:
            return "guardrail"
        guards.append(guard)
    return tuple(guards)


def _reason(result: Mapping[str, Any], total: Expectation, delta: float) -> str:
    low, high = result["measured"]["from"], result["measured"]["to"]
    return (
        f"A pilot decided by lot ({result['id']}, ended in {result['ended']}) measured it: with {change_text(delta)},"
        f" {total.measure.name} changed by {total.mean:+.2f} {total.measure.unit} each (95 % interval {low:+.2f} to"
        f" {high:+.2f}) in {result['treated']} teams with it, beside {result['held_out']} without. Experimental"
        " evidence, grade A."
    )
