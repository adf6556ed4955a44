"""What was started by lot is a source of its own: its results, and what follows from them, rest on it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from causal_organism.assets.definitions import asset, platform_source
from causal_organism.assets.exports import Proposals
from causal_organism.engine.contents import load_value
from causal_organism.errors import RequestError
from causal_organism.organism.decisions.proposals import act_on
from causal_organism.organism.decisions.results import load_result
from causal_organism.organism.projections.started import STARTED, StartedSource
from causal_organism.stores.memory.interventions import MemoryInterventions
from tests.engine.organisms import memory_organism, refreshed

TEAMS = [f"t{number}" for number in range(8)]
IDS = [f"p{number:02}" for number in range(32)]
PILOT: Any = {
    "id": "aa11", "title": "less", "type": "reduce_meetings", "proposes": "pilot", "target": "engineer", "rank": 1,
    "status": "proposed", "outcome": "focus_h", "unit": "h/week", "people": 32, "cost_h": 128.0, "teams": TEAMS,
    "target_ids": IDS, "contrast": {"delta": -2.0}, "pilot": {"held_out": 4},
    "expected": {"own": 1.0, "spillover": None, "total": 1.0, "from": 0.6, "to": 1.4}
    | {"sd": 0.2, "better": 1, "least": 0.2},
}  # fmt: skip


@asset(key="interventions/proposals", exports=Proposals(), code_version="1")
def proposals() -> Any:
    return {"proposals": [PILOT, {"id": "bb22", "title": "no teams", "rank": 2, "status": "proposed"}]}


@asset(key="panel", code_version="1")
def panel() -> Any:
    """60 weeks around 2026-W02, in which nothing ever changes."""
    week = np.tile(np.arange(2900, 2960), 32)
    person = np.repeat(IDS, 60)
    values = np.random.default_rng(2).normal(20, 0.5, len(week))
    return {
        "id": person, "week": week.astype(str), "week_index": week, "team": np.repeat(np.repeat(TEAMS, 4), 60),
        "role": np.full(len(week), "engineer"), "focus_h": values, "focus_h_next": values,
    }  # fmt: skip


@pytest.fixture
def organism() -> Any:
    made = memory_organism((platform_source(STARTED, description=""), proposals, panel))
    made.interventions = MemoryInterventions()
    made.readings = SimpleNamespace(write_effects=None)
    made.sources = {STARTED: StartedSource(made)}
    refreshed(made)
    return made


def started(organism: Any) -> Any:
    refreshed(organism)
    head = organism.ledger.heads_of([STARTED])[STARTED]
    return head.version.number, load_value(organism, head.version)["started"]


def act(organism: Any, *actions: str, on: str = "aa11") -> None:
    for each in actions:
        act_on(organism, on, each, actor="ana")


def test_it_is_there_before_anything_was_started_and_moves_with_what_people_do(organism: Any) -> None:
    assert started(organism) == (1, [])
    act(organism, "approve")
    assert started(organism) == (1, [])
    act(organism, "approve", "start", on="bb22")
    assert started(organism) == (1, []), "nothing was drawn"
    act(organism, "start")
    number, (row,) = started(organism)
    assert (number, row["id"], row["delta"], row["ended"], row["ended_by"]) == (2, "aa11", -2.0, None, None)
    assert sorted(row["treated_teams"] + row["held_out_teams"]) == TEAMS
    assert (len(row["held_out_teams"]), row["target_ids"]) == (4, IDS)
    organism.clock.move(weeks=6)
    act(organism, "finish")
    number, (row,) = started(organism)
    assert (number, row["ended_by"]) == (3, "finish")
    assert row["ended"] > row["began"]


def test_only_what_was_drawn_has_results(organism: Any) -> None:
    act(organism, "approve")
    with pytest.raises(RequestError, match="only what was started by lot"):
        load_result(organism, "aa11")
    act(organism, "start")
    assert load_result(organism, "aa11")["verdict"] == "inconclusive"
    organism.clock.move(weeks=8)
    act(organism, "finish")
    found: Any = load_result(organism, "aa11")
    assert (found["verdict"], found["alarm"], found["treated"], found["held_out"]) == ("inconclusive", True, 4, 4)
    assert abs(found["measured"]["effect"]) < 0.6
