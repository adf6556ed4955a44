"""What came of everything that was started by lot, and how far what was expected of each type can be believed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from causal_organism.causal.measures import Measure
from causal_organism.causal.person_weeks.weeks import week_indices
from causal_organism.documents.pilots import (
    AboutPilot,
    Calibration,
    Evaluation,
    Measured,
    OtherOutcome,
    PilotResult,
    ResultsDocument,
    StartedRow,
)
from causal_organism.documents.proposals import Expected
from causal_organism.interventions.results import NOT_MEASURED, measure_pilot, not_measured
from causal_organism.interventions.worlds import Measurements, World

SCHEMA = "organism.intervention-results/1"
NO_RESULTS: ResultsDocument = {"schema": SCHEMA, "results": [], "types": {}}
RUNNING, AWAITED, FINISHED, STOPPED = "running", "awaited", "finished", "stopped"
ALARMS = 2  # of a type, one after the other: then nothing of it is proposed any more
_Z = 1.96


def evaluate_all(started: Iterable[StartedRow], world: World) -> ResultsDocument:
    """What came of each, and how far each type can be believed.

    What goes on is not measured, because looking early would decide when to end, and neither is what has ended before
    its last week is there (`awaited`).
    """
    results: list[PilotResult] = []
    for each in sorted(started, key=lambda each: (each["ended"] is None, each["ended"] or "", each["id"])):
        state = _state(each, world.measurements(each.get("study")))
        about, ended = _about(each), each["ended"]
        if ended is None or state == AWAITED:
            results.append(
                {
                    **about, "state": state, "measured": NOT_MEASURED.copy(), "verdict": None, "others": [],
                    "alarm": None,
                }
            )  # fmt: skip
        else:
            results.append({**about, "state": state, **evaluate(each, world, ended=ended)})
    types = sorted({each["type"] for each in results})
    return {
        "schema": SCHEMA,
        "results": results,
        "types": {name: _calibrate([each for each in results if each["type"] == name]) for name in types},
    }


def evaluate(started: StartedRow, world: World, *, ended: str) -> Evaluation:
    """What one did until the end of that ISO week: `measure_pilot` of its outcome, and of every other outcome."""
    found = world.measurements(started.get("study"))
    lots = (started["treated_teams"], started["held_out_teams"])
    if found is None or started["outcome"] not in found.rows:
        return {**not_measured(lots), "others": [], "alarm": None}
    began, last = week_indices(np.array([started["began"], ended])).tolist()
    people = started["target_ids"] or None
    others: list[OtherOutcome] = []
    for measure in found.measures:
        if measure.name == started["outcome"]:
            continue
        other = measure_pilot(found.rows, lots, measure=measure, began=began, ended=last, people=people)
        others.append(
            {
                "outcome": measure.name, "unit": measure.unit, "better": measure.better, "least": measure.least,
                "measured": other["measured"], "verdict": other["verdict"],
            }
        )  # fmt: skip
    measure = _measure(started, found)
    result = measure_pilot(found.rows, lots, measure=measure, began=began, ended=last, people=people)
    return {**result, "others": others, "alarm": _alarm(started["expected"], result["measured"])}


def _measure(started: StartedRow, found: Measurements) -> Measure:
    """The outcome as it was declared when it was proposed."""
    expected, name = started["expected"], started["outcome"]
    if "better" not in expected:
        return found.measure(name) or Measure(name=name, unit=started["unit"], better=0, least=0.0)
    return Measure(name=name, unit=started["unit"], better=expected["better"], least=expected["least"])


def _about(started: StartedRow) -> AboutPilot:
    return {
        "id": started["id"],
        "type": started["type"],
        "proposes": started["proposes"],
        "target": started["target"],
        "delta": started["delta"],
        "outcome": started["outcome"],
        "unit": started["unit"],
        "people": started["people"],
        "cost_h": started["cost_h"],
        "teams": started["teams"],
        "expected": started["expected"],
        "ended": started["ended"],
    }


def _state(started: StartedRow, found: Measurements | None) -> str:
    if started["ended"] is None:
        return RUNNING
    if found is not None and started["outcome"] in found.rows:
        known = np.isfinite(np.asarray(found.rows[started["outcome"]], dtype=np.float64))
        weeks = np.asarray(found.rows["week_index"])[known]
        (ended,) = week_indices(np.array([started["ended"]])).tolist()
        if not len(weeks) or int(weeks.max()) < ended:
            return AWAITED
    return FINISHED if started["ended_by"] == "finish" else STOPPED


def _alarm(expected: Expected, measured: Measured) -> bool | None:
    effect, error = measured["effect"], measured["error"]
    if effect is None or error is None or "sd" not in expected:
        return None
    return bool(abs(effect - expected["total"]) > _Z * math.hypot(error, expected["sd"]))


def _calibrate(results: Iterable[PilotResult]) -> Calibration:
    """Of one type; the slope goes through 0. It is suspended if the last two were alarms."""
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
