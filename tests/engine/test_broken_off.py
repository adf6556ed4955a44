"""Stores that break off at any call, and other runs at any call: nothing that should be made is lost."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import asset, source
from causal_organism.engine.contents import load_value
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import LeaseHeldError, OrganismError, StoreError
from tests.engine.organisms import memory_organism, refreshed, with_graph
from tests.engine.worlds import (
    Breaking,
    Killed,
    Rule,
    Turns,
    World,
    check_history,
    contents,
    from_nothing,
    watched,
)
from tests.examples import examples

pytestmark = pytest.mark.large


def small_world() -> World:
    """A chain, a cut-off, partitions of both kinds, and one that reads them all."""
    rules = [
        Rule("a0", ("s0",), 0, 1),
        Rule("a1", ("a0",), 0, 9),
        Rule("a2", ("a0", "a1"), 1, 1, "sites"),
        Rule("a3", ("a0",), 2, 1, "days"),
        Rule("a4", ("a2", "a3"), 0, 1),
    ]
    return World({"s0": 1}, rules)


def settled(organism: Any, world: World) -> None:
    """What is seen is what it says; a further run makes of it what a world without the crash has, and then is done."""
    rules = {(each.key, each.code): each for each in world.rules}
    check_history(organism, rules)
    for head in organism.ledger.heads().values():
        load_value(organism, head.version)
    organism.clock.move(seconds=10)  # the lease of a dead holder is free by then
    assert refresh_local(organism, Request("*"), Origin("ana"))["outcome"] in ("done", "nothing")
    assert refreshed(organism) == []
    clean = from_nothing(world)
    refreshed(clean)
    assert contents(organism) == contents(clean)
    check_history(organism, rules)


@pytest.mark.parametrize("first", [True, False], ids=["first make", "a change"])
@pytest.mark.parametrize("after", [True, False], ids=["after the call", "before the call"])
@pytest.mark.parametrize("error", [Killed(), StoreError("the server broke off")], ids=["killed", "broke off"])
def test_a_crash_at_any_store_call_loses_no_update(error: BaseException, after: bool, first: bool) -> None:
    broken, at = set(), 0
    while True:
        at += 1
        world = small_world()
        organism = from_nothing(world)
        if not first:
            refreshed(organism)
            world.sources["s0"] = 5
        breaking = Breaking(at, error, after=after)
        try:
            refreshed(watched(organism, breaking, breaking.is_dead))
        except (Killed, OrganismError):
            assert breaking.broke_in is not None
        if breaking.broke_in is None:
            break
        broken.add(breaking.broke_in)
        settled(organism, world)
    assert {"publish", "write", "heads", "record_steps", "hold", "begin_run", "end_run"} <= broken
    assert at > 60


@pytest.mark.parametrize("number", [5, 1], ids=["changed meanwhile", "the same"])
def test_another_whole_run_at_any_store_call_of_a_run_loses_no_update(number: int) -> None:
    at = 0
    while True:
        at += 1
        world = small_world()
        organism = from_nothing(world)
        refreshed(organism)
        world.sources["s0"] = 3
        left = at

        def around(name: str, call: Any, world: World = world, organism: Any = organism) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                world.sources["s0"] = number
                with suppress(LeaseHeldError):  # the other one is at it: refused, and said so
                    refreshed(organism)
            return call()

        refreshed(watched(organism, around))
        if left > 0:
            break
        settled(organism, world)
    assert at > 60


@examples(40)
@given(st.lists(st.integers(0, 1), max_size=300), st.integers(0, 9))
def test_two_runs_in_any_order_of_their_store_calls_lose_no_update(order: list[int], number: int) -> None:
    world = small_world()
    organism = from_nothing(world)
    refreshed(organism)
    world.sources["s0"] = 3

    def one(around: Any) -> None:
        refreshed(watched(organism, around))

    def two(around: Any) -> None:
        world.sources["s0"] = number
        refreshed(watched(organism, around))

    turns = Turns(order, [one, two])
    turns.play()
    assert all(isinstance(each, LeaseHeldError) for each in turns.errors.values()), turns.errors
    settled(organism, world)


def shortest_world() -> World:
    """What is enough for two runs to be in each other's way: a source, and two assets.

    To the last of them 1 and 3 are the same and 5 is not, so that one run confirms what the other replaces.
    """
    return World({"s0": 1}, [Rule("a0", ("s0",), 0, 1), Rule("a1", ("a0",), 0, 4)])


@pytest.mark.parametrize(
    ("second", "every"),
    [
        ("a whole run", 3),
        ("dies", 3),
        pytest.param("a whole run", 1, marks=pytest.mark.long),
        pytest.param("dies", 1, marks=pytest.mark.long),
    ],
)
def test_two_runs_that_change_turns_twice_at_any_store_calls_lose_no_update(second: str, every: int) -> None:
    """One is interrupted at any store call, then the other at any of its own, or killed there; then the first ends."""
    calls = _calls_of_a_run()
    for first in range(0, calls + 1, every):
        for then in range(calls + 1):
            world = shortest_world()
            organism = from_nothing(world)
            refreshed(organism)
            world.sources["s0"] = 3
            dying = Breaking(then + 1, Killed(), after=True) if second == "dies" else None
            turns = Turns(
                [0] * first + [1] * then,
                [partial(_run_of, organism, world, 3, None), partial(_run_of, organism, world, 5, dying)],
            )
            turns.play()
            assert all(isinstance(each, (LeaseHeldError, Killed)) for each in turns.errors.values()), turns.errors
            settled(organism, world)


def _run_of(organism: Any, world: World, number: int, dying: Breaking | None, around: Any) -> None:
    """A run that finds `number` in the source, when it first asks a store."""
    seen = False

    def call(name: str, act: Any) -> Any:
        nonlocal seen

        def acted() -> Any:
            nonlocal seen
            if not seen:
                seen, world.sources["s0"] = True, number
            return act()

        return around(name, acted if dying is None else partial(dying, name, acted))

    refreshed(watched(organism, call, dying.is_dead if dying else lambda: False))


def _calls_of_a_run() -> int:
    world, names = shortest_world(), list[str]()
    organism = from_nothing(world)
    refreshed(organism)
    world.sources["s0"] = 3

    def count(name: str, call: Any) -> Any:
        names.append(name)
        return call()

    refreshed(watched(organism, count))
    assert names.index("write") < names.index("publish")
    return len(names)


def test_a_version_that_failed_to_be_written_is_never_head() -> None:
    @source
    def rows() -> list[int]:
        return [1]

    @asset(code_version="1")
    def one(rows: Any) -> Any:
        return rows

    organism = memory_organism((rows, one))
    refreshed(organism, "+one")
    before = contents(organism)

    def around(name: str, call: Any) -> Any:
        if name == "write":
            raise StoreError("the disk is full")
        return call()

    edited = with_graph(organism, (rows, asset(key="one", code_version="2")(lambda rows: [*rows, 2])))
    document = refresh_local(watched(edited, around), Request("one"), Origin("ana"))
    assert (document["outcome"], document["steps"][0]["error"]) == ("failed", "the disk is full")
    assert contents(organism) == before
