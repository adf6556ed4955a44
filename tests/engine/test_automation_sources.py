"""Sources that a pulse looks at, and its answer about them."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.automation.conditions import eager, on_cron
from causal_organism.engine.automation.evaluation import AUTOMATION, evaluate
from causal_organism.engine.automation.run import conclude
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.ports import RunRecord
from tests.engine.automated import NOTHING, World, pulse, pulsed
from tests.engine.organisms import START, memory_organism, outcomes, refreshed


@pytest.fixture
def world() -> World:
    return World()


def test_a_source_with_automation_is_looked_at_only_when_it_says_so(world: World) -> None:
    organism = memory_organism(
        (world.source(automation=on_cron("0 3 * * *"), cooldown="2d"), world.total(automation=eager()))
    )
    refreshed(organism)
    pulsed(organism)
    looks = world.looks
    assert pulsed(organism) == []
    assert world.looks == looks
    organism.clock.move(days=2)
    assert pulsed(organism) == []
    assert world.looks == looks + 1
    organism.clock.move(days=1)
    assert evaluate(organism, Origin("ana", run="pulse")).decisions["rows"].because == (
        "not now, because it cools down for another 1d"
    )
    assert world.looks == looks + 1
    world.rows = [4]
    organism.clock.move(days=1)
    assert evaluate(organism, Origin("ana", run="pulse")).to_make == ("total",)


def test_a_source_that_failed_is_looked_at_again(world: World) -> None:
    organism = memory_organism((world.source(automation=on_cron("* * * * *"), code_version="source"), world.total()))
    refreshed(organism)
    world.rows = None
    organism.clock.move(minutes=5)
    assert pulse(organism)["outcome"] == "failed"
    world.rows = [1]
    organism.clock.move(minutes=5)
    assert pulse(organism)["outcome"] == "nothing"
    assert organism.ledger.heads()["rows", ""].attempt is None


def test_a_source_that_fails_is_in_the_answer_of_the_pulse(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    world.rows = None
    document = pulse(organism)
    assert (document["outcome"], document["observed"][0]["error"]) == ("failed", "OSError: disk gone")
    assert organism.ledger.run("pulse").error == "rows failed: OSError: disk gone"


def test_the_answer_of_the_pulse_holds_both_parts(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    organism.ledger.begin_run(
        RunRecord(id="pulse", flow="f", selection=None, trigger="schedule", actor="ana", started_at=START)
    )
    step = {"key": "views/degree", "outcome": "made", "error": None}
    seen = {"key": "rows", "version": 1, "changed": True, "error": None, "failed_checks": []}
    before: Any = {**NOTHING, "outcome": "done", "steps": [step], "observed": [seen]}
    evaluation = evaluate(organism, Origin("ana", run="pulse"))
    made = refresh_local(organism, Request(evaluation.selection), Origin("ana", AUTOMATION))
    document = conclude(organism, evaluation, before, made)
    assert outcomes(document) == [("views/degree", "made"), ("total", "made")]
    assert (document["run"], document["outcome"]) == ("pulse", "done")
    assert document["observed"] == [seen]
    assert organism.ledger.run_document("pulse") == document


def test_a_pulse_looks_once_at_what_it_makes_things_from(world: World) -> None:
    organism = memory_organism([world.source(), world.total(automation=eager())])
    assert pulsed(organism) == [("total", "made")]
    assert world.looks == 1
    world.rows = [4]
    document = pulse(organism)
    assert (outcomes(document), world.looks) == ([("total", "made")], 2)
    assert [(each["key"], each["changed"]) for each in document["observed"]] == [("rows", True)]
