"""Plans: what, in which order, how sure, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from causal_organism.assets.definitions import AssetSpec, Output, asset, source
from causal_organism.assets.freshness.causes import Cause, CodeChanged, NeverMade
from causal_organism.assets.freshness.staleness import FRESH, MISSING, STALE, Judgement, Status
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.mappings import Many, Resolved, missing_of, resolve
from causal_organism.assets.partitions.spaces import Space
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Windows
from causal_organism.assets.planner import INCREMENTAL, Expectations, PlanStep, plan, with_siblings

CAUSES: dict[Status, tuple[Cause, ...]] = {FRESH: (), STALE: (CodeChanged("1", "2"),), MISSING: (NeverMade(),)}


class View:
    """How things stand, as a table: `fresh` unless it is named. What is missing was never made."""

    def __init__(self, graph: AssetGraph, spaces: Mapping[str, Space], statuses: Mapping[str, Status]):
        self.graph, self.spaces, self.statuses = graph, spaces, statuses
        self.broken: set[tuple[str, str]] = set()

    def judge(self, key: str, partition: str) -> Judgement:
        status = self.statuses.get(f"{key} {partition}".strip(), self.statuses.get(key, FRESH))
        return Judgement(status, CAUSES[status])

    def is_made(self, key: str, partition: str) -> bool:
        return self.judge(key, partition).status != MISSING

    def is_broken(self, key: str, partition: str) -> bool:
        return (key, partition) in self.broken

    def is_unfit(self, key: str, partition: str) -> bool:
        return False

    def missing(self, many: Many, is_there: Callable[[str], bool]) -> Sequence[str]:
        return missing_of(many, self.spaces[many.key], is_there)

    def inputs(self, key: str, partition: str) -> Sequence[Resolved]:
        own = self.spaces[key].partition(partition)
        found = [resolve(read, partition, own, self.spaces[read.key]) for read in self.graph.reads[key]]
        return [each for each in found if each is not None]

    def needs(self, key: str, partition: str) -> Sequence[Resolved]:
        own = self.spaces[key].partition(partition)
        found = [resolve(read, partition, own, self.spaces[read.key]) for read in self.graph.needs[key]]
        return [each for each in found if each is not None]


DAYS = ("1", "2", "3")


class Numbers(Windows):
    """Windows that are numbers."""

    __slots__ = ()
    example = "1"

    def number(self, name: str) -> int:
        return int(name)

    def name(self, number: int) -> str:
        return str(number)


def space_of(spec: AssetSpec) -> Space:
    return Space({name: each.names if isinstance(each, Static) else DAYS for name, each in spec.partitions.items()})


def planned(
    graph: AssetGraph,
    statuses: Mapping[str, Status],
    chosen: Mapping[str, Sequence[str]] | None = None,
    *,
    broken: Sequence[tuple[str, str]] = (),
    force: bool = False,
) -> list[PlanStep]:
    spaces = {key: space_of(graph[key]) for key in graph.order}
    view = View(graph, spaces, statuses)
    view.broken.update(broken)
    everything = {key: space.texts for key, space in spaces.items()}
    return list(plan(graph, everything if chosen is None else chosen, view, force=force))


def told(steps: Sequence[PlanStep]) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(step.name, step.certain, step.blocked_by) for step in steps]


def spec(key: str, *reads: str, **more: Any) -> AssetSpec:
    return AssetSpec(key=key, kind="derived", reads={f"p{at}": each for at, each in enumerate(reads)}, **more)


CHAIN = AssetGraph([AssetSpec(key="a", kind="source"), spec("b", "a"), spec("c", "b"), spec("d", "c")])


def test_nothing_is_planned_where_all_is_fresh() -> None:
    assert planned(CHAIN, {}) == []


def test_what_is_behind_a_step_may_change() -> None:
    assert told(planned(CHAIN, {"b": STALE})) == [("b", True, ()), ("c", False, ()), ("d", False, ())]


def test_only_what_is_chosen_is_planned() -> None:
    assert told(planned(CHAIN, {"b": STALE, "d": STALE}, {"d": ("",)})) == [("d", True, ())]


def test_what_was_never_made_and_is_not_chosen_blocks() -> None:
    steps = planned(CHAIN, {"b": MISSING, "c": MISSING, "d": MISSING}, {"c": ("",), "d": ("",)})
    assert told(steps) == [("c", True, ("b",)), ("d", True, ("c",))]


def test_a_blocked_step_changes_nothing_behind_it() -> None:
    assert told(planned(CHAIN, {"a": MISSING, "b": STALE})) == [("b", True, ("a",))]


def test_force_plans_fresh_ones() -> None:
    assert told(planned(CHAIN, {}, {"c": ("",)}, force=True)) == [("c", True, ())]


def test_a_dep_must_be_there_and_is_no_reason() -> None:
    graph = AssetGraph([spec("a"), spec("b", deps=("a",))])
    assert told(planned(graph, {"a": STALE})) == [("a", True, ())]
    assert told(planned(graph, {"a": MISSING, "b": STALE}, {"b": ("",)})) == [("b", True, ("a",))]


def test_mode_and_estimate_are_of_each_step() -> None:
    spaces = {key: space_of(CHAIN[key]) for key in CHAIN.order}
    view = View(CHAIN, spaces, {"b": STALE})
    steps = plan(CHAIN, {"b": ("",)}, view, expected=Expectations(lambda key, partition: INCREMENTAL, {"b": 2.0}))
    assert [(step.mode, step.estimate_s) for step in steps] == [(INCREMENTAL, 2.0)]


def test_what_is_made_together_is_planned_together() -> None:
    @source
    def rows() -> int:
        return 1

    @asset(outputs=(Output("x"), "y"), partitions={"site": Static("n", "s")})
    def split(rows: Any) -> Any: ...

    graph = graph_of((rows, split))
    steps = planned(graph, {"y site=s": STALE})
    assert told(steps) == [("x[site=s]", True, ()), ("y[site=s]", True, ())]
    assert steps[0].causes == ()
    assert with_siblings(graph, {"x"}) == {"x", "y"}


DAY = {"day": Numbers("1")}


def days_graph() -> AssetGraph:
    @source
    def raw() -> int:
        return 1

    @asset(partitions=DAY)
    def each(raw: Any) -> Any: ...

    @asset(partitions=DAY, reads={"today": "each", "before": Upstream("run", day=-1)})
    def run(today: Any, before: Any) -> Any: ...

    @asset(reads={"days": Upstream("run", day="all")})
    def total(days: Any) -> Any: ...

    return graph_of((raw, each, run, total))


def test_a_partition_moves_those_that_read_it() -> None:
    assert told(planned(days_graph(), {"each day=2": STALE})) == [
        ("each[day=2]", True, ()),
        ("run[day=2]", False, ()),
        ("run[day=3]", False, ()),
        ("total", False, ()),
    ]


def test_an_earlier_partition_that_was_never_made_blocks_the_next() -> None:
    statuses = {"run": MISSING, "run day=1": FRESH}
    assert told(planned(days_graph(), statuses, {"run": ("day=3",)})) == [("run[day=3]", True, ("run[day=2]",))]
    assert told(planned(days_graph(), statuses, {"run": ("day=2", "day=3")})) == [
        ("run[day=2]", True, ()),
        ("run[day=3]", True, ()),
    ]


def test_some_of_all_partitions_are_enough_and_none_is_not() -> None:
    assert told(planned(days_graph(), {"run": MISSING, "run day=1": FRESH, "total": STALE}, {"total": ("",)})) == [
        ("total", True, ())
    ]
    assert told(planned(days_graph(), {"run": MISSING, "total": STALE}, {"total": ("",)})) == [
        ("total", True, ("run",))
    ]


def test_a_partition_that_was_tried_and_never_made_blocks_those_that_read_all() -> None:
    statuses = {"run day=2": MISSING, "total": STALE}
    steps = planned(days_graph(), statuses, {"total": ("",)}, broken=[("run", "day=2")])
    assert told(steps) == [("total", True, ("run[day=2]",))]
    steps = planned(days_graph(), statuses, broken=[("run", "day=2")])
    assert told(steps)[0] == ("run[day=2]", True, ())
    assert told(steps)[-1] == ("total", True, ())


@pytest.mark.parametrize("count", [50_000])
def test_fifty_thousand_partitions_are_planned(count: int) -> None:
    names = tuple(f"n{at}" for at in range(count))

    @asset(partitions={"who": Static(*names)})
    def one() -> Any: ...

    @asset(partitions={"who": Static(*names)})
    def two(one: Any) -> Any: ...

    @asset
    def everyone(two: Any) -> Any: ...

    steps = planned(graph_of((one, two, everyone)), {"one": MISSING})
    assert (len(steps), steps[-1].name) == (2 * count + 1, "everyone")
