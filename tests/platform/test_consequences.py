"""What retrying, cancelling, restoring and pinning lead to."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.assets.exports import Proposals
from causal_organism.deployments import FULL, REFRESH
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import RefusedError
from causal_organism.organism.decisions.proposals import act_on
from causal_organism.platform.consequences import MOST_RUNS, of_decision, of_runs, of_unpin, of_version
from causal_organism.stores.memory.interventions import MemoryInterventions
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from tests.engine.organisms import memory_organism
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


def keys(found: Any) -> list[str]:
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
    found = of_version(o, f"views/score@{number}")
    assert (keys(found), found["stale_after"], found["making"]) == (stale, stale, None)
    assert [step["makes"] for step in found["steps"] if step["key"] == "views/parity"] == [2][: len(stale)]


def test_a_version_waits_for_the_run_that_makes_the_asset() -> None:
    o = organism()
    with o.ledger.hold("views/score", "", "run 7"):
        assert of_version(o, "views/score@1")["making"] == "run 7"


def test_what_cannot_be_head_again_says_why() -> None:
    o = organism()
    assert of_version(o, "views/score@1")["refused"] is None
    number = o.ledger.heads_of(["views/score"])["views/score"].version.number
    o.ledger.pin("views/score", "", number)
    assert of_version(o, "views/score@1")["refused"] == f"views/score is pinned at {number}"
    assert "sources cannot be" in str(of_version(o, "rows@1")["refused"])


def test_who_lets_go_learns_what_the_next_run_makes() -> None:
    o = organism()
    refresh_local(o, Request("*"), Origin("bo"))
    assert of_unpin(o, "views/score") == {"steps": [], "stale_after": []}
    number = o.ledger.heads_of(["views/score"])["views/score"].version.number
    o.ledger.pin("views/score", "", number)
    moved(o, "rows", shift=7)
    found = of_unpin(o, "views/score")
    assert (keys(found), found["stale_after"]) == (["views/score"], ["views/parity", "report"])


def decided() -> Any:
    """An organism with one proposal, and an asset that reads what was started."""
    proposal = {"id": "abcd", "title": "pair them", "people": 12, "teams": ["a", "b"], "pilot": {"held_out": 1},
                "expected": {"outcome": "o", "mean": 1.0, "lo": 0.5, "hi": 1.5, "unit": "h"}}  # fmt: skip
    proposals = asset(key="interventions/proposals", exports=Proposals(), code_version="1")(
        lambda: {"proposals": [proposal]}
    )
    begun = source(key="interventions/started")(lambda: {"pilots": []})
    results = asset(key="interventions/results", reads={"started": "interventions/started"}, code_version="1")(
        lambda started: started
    )
    o: Any = memory_organism((begun, results, proposals))
    o.interventions = MemoryInterventions()
    refresh_local(o, Request("*"), Origin("bo"))
    return o


def test_a_decision_says_what_becomes_of_a_proposal_and_what_is_out_of_date_by_it() -> None:
    o = decided()
    found = of_decision(o, "ab", "approve")
    assert (found["id"], found["state"], found["becomes"]) == ("abcd", "proposed", "approved")
    assert (found["people"], found["lasts_days"], found["teams"], found["stale_after"]) == (12, 30, None, [])
    assert of_decision(o, "ab", "reject")["again_in_days"] == 90
    with pytest.raises(RefusedError, match="cannot be given 'start'"):
        of_decision(o, "ab", "start")
    act_on(o, "ab", "approve", actor="ana")
    found = of_decision(o, "ab", "start")
    assert (found["teams"], found["held_out"], found["stale_after"]) == (2, 1, ["interventions/results"])
    assert o.interventions.all()[0].status == "approved", "nothing was done"
