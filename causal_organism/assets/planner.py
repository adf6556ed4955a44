"""Selection and staleness to a plan: what would be made, in which order, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.keys import UNPARTITIONED, label_of
from causal_organism.assets.mappings import Many, Resolved
from causal_organism.assets.staleness import FRESH, Cause, Judgement

FULL, INCREMENTAL = "full", "incremental"
Place = tuple[str, str]
"""An asset's key and the text of its partition; the text is empty for an asset without."""

_NAMED_BLOCKERS = 3  # of one group of partitions; a reason for people needs no more


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One asset, or one partition of it, that a run would make.

    `certain` is False for one that is made only if something before it changes. `blocked_by` names what was never made
    and is not in the plan; such a step cannot run.
    """

    key: str
    partition: str = UNPARTITIONED
    causes: tuple[Cause, ...]
    certain: bool
    mode: str = FULL
    blocked_by: tuple[str, ...] = ()
    estimate_s: float | None = None
    pinned: bool = False

    @property
    def place(self) -> Place:
        return self.key, self.partition

    @property
    def name(self) -> str:
        """What people call it: `daily/sum[day=2026-01-01]`."""
        return label_of(self.key, self.partition)


class Standing(Protocol):
    """How things stand, as a plan asks. `partition` is empty for an asset without."""

    def judge(self, key: str, partition: str) -> Judgement: ...

    def is_made(self, key: str, partition: str) -> bool: ...

    def is_broken(self, key: str, partition: str) -> bool:
        """Never made, though it was tried."""

    def inputs(self, key: str, partition: str) -> Sequence[Resolved]:
        """What a make would read."""

    def needs(self, key: str, partition: str) -> Sequence[Resolved]:
        """What else must have been made."""


def plan(
    graph: AssetGraph,
    chosen: Mapping[str, Sequence[str]],
    standing: Standing,
    *,
    force: bool = False,
    mode: Callable[[str, str], str] = lambda key, partition: FULL,
    estimates: Mapping[str, float] | None = None,
) -> tuple[PlanStep, ...]:
    """Steps in topological order, ties by key, the partitions of an asset in the order of `chosen`.

    `chosen`: key -> partitions to look at (one empty text for an asset without), with all that is made together.
    """
    planning = _Planning(graph, standing, mode, estimates or {}, force=force)
    for key in graph.order:
        if key in chosen and graph[key].kind != SOURCE:
            planning.add(key, chosen[key])
    planning.join_siblings(chosen)
    return tuple(step for key in graph.in_order(planning.steps) for step in planning.in_order(key, chosen[key]))


def with_siblings(graph: AssetGraph, keys: Collection[str]) -> frozenset[str]:
    """The keys and all that is made together with them."""
    return frozenset(other for key in keys for other in (graph[key].outputs or (key,)))


class _Planning:
    def __init__(
        self,
        graph: AssetGraph,
        standing: Standing,
        mode: Callable[[str, str], str],
        estimates: Mapping[str, float],
        *,
        force: bool,
    ):
        self.steps: dict[str, dict[str, PlanStep]] = {}
        self._graph = graph
        self._standing = standing
        self._mode = mode
        self._estimates = estimates
        self._force = force
        self._groups: dict[Many, tuple[bool, tuple[str, ...]]] = {}  # whether it may change, what blocks it

    def add(self, key: str, partitions: Sequence[str]) -> None:
        found = self.steps.setdefault(key, {})
        for partition in partitions:
            step = self._step(key, partition)
            if step is not None:
                found[partition] = step
        if not found:
            del self.steps[key]

    def join_siblings(self, chosen: Mapping[str, Sequence[str]]) -> None:
        for key in list(self.steps):
            for other in self._graph[key].outputs:
                there = self.steps.setdefault(other, {})
                for partition, step in self.steps[key].items():
                    if partition not in there:
                        there[partition] = replace(
                            step,
                            key=other,
                            causes=self._standing.judge(other, partition).causes,
                            estimate_s=self._estimates.get(other),
                        )

    def in_order(self, key: str, partitions: Sequence[str]) -> list[PlanStep]:
        found = self.steps[key]
        return [found[partition] for partition in partitions if partition in found]

    def _step(self, key: str, partition: str) -> PlanStep | None:
        judgement = self._standing.judge(key, partition)
        inputs = self._standing.inputs(key, partition)
        certain = self._force or judgement.status != FRESH
        if not certain and not any(self._may_change(each) for each in inputs):
            return None
        needed = (*inputs, *self._standing.needs(key, partition))
        return PlanStep(
            key=key,
            partition=partition,
            causes=judgement.causes,
            certain=certain,
            mode=self._mode(key, partition),
            estimate_s=self._estimates.get(key),
            blocked_by=tuple(dict.fromkeys(name for each in needed for name in self._blockers(each))),
            pinned=judgement.is_pinned,
        )

    def _planned(self, key: str, partition: str) -> PlanStep | None:
        return self.steps.get(key, {}).get(partition)

    def _may_change(self, read: Resolved) -> bool:
        if isinstance(read, Many):
            return self._look_at(read)[0]
        step = self._planned(read.key, read.partition)
        return step is not None and not step.blocked_by

    def _blockers(self, read: Resolved) -> tuple[str, ...]:
        if isinstance(read, Many):
            return self._look_at(read)[1]
        step = self._planned(read.key, read.partition)
        free = self._standing.is_made(read.key, read.partition) if step is None else not step.blocked_by
        return () if free else (label_of(read.key, read.partition),)

    def _look_at(self, many: Many) -> tuple[bool, tuple[str, ...]]:
        """What is before it in the graph is planned already, so this is asked once for every group."""
        if many not in self._groups:
            steps = self.steps.get(many.key, {})
            planned = [steps[each] for each in many.partitions if each in steps] if steps else []
            blocked = [step.name for step in planned if step.blocked_by]
            is_made, is_broken = self._standing.is_made, self._standing.is_broken
            broken = [label_of(many.key, p) for p in many.partitions if p not in steps and is_broken(many.key, p)]
            blockers = (blocked + broken)[:_NAMED_BLOCKERS]
            if not blockers and not planned and not any(is_made(many.key, each) for each in many.partitions):
                blockers = [many.key]
            self._groups[many] = (any(not step.blocked_by for step in planned), tuple(blockers))
        return self._groups[many]
