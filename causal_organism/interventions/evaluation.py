"""What came of everything that was started by lot, and how far what was expected of each type can be believed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import measure_of, outcomes_in_order
from causal_organism.causal.measures import Measure
from causal_organism.causal.panel import outcome_metrics, week_indices
from causal_organism.interventions.results import NOT_MEASURED, measure_pilot

SCHEMA = "organism.intervention-results/1"
RUNNING, AWAITED, FINISHED, STOPPED = "running", "awaited", "finished", "stopped"
ALARMS = 2  # of a type, one after the other: then nothing of it is proposed any more
_Z = 1.96


def evaluate_all(
    started: Iterable[Mapping[str, Any]], panel: Mapping[str, Any], declared: Declaration
) -> dict[str, Any]:
    """JSON: `{"schema", "results": [in order of their end, those that go on last], "types": {type: how it went}}`.

    started: as `started_by_lot` has them. What goes on is not measured, because looking early would decide when to end,
    and neither is what has ended before the panel has its last week (`awaited`).
    """
    results = []
    for each in sorted(started, key=lambda each: (each["ended"] is None, each["ended"] or "", each["id"])):
        state = _state(each, panel)
        if state in (RUNNING, AWAITED):
            found: dict[str, Any] = {"measured": dict(NOT_MEASURED), "verdict": None, "others": [], "alarm": None}
        else:
            found = evaluate(each, panel, declared, ended=each["ended"])
        results.append(_about(each) | {"state": state} | found)
    types = sorted({each["type"] for each in results})
    return {
        "schema": SCHEMA,
        "results": results,
        "types": {name: _calibrate([each for each in results if each["type"] == name]) for name in types},
    }


def evaluate(
    started: Mapping[str, Any], panel: Mapping[str, Any], declared: Declaration, *, ended: str
) -> dict[str, Any]:
    """What one did until the end of that ISO week: `measure_pilot` of its outcome; `others`: of every other outcome;
    `alarm`: whether what was expected and what was measured exclude each other, None where that is not known."""
    began, last = week_indices(np.array([started["began"], ended])).tolist()
    lots = (started["treated_teams"], started["held_out_teams"])
    people = started["target_ids"] or None
    names = [name for name in outcomes_in_order(declared, outcome_metrics(panel)) if name != started["outcome"]]
    others = []
    for name in names:
        measure = measure_of(declared, name)
        found = measure_pilot(panel, lots, measure=measure, began=began, ended=last, people=people)
        others.append(
            {"outcome": name, "unit": measure.unit, "better": measure.better, "least": measure.least}
            | {key: found[key] for key in ("measured", "verdict")}
        )
    measure = _measure(started, declared)
    found = measure_pilot(panel, lots, measure=measure, began=began, ended=last, people=people)
    return found | {"others": others, "alarm": _alarm(started["expected"], found["measured"])}


def _measure(started: Mapping[str, Any], declared: Declaration) -> Measure:
    """The outcome as it was declared when it was proposed."""
    expected, name = started["expected"], started["outcome"]
    if "better" not in expected:
        return measure_of(declared, name)
    return Measure(name=name, unit=started["unit"], better=expected["better"], least=expected["least"])


def _about(started: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "type", "proposes", "target", "delta", "outcome", "unit", "people", "cost_h", "teams", "expected")
    return {name: started[name] for name in names} | {"ended": started["ended"]}


def _state(started: Mapping[str, Any], panel: Mapping[str, Any]) -> str:
    if started["ended"] is None:
        return RUNNING
    weeks = np.asarray(panel["week_index"])[np.isfinite(np.asarray(panel[started["outcome"]], dtype=np.float64))]
    (ended,) = week_indices(np.array([started["ended"]])).tolist()
    if not len(weeks) or int(weeks.max()) < ended:
        return AWAITED
    return FINISHED if started["ended_by"] == "finish" else STOPPED


def _alarm(expected: Mapping[str, Any], measured: Mapping[str, Any]) -> bool | None:
    if measured["effect"] is None or "sd" not in expected:
        return None
    apart = abs(measured["effect"] - expected["total"])
    return bool(apart > _Z * math.hypot(measured["error"], expected["sd"]))


def _calibrate(results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Of one type: how many were measured, the slope of measured on expected changes through 0, and whether the last
    two were alarms, which suspends it."""
    known = [each for each in results if each["measured"]["effect"] is not None]
    alarms = [each["alarm"] for each in known if each["alarm"] is not None]
    expected = np.array([each["expected"]["total"] for each in known], dtype=np.float64)
    measured = np.array([each["measured"]["effect"] for each in known], dtype=np.float64)
    errors = np.array([each["measured"]["error"] for each in known], dtype=np.float64)
    weight = 1 / np.maximum(errors, 1e-9) ** 2
    power = float((weight * expected**2).sum())
    return {
        "measured": len(known),
        "slope": round(float((weight * expected * measured).sum()) / power, 6) if power > 0 else None,
        "alarms": sum(alarms),
        "suspended": len(alarms) >= ALARMS and all(alarms[-ALARMS:]),
    }
