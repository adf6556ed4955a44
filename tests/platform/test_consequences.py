"""What retrying, cancelling, restoring and pinning lead to."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.deployments import FULL, REFRESH
from causal_organism.engine.refresh import refresh_local
from causal_organism.engine.requests import Origin, Request
from causal_organism.platform.consequences import MOST_RUNS, of_runs, of_version
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from tests.platform.test_console_pages import STATE, moved, opened


def organism() -> Any:
    """With views/parity and report stale: the score moved, and nothing behind it was made since."""
    o, _ = opened()
    o.orchestrator = MemoryOrchestrator(now=o.clock)
    o.orchestrator.setup()
    moved(o, shift=1)
    moved(o, "views/score", people=4)
    return o


def failed(o: Any, deployment: str = REFRESH.full_name, **parameters: Any) -> str:
    run: str = o.orchestrator.trigger(deployment, {**parameters, "actor": "ana"})
    o.orchestrator.begin(run)
    o.orchestrator.end(run, "Failed")
    return run


def keys(found: dict[str, Any]) -> list[str]:
    return [step["key"] for step in found["steps"]]


def test_a_run_has_still_to_make_what_is_out_of_date_of_its_selection() -> None:
    o = organism()
    found = of_runs(o, (failed(o, selection="views/parity"),))
    assert (keys(found), found["stale_after"]) == (["views/parity"], ["report"])
    (step,) = found["steps"]
    assert (step["makes"], step["unchanged"]) == (2, 1)
    refresh_local(o, Request("*"), Origin("bo"))
    found = of_runs(o, (failed(o, selection="views/parity"),))
    assert (found["steps"], found["stale_after"]) == ([], [])


def test_a_pipelines_run_is_about_what_the_pipeline_refreshes_and_force_counts() -> None:
    o = organism()
    assert keys(of_runs(o, (failed(o, FULL.full_name),))) == ["views/parity", "report"]
    assert keys(of_runs(o, (failed(o, selection="views/score", force=True),))) == ["views/score"]


def test_nothing_is_looked_at_and_nothing_recorded() -> None:
    o = organism()
    heads = o.ledger.heads()
    STATE["shift"] = 9
    of_runs(o, (failed(o, selection="*"),))
    assert o.ledger.heads() == heads


def test_several_runs_are_one_plan_and_their_queues_say_who_waits() -> None:
    o = organism()
    runs = [failed(o, selection=each, force=each == "report") for each in (*["views/parity"] * 4, "report")]
    waiting = o.orchestrator.trigger(REFRESH.full_name, {"selection": "rows"})
    found = of_runs(o, runs)
    assert (keys(found), found["stale_after"]) == (["views/parity"], ["report"]), "of the first four"
    assert [(queue["name"], queue["depth"]) for queue in found["queues"]] == [("default", 1)]
    assert len(runs) > MOST_RUNS
    assert waiting not in runs


@pytest.mark.parametrize(("number", "stale"), [(1, ["views/parity", "report"]), (3, [])])
def test_a_version_with_other_content_makes_what_reads_it_stale(number: int, stale: list[str]) -> None:
    o = organism()
    found = of_version(o, "views/score", number)
    assert (keys(found), found["stale_after"], found["making"]) == (stale, stale, None)
    assert [step["makes"] for step in found["steps"] if step["key"] == "views/parity"] == [2][: len(stale)]


def test_a_version_waits_for_the_run_that_makes_the_asset() -> None:
    o = organism()
    with o.ledger.hold("views/score", "", "run 7"):
        assert of_version(o, "views/score", 1)["making"] == "run 7"
