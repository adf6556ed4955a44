"""What came of everything that was started by lot, and how far what was expected of each type can be believed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from causal_organism.causal.measures import Measure
from causal_organism.causal.person_weeks.weeks import week_indices
from causal_organism.interventions.results import INCONCLUSIVE, NOT_MEASURED, measure_pilot
from causal_organism.interventions.worlds import Measurements, World

SCHEMA = "organism.intervention-results/1"
RUNNING, AWAITED, FINISHED, STOPPED = "running", "awaited", "finished", "stopped"
ALARMS = 2  # of a type, one after the other: then nothing of it is proposed any more
_Z = 1.96


def evaluate_all(started: Iterable[Mapping[str, Any]], world: World) -> dict[str, Any]:
    """JSON: `{"schema", "results": [in order of their end, those that go on last], "types": {type: how it went}}`.

    started: as `started_by_lot` has them. What goes on is not measured, because looking early would decide when to end,
    and neither is what has ended before its last week is there (`awaited`).
    """
    results = []
    for each in sorted(started, key=lambda each: (each["ended"] is None, each["ended"] or "", each["id"])):
        state = _state(each, world.measurements(each.get("study")))
        if state in (RUNNING, AWAITED):
            found: dict[str, Any] = {"measured": dict(NOT_MEASURED), "verdict": None, "others": [], "alarm": None}
        else:
            found = evaluate(each, world, ended=each["ended"])
        results.append(_about(each) | {"state": state} | found)
    types = sorted({each["type"] for each in results})
    return {
        "schema": SCHEMA,
        "results": results,
        "types": {name: _calibrate([each for each in results if each["type"] == name]) for name in types},
    }


def evaluate(started: Mapping[str, Any], world: World, *, ended: str) -> dict[str, Any]:
    """What one did until the end of that ISO week: `measure_pilot` of its outcome; `others`: of every other outcome;
    `alarm`: whether what was expected and what was measured exclude each other, None where that is not known."""
    found = world.measurements(started.get("study"))
    lots = (started["treated_teams"], started["held_out_teams"])
    if found is None or started["outcome"] not in found.rows:
        counts = {"treated": len(lots[0]), "held_out": len(lots[1])}
        return counts | {"measured": dict(NOT_MEASURED), "verdict": INCONCLUSIVE, "others": [], "alarm": None}
    began, last = week_indices(np.array([started["began"], ended])).tolist()
    people = started["target_ids"] or None
    others = []
    for measure in found.measures:
        if measure.name == started["outcome"]:
            continue
        other = measure_pilot(found.rows, lots, measure=measure, began=began, ended=last, people=people)
        others.append(
            {"outcome": measure.name, "unit": measure.unit, "better": measure.better, "least": measure.least}
            | {key: other[key] for key in ("measured", "verdict")}
        )
    measure = _measure(started, found)
    result = measure_pilot(found.rows, lots, measure=measure, began=began, ended=last, people=people)
    return result | {"others": others, "alarm": _alarm(started["expected"], result["measured"])}


def _measure(started: Mapping[str, Any], found: Measurements) -> Measure:
    """The outcome as it was declared when it was proposed."""
    expected, name = started["expected"], started["outcome"]
    if "better" not in expected:
        return found.measure(name) or Measure(name=name, unit=started["unit"], better=0, least=0.0)
    return Measure(name=name, unit=started["unit"], better=expected["better"], least=expected["least"])


def _about(started: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "type", "proposes", "target", "delta", "outcome", "unit", "people", "cost_h", "teams", "expected")
    return {name: started[name] for name in names} | {"ended": started["ended"]}


def _state(started: Mapping[str, Any], found: Measurements | None) -> str:
    if started["ended"] is None:
        return RUNNING
    if found is not None and started["outcome"] in found.rows:
        known = np.isfinite(np.asarray(found.rows[started["outcome"]], dtype=np.float64))
        weeks = np.asarray(found.rows["week_index"])[known]
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
