"""Selection and staleness to a plan: what would be made, in which order, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from causal_organism.assets.blocking import Blocker, Blocking, World
from causal_organism.assets.collector import rare_collection
from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.freshness.causes import Cause
from causal_organism.assets.freshness.staleness import FRESH, Judgement
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.keys import UNPARTITIONED, AssetRef, label_of
from causal_organism.assets.partitions.mappings import Many, Resolved

FULL, INCREMENTAL = "full", "incremental"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One asset, or one partition of it, that a run would make.

    `certain` is False for one that is made only if something before it changes. A step with `blockers` cannot run.
    `checks_only`: checks that are new or changed are run on what there is, and nothing is made.
    """

    key: str
    partition: str = UNPARTITIONED
    causes: tuple[Cause, ...]
    certain: bool
    mode: str = FULL
    blockers: tuple[Blocker, ...] = ()
    estimate_s: float | None = None
    pinned: bool = False
    checks_only: bool = False

    @property
    def ref(self) -> AssetRef:
        return self.key, self.partition

    @property
    def name(self) -> str:
        """What people call it: `daily/sum[day=2026-01-01]`."""
        return label_of(self.key, self.partition)

    @property
    def blocked_by(self) -> tuple[str, ...]:
        """Names of what keeps it from being made."""
        return tuple(each.name for each in self.blockers)


class PlanView(World, Protocol):
    """What a plan asks of the state of the ledger."""

    def judge(self, key: str, partition: str) -> Judgement: ...


@dataclass(frozen=True, slots=True)
class Expectations:
    """Of what would be made: the form of each key and partition, and seconds of each key as far as they are known."""

    mode: Callable[[str, str], str] = lambda key, partition: FULL
    estimates: Mapping[str, float] = field(default_factory=dict)


UNKNOWN = Expectations()


@rare_collection()
def plan(
    graph: AssetGraph,
    chosen: Mapping[str, Sequence[str]],
    view: PlanView,
    *,
    force: bool = False,
    unreadable: Collection[str] = (),
    expected: Expectations = UNKNOWN,
) -> tuple[PlanStep, ...]:
    """Steps in topological order, ties by key, the partitions of an asset in the order of `chosen`.

    `chosen`: key -> partitions to look at (one empty text for an asset without), with all that is made together.
    `unreadable`: sources that could not be looked at just now.
    """
    planning = _Planning(graph, view, expected, Blocking(view, unreadable=unreadable), force=force)
    for key in graph.order:
        if key in chosen and graph.specs[key].kind != SOURCE:
            planning.add(key, chosen[key])
    planning.join_siblings(chosen)
    return tuple(step for key in graph.in_order(planning.steps) for step in planning.in_order(key, chosen[key]))


def with_siblings(graph: AssetGraph, keys: Collection[str]) -> frozenset[str]:
    """The keys and all that is made together with them."""
    return frozenset(other for key in keys for other in graph.specs[key].together)


class _Planning:
    def __init__(
        self,
        graph: AssetGraph,
        view: PlanView,
        expected: Expectations,
        blocking: Blocking,
        *,
        force: bool,
    ):
        self.steps: dict[str, dict[str, PlanStep]] = {}
        self._graph = graph
        self._view = view
        self._mode = expected.mode
        self._estimates = expected.estimates
        self._blocking = blocking
        self._force = force
        self._changing: dict[Many, bool] = {}

    def add(self, key: str, partitions: Sequence[str]) -> None:
        found = self.steps.setdefault(key, {})
        for partition in partitions:
            step = self._step(key, partition)
            if step is not None:
                found[partition] = step
        if not found:
            del self.steps[key]

    def join_siblings(self, chosen: Mapping[str, Sequence[str]]) -> None:
        for key in [each for each in self.steps if len(self._graph.specs[each].together) > 1]:
            for other in self._graph[key].together:
                there = self.steps.setdefault(other, {})
                for partition, step in self.steps[key].items():
                    if partition not in there:
                        there[partition] = replace(
                            step,
                            key=other,
                            causes=self._view.judge(other, partition).causes,
                            estimate_s=self._estimates.get(other),
                        )

    def in_order(self, key: str, partitions: Sequence[str]) -> list[PlanStep]:
        found = self.steps[key]
        return [found[partition] for partition in partitions if partition in found]

    def _step(self, key: str, partition: str) -> PlanStep | None:
        judgement = self._view.judge(key, partition)
        certain = self._force or judgement.status != FRESH
        may_change = any(map(self._may_change, self._view.inputs(key, partition)))
        if not certain and not may_change:
            return None
        checks_only = not self._force and not may_change and judgement.needs_checks_only
        together, pinned = self._graph.specs[key].together, judgement.is_pinned
        return PlanStep(
            key=key,
            partition=partition,
            causes=judgement.causes,
            certain=certain,
            mode=self._mode(key, partition),
            estimate_s=None if checks_only else self._estimates.get(key),
            checks_only=checks_only,
            blockers=() if pinned else self._blocking.add(key, partition, together),
            pinned=pinned,
        )

    def _may_change(self, read: Resolved) -> bool:
        steps = self.steps.get(read.key, {})
        if isinstance(read, Many):
            if read not in self._changing:  # what is before it in the graph is planned already: asked once for a group
                planned = (steps[each] for each in read.partitions if each in steps) if steps else ()
                self._changing[read] = any(map(_may_change_content, planned))
            return self._changing[read]
        step = steps.get(read.partition)
        return step is not None and _may_change_content(step)


def _may_change_content(step: PlanStep) -> bool:
    return not step.blockers and not step.checks_only
