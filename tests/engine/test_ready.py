"""Several steps at once: what depends on each other still comes one after the other."""

from __future__ import annotations

import threading
from inspect import Parameter, Signature
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import Output, asset, source
from causal_organism.assets.graph import graph_of
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily
from causal_organism.engine.history.listing import values_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.ready import before_each, order_of, ready
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.runs.workers import work
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


def test_nothing_waits_for_what_it_does_not_come_after() -> None:
    """`behind` is two steps down, and is made while the slow one beside its input still computes."""
    behind_is_made = threading.Event()

    @asset(code_version="1")
    def slow() -> bool:
        return behind_is_made.wait(TOGETHER_S)

    @asset(code_version="1")
    def fast() -> int:
        return 1

    @asset(code_version="1")
    def behind(fast: Any) -> int:
        behind_is_made.set()
        return 2

    organism = memory_organism((slow, fast, behind), parallel_steps=2)
    refreshed(organism)
    assert values_document(organism, "slow")["value"] is True


def test_what_is_not_in_the_plan_is_looked_through() -> None:
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

    order = order_of(before_each(graph_of((raw, a, b, c, d)), ("a", "c", "d")))
    assert (ready(order, set()), ready(order, {"a"}, since=("a",))) == (("a", "d"), ("c",))


Befores = dict[str, frozenset[str]]


@st.composite
def plans(draw: st.DrawFn) -> Befores:
    """Up to 12 assets, each after some of those before it."""
    found: Befores = {}
    for at in range(draw(st.integers(1, 12))):
        found[f"k{at}"] = draw(st.frozensets(st.sampled_from(sorted(found)), max_size=3)) if found else frozenset()
    return found


@given(plans(), st.data())
def test_whatever_ends_first_each_begins_once_and_after_all_that_it_comes_after(
    plan: Befores, data: st.DataObject
) -> None:
    order = order_of(plan)
    begun = list(ready(order, set()))
    running, ended = list(begun), set[str]()
    while running:
        last = data.draw(st.lists(st.sampled_from(running), min_size=1, unique=True))
        running = [each for each in running if each not in last]
        ended.update(last)
        following = ready(order, ended, since=last)
        assert all(plan[each] <= ended for each in following)
        begun += following
        running += following
    assert sorted(begun) == sorted(plan), "each once"


@given(plans(), st.frozensets(st.integers(0, 11), max_size=4), st.integers(2, 4))
def test_the_order_in_which_steps_end_does_not_change_how_they_end(
    plan: Befores, bad: frozenset[int], parallel: int
) -> None:
    """In threads, which end as they like, as one after the other; what is behind a failure is blocked in both."""
    started: list[str] = []
    ended: list[str] = []

    def made(key: str) -> Any:
        def compute(**inputs: Any) -> int:
            assert plan[key] <= set(ended)
            started.append(key)
            ended.append(key)
            if int(key[1:]) in bad:
                raise ValueError("no way")
            return len(inputs)

        compute.__signature__ = Signature(  # type: ignore[attr-defined]
            [Parameter(each, Parameter.KEYWORD_ONLY) for each in sorted(plan[key])]
        )
        return asset(key=key, code_version="1")(compute)

    def ends(at_once: int) -> dict[str, str]:
        started.clear()
        ended.clear()
        organism = memory_organism([made(key) for key in plan], parallel_steps=at_once)
        found = refreshed(organism)
        assert sorted(key for key, _ in found) == sorted(plan), "each once"
        assert len(started) == len(set(started))
        return dict(found)

    assert ends(parallel) == ends(1)


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
        refresh_local(organism, Request("*"), Origin("ana"))
    (run,) = organism.ledger.runs()
    assert run.outcome == "failed"
    assert ("after", "") not in organism.ledger.heads()


def test_nothing_further_is_begun_after_an_error() -> None:
    done: list[str] = []

    def make(place: tuple[str, str]) -> None:
        if place[0] == "bad":
            raise ValueError("no way")
        done.append(place[0])

    jobs: dict[str, list[tuple[tuple[str, str], ...]]] = {
        "bad": [(("bad", ""), ("behind", ""))], "after": [(("after", ""),)], "other": [(("other", ""),)],
    }  # fmt: skip
    order = order_of({"bad": frozenset(), "after": frozenset({"bad"}), "other": frozenset()})
    with pytest.raises(ValueError, match="no way"):
        work(order, jobs, make, 2)
    assert {"behind", "after"}.isdisjoint(done)


@pytest.mark.parametrize("parallel", [1, 3])
def test_an_asset_without_anything_to_make_holds_up_nothing(parallel: int) -> None:
    done: list[tuple[str, str]] = []
    order = order_of({"none": frozenset(), "behind": frozenset({"none"}), "last": frozenset({"behind"})})
    work(order, {"none": (), "behind": (), "last": [(("last", "a"),), (("last", "b"),)]}, done.append, parallel)
    assert sorted(done) == [("last", "a"), ("last", "b")]
