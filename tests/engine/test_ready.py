"""Several steps at once: what depends on each other still comes one after the other."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from causal_organism.assets.definitions import Output, asset, source
from causal_organism.assets.graph import graph_of
from causal_organism.assets.partitions.dimensions import Daily, Static
from causal_organism.assets.partitions.mappings import Upstream
from causal_organism.assets.planner import PlanStep
from causal_organism.engine.history.listing import values_document
from causal_organism.engine.ready import waves, work_together
from causal_organism.engine.refresh import refresh_local
from causal_organism.errors import LeaseHeldError, SettingsError
from causal_organism.settings import load_settings
from tests.engine.organisms import memory_organism, refreshed

TOGETHER_S = 120.0  # how long one waits for the other to be there too


def test_what_does_not_depend_on_each_other_is_made_at_once() -> None:
    meeting = threading.Barrier(2)

    @asset(code_version="1")
    def one() -> int:
        return meeting.wait(TOGETHER_S) * 0

    @asset(code_version="1")
    def two() -> int:
        return meeting.wait(TOGETHER_S) * 0

    @asset(code_version="1")
    def both(one: Any, two: Any) -> int:
        return int(one + two)

    organism = memory_organism((one, two, both), parallel_steps=2)
    done = refreshed(organism)
    assert sorted(done[:2]) == [("one", "made"), ("two", "made")]
    assert done[2:] == [("both", "made")]


def test_partitions_are_made_at_once() -> None:
    meeting = threading.Barrier(3)

    @asset(partitions={"site": Static("a", "b", "c")}, code_version="1")
    def each(context: Any) -> str:
        meeting.wait(TOGETHER_S)
        return str(context.partition["site"])

    organism = memory_organism((each,), parallel_steps=3)
    assert refreshed(organism) == [("each", "made")] * 3


def test_one_at_a_time_is_the_default() -> None:
    assert load_settings({"HOME": "/nowhere"}).parallel_steps == 1
    with pytest.raises(SettingsError, match="ORGANISM_PARALLEL_STEPS is 0"):
        load_settings({"HOME": "/nowhere", "ORGANISM_PARALLEL_STEPS": "0"})


def test_partitions_that_read_earlier_ones_are_made_in_turn() -> None:
    @asset(partitions={"day": Daily("2025-12-01")}, reads={"before": Upstream("run", day=-1)}, code_version="1")
    def run(before: Any) -> int:
        return (before or 0) + 1

    organism = memory_organism((run,), parallel_steps=4)
    refreshed(organism)
    assert values_document(organism, "run", "day=2026-01-04")["value"] == 35


def test_what_is_made_together_is_made_once() -> None:
    calls: list[int] = []

    @asset(outputs=(Output("x"), "y"), partitions={"site": Static("a", "b")}, code_version="1")
    def split() -> Any:
        calls.append(1)
        return {"x": 1, "y": 2}

    organism = memory_organism((split,), parallel_steps=4)
    assert sorted(refreshed(organism)) == [("x", "made"), ("x", "made"), ("y", "made"), ("y", "made")]
    assert len(calls) == 2


def test_a_wave_holds_nothing_that_depends_on_the_rest_of_it() -> None:
    @source
    def raw() -> int:
        return 1

    @asset
    def a(raw: Any) -> Any: ...

    @asset
    def b(a: Any) -> Any: ...

    @asset
    def c(b: Any) -> Any: ...

    @asset
    def d(raw: Any) -> Any: ...

    graph = graph_of((raw, a, b, c, d))
    steps = [PlanStep(key=key, causes=(), certain=True) for key in ("a", "c", "d")]
    assert list(waves(graph, steps)) == [((("a", ""),), (("d", ""),)), ((("c", ""),),)]


def test_an_error_ends_the_run_after_what_was_begun() -> None:
    @asset(code_version="1")
    def held() -> int:
        return 1

    @asset(code_version="1")
    def other() -> int:
        return 1

    @asset(code_version="1")
    def after(held: Any) -> int:
        return 1

    organism = memory_organism((held, other, after), parallel_steps=2)
    with organism.ledger.hold("held", "", "somebody"), pytest.raises(LeaseHeldError, match="somebody"):
        refresh_local(organism, "*", actor="ana")
    (run,) = organism.ledger.runs()
    assert run.outcome == "failed"
    assert ("after", "") not in organism.ledger.heads()


def test_nothing_further_is_begun_after_an_error() -> None:
    done: list[str] = []

    def make(place: tuple[str, str]) -> None:
        if place[0] == "bad":
            raise ValueError("no way")
        done.append(place[0])

    jobs = [(("bad", ""), ("behind", "")), (("other", ""),)]
    with pytest.raises(ValueError, match="no way"):
        work_together(jobs, make, 2)
    assert "behind" not in done
