"""What always holds, on random graphs and histories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import Asset, Keep
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.versions import Version
from causal_organism.engine.contents import load_value
from causal_organism.engine.history.restore import restore
from causal_organism.engine.history.retain import retain
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.snapshot import load_snapshot
from tests.engine.organisms import memory_organism, refreshed, with_graph
from tests.engine.worlds import (
    Rule,
    World,
    check_history,
    contents,
    from_nothing,
    worlds,
)
from tests.examples import examples

LAW = examples(60)

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
    assert refresh_local(lived.organism, Request("*"), Origin("ana"))["outcome"] in ("done", "nothing")
    assert refreshed(lived.organism) == []
    fresh = from_nothing(lived.world)
    fresh.clock.time = lived.organism.clock.time
    refreshed(fresh)
    assert contents(lived.organism) == contents(fresh)
    assert {each.status for each in load_snapshot(lived.organism).judgements.values()} == {"fresh"}
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
    steps = refresh_local(organism, Request("*"), Origin("ana"))["steps"]
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
    before = dict(load_snapshot(lived.organism).judgements)
    lived.organism.clock.move(hours=hours)
    assert dict(load_snapshot(lived.organism).judgements) == before


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
    before, statuses = contents(organism), dict(load_snapshot(organism).judgements)
    restore(organism, f"{key}@1", where, actor="ana")
    restore(organism, f"{key}@{head}", where, actor="ana")
    assert contents(organism) == before
    assert dict(load_snapshot(organism).judgements) == statuses
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
                listed = organism.values.load(found.manifest)
                yield from ((key, text, each["version"]) for text, each in listed.items())
            elif found is not None and found.number is not None:
                yield key, found.partition, found.number
