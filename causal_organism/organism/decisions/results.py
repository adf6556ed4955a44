"""What came of a pilot that was started: measured on the panel, set against what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causal_organism.documents.pilots import ResultDocument
from causal_organism.engine.contents import load_value
from causal_organism.errors import RequestError
from causal_organism.organism.decisions.proposals import find_intervention
from causal_organism.organism.projections.started import iso_week_of, started_by_lot
from causal_organism.organism.studies.folder import STUDIES
from causal_organism.organism.studies.source import STUDY
from causal_organism.ports import Organism

if TYPE_CHECKING:
    from causal_organism.interventions.worlds import World

PANEL, RESULTS = "panel", "interventions/results"


def load_all_results(organism: Organism) -> Any | None:
    """organism.intervention-results/1 as the last analysis has it, or what another graph has under that key; None where
    there is none."""
    head = organism.ledger.heads_of([RESULTS]).get(RESULTS)
    return None if head is None or not head.version.kept else load_value(organism, head.version)


def load_result(organism: Organism, intervention: str) -> ResultDocument:
    """Expected and measured change with intervals, and a verdict.

    Of a pilot that goes on, it is what can be said until now; the verdict is then `inconclusive`.

    Raises:
        RequestError: there is no such intervention, it was not started, or there is no panel.
    """
    from causal_organism.interventions.evaluation import evaluate  # numpy, 0.1 s
    from causal_organism.interventions.results import INCONCLUSIVE, SCHEMA

    found = find_intervention(organism, intervention)
    record = next((each for each in organism.interventions.all() if each.id == found["id"]), None)
    started = None if record is None else started_by_lot(record)
    if started is None:
        raise RequestError(f"{found['id']} is {found['state']}: only what was started by lot has results")
    world = _load_world(organism)
    result = evaluate(started, world, ended=started["ended"] or iso_week_of(organism.now()))
    if started["ended"] is None:
        result["verdict"] = INCONCLUSIVE
    expected = started["expected"]
    return {
        "schema": SCHEMA,
        "id": found["id"],
        "state": found["state"],
        "design": "randomised by team, difference in differences",
        "outcome": started["outcome"],
        "unit": started["unit"],
        "expected": {
            "own": expected["own"],
            "spillover": expected["spillover"],
            "total": expected["total"],
            "from": expected["from"],
            "to": expected["to"],
        },
        "grade": "A",
        **result,
    }


def _load_world(organism: Organism) -> World:
    from causal_organism.causal.declarations.panel_study import parse_panel_study, shipped_study
    from causal_organism.causal.panel import to_panel
    from causal_organism.interventions.worlds import World

    heads = organism.ledger.heads_of((PANEL, STUDY, STUDIES))
    kept = {key: load_value(organism, head.version) for key, head in heads.items() if head.version.kept}
    if PANEL not in kept:
        raise RequestError("there is no panel to measure it on", hint="organism refresh '+panel'")
    declared = parse_panel_study(kept[STUDY]["text"]) if STUDY in kept else shipped_study()
    studies = kept[STUDIES]["studies"] if STUDIES in kept else ()
    return World(panel=to_panel(kept[PANEL]), declared=declared, studies=studies)
