"""What came of a pilot that was started: measured on the panel, set against what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from causal_organism.engine.contents import load_value
from causal_organism.errors import RequestError
from causal_organism.organism.decisions.proposals import find_intervention
from causal_organism.ports import Organism

PANEL = "panel"
_ENDED = ("finish", "stop")


def load_result(organism: Organism, intervention: str) -> dict[str, Any]:
    """organism.intervention-result/1: expected and measured change with intervals, and a verdict.

    Of a pilot that goes on, it is what can be said until now; the verdict is then `inconclusive`.

    Raises:
        RequestError: there is no such intervention, it was not started, or there is no panel.
    """
    import numpy as np  # 0.1 s

    from causal_organism.causal.declarations.panel_study import measure_of, shipped_study
    from causal_organism.causal.measures import Measure
    from causal_organism.causal.panel import to_panel, week_indices
    from causal_organism.interventions.results import INCONCLUSIVE, SCHEMA, measure_pilot

    found = find_intervention(organism, intervention)
    start = _event(found, ("start",))
    if start is None or "treated_teams" not in start["detail"]:
        raise RequestError(f"{found['id']} is {found['state']}: only what was started by lot has results")
    head = organism.ledger.heads_of([PANEL]).get(PANEL)
    if head is None or not head.version.kept:
        raise RequestError("there is no panel to measure it on", hint="organism refresh '+panel'")
    proposal, end = start["detail"]["proposal"], _event(found, _ENDED)
    moments = (start["at"], organism.now().isoformat() if end is None else end["at"])
    began, ended = week_indices(np.array([_week(each) for each in moments])).tolist()
    measure = measure_of(shipped_study(), proposal["outcome"])
    if "better" in proposal["expected"]:  # as it was declared when it was proposed
        better, least = proposal["expected"]["better"], proposal["expected"]["least"]
        measure = Measure(name=proposal["outcome"], unit=proposal["unit"], better=better, least=least)
    lots = (start["detail"]["treated_teams"], start["detail"]["held_out_teams"])
    result = measure_pilot(
        to_panel(load_value(organism, head.version)), lots, measure=measure,
        began=began, ended=ended, segment=proposal["target"],
    )  # fmt: skip
    if end is None:
        result["verdict"] = INCONCLUSIVE
    expected = {name: proposal["expected"][name] for name in ("own", "spillover", "total", "from", "to")}
    return {
        "schema": SCHEMA,
        "id": found["id"],
        "state": found["state"],
        "design": "randomised by team, difference in differences",
        "outcome": proposal["outcome"],
        "unit": proposal["unit"],
        "expected": expected,
        "grade": "A",
        **result,
    }


def _event(found: Mapping[str, Any], actions: tuple[str, ...]) -> Mapping[str, Any] | None:
    matching = [each for each in found["events"] if each["action"] in actions]
    return matching[-1] if matching else None


def _week(at: str) -> str:
    year, week, _ = datetime.fromisoformat(at).isocalendar()
    return f"{year}-W{week:02}"
