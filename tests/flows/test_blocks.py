"""Which assets share a task: cheap ones, and never at the price of waiting for something slow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import Output, asset
from causal_organism.assets.graph import graph_of
from causal_organism.assets.planner import FULL, INCREMENTAL, PlanStep
from causal_organism.engine.runs.ready import before_each
from causal_organism.errors import SettingsError
from causal_organism.flows.blocks import blocks_of, seconds_of
from causal_organism.settings import load_settings

Before = dict[str, frozenset[str]]


def order(**reads: str) -> Before:
    return {key: frozenset(text.split()) for key, text in reads.items()}


def test_a_chain_is_cut_where_the_limit_is_reached() -> None:
    before = order(a="", b="a", c="b", d="c", e="d")
    assert blocks_of(before, dict.fromkeys(before, 0.04), 0.1) == [("a", "b"), ("c", "d"), ("e",)]


def test_assets_beside_each_other_are_joined_with_those_behind_only_them() -> None:
    before = order(a="", b="", c="a b", d="b")
    assert blocks_of(before, dict.fromkeys(before, 0.01), 0.1) == [("a", "b", "c", "d")]


def test_what_is_slow_or_not_known_has_a_task_of_its_own() -> None:
    before = order(a="", slow="a", new="a", b="a")
    assert blocks_of(before, {"a": 0.01, "b": 0.01, "slow": 5.0}, 0.1) == [("a",), ("slow",), ("new",), ("b",)]


def test_nobody_waits_for_something_slow_that_it_does_not_read() -> None:
    before = order(slow="", behind="slow", free="", end="behind free")
    cheap = dict.fromkeys(("behind", "free", "end"), 0.01)
    assert blocks_of(before, cheap, 0.1) == [("slow",), ("behind",), ("free",), ("end",)]


def test_without_a_limit_of_time_every_asset_has_its_own_task() -> None:
    before = order(a="", b="a", c="a")
    assert blocks_of(before, dict.fromkeys(before, 0.0), 0.0) == [("a",), ("b",), ("c",)]


@st.composite
def worlds(draw: Any) -> tuple[Before, dict[str, float]]:
    """Up to 14 assets, each after some of those before it; some cheap, some slow, some not known."""
    count = draw(st.integers(1, 14))
    before: Before = {}
    seconds: dict[str, float] = {}
    for at in range(count):
        key = f"k{at}"
        before[key] = draw(st.frozensets(st.sampled_from(sorted(before)), max_size=3)) if at else frozenset()
        taken = draw(st.sampled_from((None, 0.0, 0.01, 0.04, 3.0)))
        if taken is not None:
            seconds[key] = taken
    return before, seconds


@given(worlds())
def test_blocks_cover_the_plan_in_order_within_the_limit_and_wait_for_nothing_new(
    world: tuple[Before, dict[str, float]],
) -> None:
    before, seconds = world
    found = blocks_of(before, seconds, 0.1)
    assert sorted(key for block in found for key in block) == sorted(before)
    block_of = {key: block for block in found for key in block}
    waits: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    ended: set[str] = set()
    for block in found:
        each_waits = []
        for key in block:
            assert before[key] <= ended | set(block), "it comes after what it reads"
            others = {block_of[other] for other in before[key]} - {block}
            inside = bool(before[key] & set(block))
            each_waits.append((inside, others.union(*(waits[other] for other in others))))
            ended.add(key)
        waits[block] = each_waits[0][1]
        assert all((inside and other <= waits[block]) or other == waits[block] for inside, other in each_waits)
        assert len(block) == 1 or sum(seconds[key] for key in block) <= 0.1 + 1e-9


def test_what_is_made_together_comes_after_its_first_and_what_is_not_planned_is_looked_through() -> None:
    @asset(code_version="1")
    def first() -> int:
        return 1

    @asset(code_version="1")
    def between(first: Any) -> int:
        return 1

    @asset(outputs=(Output("one"), Output("two")), code_version="1")
    def pair(between: Any) -> dict[str, int]:
        return {"one": 1, "two": 2}

    @asset(code_version="1")
    def last(two: Any) -> int:
        return 1

    graph = graph_of((first, between, pair, last))
    assert before_each(graph, ("first", "one", "two", "last")) == {
        "first": frozenset(), "one": {"first"}, "two": {"first", "one"}, "last": {"two"},
    }  # fmt: skip


def test_how_long_an_asset_takes_is_the_sum_of_its_partitions_and_unknown_for_a_full_make_of_what_is_updated() -> None:
    @asset(code_version="1")
    def grows() -> int:
        return 1

    @grows.update
    def more(previous: Any) -> int:
        return 1

    @asset(code_version="1")
    def plain() -> int:
        return 1

    def step(key: str, estimate_s: float | None, mode: str = FULL, partition: str = "") -> PlanStep:
        return PlanStep(key=key, partition=partition, causes=(), certain=True, mode=mode, estimate_s=estimate_s)

    graph = graph_of((grows, plain))
    assert seconds_of(graph, [step("plain", 0.2, partition="a"), step("plain", 0.2, partition="b")]) == {"plain": 0.4}
    assert seconds_of(graph, [step("plain", None), step("grows", 0.1)]) == {}
    assert seconds_of(graph, [step("grows", 0.1, INCREMENTAL)]) == {"grows": 0.1}


def test_a_wrong_limit_is_refused() -> None:
    assert load_settings({"HOME": "/nowhere"}).block_ms == 100
    with pytest.raises(SettingsError, match="ORGANISM_BLOCK_MS is -1"):
        load_settings({"HOME": "/nowhere", "ORGANISM_BLOCK_MS": "-1"})
