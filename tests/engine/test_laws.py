"""What always holds, on random graphs and histories, with stores that break off at any call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causal_organism.assets.definitions import Asset, Keep, asset, source
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.versions import Version
from causal_organism.engine.contents import load_value
from causal_organism.engine.history.restore import restore
from causal_organism.engine.history.retain import retain
from causal_organism.engine.refresh import refresh_local
from causal_organism.engine.snapshot import load_cut
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
    worlds,
)

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# One thing that happens: a source changes, an asset's code changes, an asset begins or stops to fail, a refresh of some
# of it, a return to an old version, the next day.
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("source"), st.integers(0, 1), st.integers(-5, 5)),
        st.tuples(st.just("code"), st.integers(0, 5), st.integers(-3, 3)),
        st.tuples(st.just("fail"), st.integers(0, 5), st.integers(0, 1)),
        st.tuples(st.just("refresh"), st.integers(0, 5), st.integers(0, 3)),
        st.tuples(st.just("restore"), st.integers(0, 30), st.integers(1, 3)),
        st.tuples(st.just("day"), st.just(0), st.just(0)),
    ),
    max_size=12,
)
SELECTIONS = ("{}", "+{}", "{}+", "*")


class Lived:
    """An organism with a history."""

    def __init__(self, world: World):
        self.world = world
        self.organism = memory_organism(world.assets())
        self.rules: dict[tuple[str, str], Rule] = {(each.key, each.code): each for each in world.rules}

    def happen(self, event: tuple[str, int, int]) -> None:
        kind, which, number = event
        world = self.world
        rule = world.rules[which % len(world.rules)]
        if kind == "source":
            world.sources[f"s{which % len(world.sources)}"] = number
        elif kind == "code":
            self.world = world.edited(rule.key, number)
            self.organism = with_graph(self.organism, self.world.assets())
            self.rules |= {(each.key, each.code): each for each in self.world.rules}
        elif kind == "fail":
            (world.failing.add if number else world.failing.discard)(rule.key)
        elif kind == "refresh":
            refreshed(self.organism, SELECTIONS[number].format(rule.key))
        elif kind == "day":
            self.organism.clock.move(days=1)
        else:
            self._restore(which, number)

    def _restore(self, which: int, number: int) -> None:
        derived = [place for place in sorted(self.organism.ledger.heads()) if place[0].startswith("a")]
        if derived:
            key, partition = derived[which % len(derived)]
            if self.organism.ledger.version(key, number, partition) is not None:
                where = partition.replace(";", ",") or None
                restore(self.organism, f"{key}@{number}", where, actor="ana")


@LAW
@given(worlds(), EVENTS)
def test_what_lived_through_anything_ends_like_what_began_from_nothing(world: World, events: Any) -> None:
    lived = Lived(world)
    for event in events:
        lived.happen(event)
    lived.world.failing.clear()
    assert refresh_local(lived.organism, "*", actor="ana")["outcome"] in ("done", "nothing")
    assert refreshed(lived.organism) == []
    fresh = from_nothing(lived.world)
    fresh.clock.time = lived.organism.clock.time
    refreshed(fresh)
    assert contents(lived.organism) == contents(fresh)
    assert {each.status for each in load_cut(lived.organism).judgements.values()} == {"fresh"}
    check_history(lived.organism, lived.rules)


@LAW
@given(worlds(), st.integers(0, 1), st.integers(0, 5), st.integers(-9, 9))
def test_only_descendants_of_a_change_are_made_and_none_before_its_inputs(
    world: World, what: int, which: int, number: int
) -> None:
    organism = from_nothing(world)
    refreshed(organism)
    world.made.clear()
    if what:
        changed = world.rules[which % len(world.rules)].key
        organism = with_graph(organism, world.edited(changed, number).assets())
    else:
        changed = f"s{which % len(world.sources)}"
        world.sources[changed] = number
    steps = refresh_local(organism, "*", actor="ana")["steps"]
    graph = organism.graph
    assert set(world.made) <= graph.walk_down({changed})
    places = [step["key"] for step in steps]
    for at, key in enumerate(places):
        assert not set(graph.upstream(key)) & set(places[at:])


@LAW
@given(worlds(), EVENTS, st.integers(0, 10_000))
def test_no_status_depends_on_the_clock(world: World, events: Any, hours: int) -> None:
    lived = Lived(replace(world, rules=[replace(each, kind="whole") for each in world.rules]))
    for event in events:
        lived.happen(event)
    before = dict(load_cut(lived.organism).judgements)
    lived.organism.clock.move(hours=hours)
    assert dict(load_cut(lived.organism).judgements) == before


@LAW
@given(worlds(), st.lists(st.integers(-9, 9), min_size=1, max_size=3), st.integers(0, 30))
def test_going_back_and_back_again_is_where_we_were(world: World, numbers: list[int], which: int) -> None:
    organism = from_nothing(world)
    refreshed(organism)
    for number in numbers:
        world.sources["s0"] = number
        refreshed(organism)
    derived = [place for place in sorted(organism.ledger.heads()) if place[0].startswith("a")]
    key, partition = derived[which % len(derived)]
    where = partition.replace(";", ",") or None
    head = organism.ledger.heads()[key, partition].version.number
    before, statuses = contents(organism), dict(load_cut(organism).judgements)
    restore(organism, f"{key}@1", where, actor="ana")
    restore(organism, f"{key}@{head}", where, actor="ana")
    assert contents(organism) == before
    assert dict(load_cut(organism).judgements) == statuses
    assert refreshed(organism) == []


@LAW
@given(worlds(), EVENTS, st.sampled_from([Keep(last=1), Keep(last=2), Keep(days=0)]), st.integers(0, 255))
def test_retention_removes_no_head_and_no_pin_and_says_what_was_made_from_what_goes(
    world: World, events: Any, keep: Keep, forever: int
) -> None:
    lived = Lived(world)
    for event in [*events, ("source", 0, 7), ("refresh", 0, 3), ("source", 0, 8), ("refresh", 0, 3)]:
        lived.happen(event)
    lived.organism.clock.move(hours=1)
    specs = [
        replace(each.specs[0], keep=Keep() if forever >> at & 1 else keep)  # a bit for each asset: all of it is kept
        for at, each in enumerate(lived.world.assets())
    ]
    organism = with_graph(lived.organism, [Asset((each,)) for each in specs])
    organism.imports = SimpleNamespace(current=lambda name: None)
    heads = organism.ledger.heads()
    place = sorted(heads)[forever % len(heads)]
    organism.ledger.pin(*place, heads[place].version.number)
    told = {
        f"{label_of(each['key'], partition_text(each.get('partition')))}@{each['version']}": each["named_by"]
        for each in retain(organism, dry_run=False, actor="ana")["retired"]
    }
    assert told.keys().isdisjoint(f"{label_of(*where)}@{head.version.number}" for where, head in heads.items())
    kept = [each for key, text in heads for each in organism.ledger.versions(key, text, kept=True)]
    assert {(each.key, each.partition, each.number) for each in kept} >= {
        (key, text, head.version.number) for (key, text), head in heads.items()
    }
    for version in kept:
        load_value(organism, version)
        for key, text, number in named_inputs(organism, version):
            if not organism.ledger.version(key, number, text).kept:
                reader = f"{label_of(version.key, version.partition)}@{version.number}"
                assert reader in told[f"{label_of(key, text)}@{number}"]


def named_inputs(organism: Any, version: Version) -> Iterator[tuple[str, str, int]]:
    """(key, partition, number) of every version that this one was made from, first or last."""
    for made in filter(None, (version.provenance, version.confirmed)):
        for label, found in made.inputs.items():
            key = label.partition("[")[0]
            if found is not None and found.manifest is not None:
                listed = organism.values.load(found.manifest, found.manifest["content"])
                yield from ((key, text, each["version"]) for text, each in listed.items())
            elif found is not None and found.number is not None:
                yield key, found.partition, found.number


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
    assert refresh_local(organism, "*", actor="ana")["outcome"] in ("done", "nothing")
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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


@pytest.mark.parametrize("second", ["a whole run", "dies"])
def test_two_runs_that_change_turns_twice_at_any_store_calls_lose_no_update(second: str) -> None:
    """One is interrupted at any store call, then the other at any of its own, or killed there; then the first ends."""
    calls = _calls_of_a_run()
    for first in range(0, calls + 1, 3 if second == "dies" else 1):
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
    document = refresh_local(watched(edited, around), "one", actor="ana")
    assert (document["outcome"], document["steps"][0]["error"]) == ("failed", "the disk is full")
    assert contents(organism) == before
