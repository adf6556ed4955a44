"""A pulse makes what automation chooses, in its own run."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from causal_organism.engine.automation.evaluation import explain
from causal_organism.graphs import load_graph
from causal_organism.platform.runs import load_run
from causal_organism.wiring import OpenOrganism
from tests.flows.conftest import ROOT
from tests.waiting import PATIENCE_S, equal

PULSE = """
import asyncio, json
from causal_organism.flows import run_flow_once
print(json.dumps(asyncio.run(run_flow_once("incremental"))))
"""
ASSETS = "tests.flows.automated_assets:ASSETS"


@pytest.fixture(scope="module")
def pulse(organism: OpenOrganism, home_environment: dict[str, str], run_environment: dict[str, str]) -> Any:
    """Runs a pulse in a process of its own; the document."""
    environment = {**home_environment, **run_environment, "ORGANISM_ASSETS": ASSETS}
    organism.__dict__["graph"] = load_graph(ASSETS)

    def run(assets: str = ASSETS) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", PULSE],
            env={**environment, "ORGANISM_ASSETS": assets},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return run


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {step["key"]: step["outcome"] for step in document["steps"]}


def test_a_pulse_makes_its_views_and_then_what_automation_chooses(organism: OpenOrganism, pulse: Any) -> None:
    organism.stream.append([{"source": "ana", "target": "bo", "at": "2026-01-05T12:00:00+00:00"}])
    document = pulse()
    made = {"automated/people": "made", "automated/count": "made", "automated/bad": "failed"}
    assert outcomes(document) == made
    run = document["run"]
    heads = organism.ledger.heads()
    assert {key: heads[key, ""].version.trigger for key in ("automated/people", "automated/count")} == {
        "automated/people": "api",
        "automated/count": "automation",
    }
    assert {heads[key, ""].version.run for key in ("automated/people", "automated/count")} == {run}
    equal(lambda: [task["name"] for task in load_run(organism, run)["tasks"]], ["network", *made])
    found = load_run(organism, run)
    assert (found["outcome"], {step["key"]: step["outcome"] for step in found["steps"]}) == ("failed", made)
    assert organism.ledger.run_document(run) == document


def test_the_next_pulse_repeats_nothing_and_says_why(organism: OpenOrganism, pulse: Any) -> None:
    assert pulse()["outcome"] == "nothing"
    told: Any = explain(organism, "automated/bad")
    assert told["because"] == "not again: the last try with the same code and inputs failed: ValueError: no [/] way"
    assert (told["last"]["because"], told["last_chosen"]["chosen"]) == (told["because"], True)


def test_what_follows_from_new_interactions_is_made_by_the_pulse_that_takes_them_in(
    organism: OpenOrganism, pulse: Any
) -> None:
    organism.stream.append([{"source": "ana", "target": "cy", "at": "2026-01-05T13:00:00+00:00"}])
    assert outcomes(pulse()) == {"automated/people": "made", "automated/count": "made"}
    assert outcomes(pulse()) == {"automated/bad": "failed"}


def test_what_automation_made_is_projected_by_the_same_pulse(organism: OpenOrganism, pulse: Any) -> None:
    """Proposals become interventions at once, and not when the next full analysis comes."""
    document = pulse("tests.flows.automated_assets:PROPOSING")
    assert outcomes(document)["interventions/proposals"] == "made"
    number = organism.ledger.heads()["interventions/proposals", ""].version.number
    assert organism.ledger.fact("projected")["interventions/proposals"] == number
