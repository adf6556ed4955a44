"""What the pages of the console are told: differences, a person's numbers, what a plan leads to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import RequestError
from causal_organism.platform.console import DIFFERENCES, Console
from tests.engine.organisms import memory_organism, no_servers

STATE = {"shift": 0, "people": 3}


@source(key="rows")
def rows() -> Any:
    return dict(STATE)


@asset(key="views/score", reads={"rows": "rows"}, code_version="1")
def score(rows: Any) -> Any:
    people = [f"p{number}" for number in range(rows["people"])]
    return pd.DataFrame({"score": [float(rows["shift"]) + at for at in range(len(people))]}, index=people)


@asset(key="views/parity", reads={"score": "views/score"}, code_version="1")
def parity(score: Any) -> Any:
    return len(score) % 2


@asset(key="report", reads={"parity": "views/parity"}, code_version="1")
def report(parity: Any) -> Any:
    return f"parity {parity}"


def opened() -> tuple[Any, Console]:
    STATE.update(shift=0, people=3)
    organism: Any = memory_organism((rows, score, parity, report))
    refresh_local(organism, Request("*"), Origin("bo"))
    return organism, Console(organism, status=no_servers, close=lambda: None)


def moved(organism: Any, selection: str = "*", **changes: int) -> None:
    STATE.update(changes)
    organism.clock.move(seconds=60)
    refresh_local(organism, Request(selection), Origin("bo"))


def test_a_difference_is_cut_and_says_how_much_there_is() -> None:
    organism, console = opened()
    moved(organism, people=DIFFERENCES + 53)
    found = console.diff("views/score", 1, 2)
    assert found["counts"] == {"added": DIFFERENCES + 50, "removed": 0, "changed": 0}
    assert len(found["added"]) == DIFFERENCES


def test_a_persons_numbers_are_those_of_the_newest_tables() -> None:
    organism, console = opened()
    moved(organism, shift=10)
    assert console.person("p1") == {
        "person": "p1",
        "numbers": [{"key": "views/score", "version": 2, "column": "score", "value": 11.0}],
    }
    with pytest.raises(RequestError, match="no table knows a person 'nobody'"):
        console.person("nobody")


def test_a_plan_says_what_is_out_of_date_afterwards_and_how_often_nothing_changed() -> None:
    organism, console = opened()
    moved(organism, shift=1)
    moved(organism, shift=2)
    STATE["shift"] = 3
    plan = console.plan("views/parity", force=True)
    (step,) = plan["steps"]
    assert (step["key"], step["makes"], step["unchanged"]) == ("views/parity", 3, 2)
    assert plan["stale_after"] == ["report"]


def test_a_version_is_restored_held_and_let_go() -> None:
    organism, console = opened()
    moved(organism, shift=5)
    assert console.restore("views/score", 1) == "views/score is v3"
    assert console.pin("views/score", 3) == "views/score is held at v3"
    assert organism.ledger.heads()["views/score", ""].pinned
    assert console.pin("views/score", None) == "views/score is let go"
    assert not organism.ledger.heads()["views/score", ""].pinned
