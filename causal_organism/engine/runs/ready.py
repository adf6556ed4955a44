"""In what order a plan is made: which of its assets may begin once others have ended.

Nothing is begun here. What makes the steps (threads here, Prefect's tasks in flows) asks `ready` and says what has
ended. Why a step that began makes nothing, because it is fresh or blocked, is judged in its turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.keys import AssetRef
from causal_organism.assets.planner import PlanStep

Unit = TypeVar("Unit")
Job = tuple[AssetRef, ...]
"""What is made one after the other, in one thread."""


@dataclass(frozen=True, slots=True)
class Order(Generic[Unit]):
    """Of each unit of work, the keys that it comes after. A unit makes one key of a plan, or several."""

    before: Mapping[Unit, AbstractSet[str]]
    after: Mapping[str, tuple[Unit, ...]]


def order_of(before: Mapping[Unit, AbstractSet[str]]) -> Order[Unit]:
    """The order in which every unit comes after the keys that are named with it."""
    after: dict[str, list[Unit]] = {}
    for unit, keys in before.items():
        for key in keys:
            after.setdefault(key, []).append(unit)
    return Order(before, {key: tuple(units) for key, units in after.items()})


def ready(order: Order[Unit], ended: AbstractSet[str], *, since: Iterable[str] | None = None) -> tuple[Unit, ...]:
    """Units that may begin, because all keys that they come after have ended, well or not.

    `since`: the keys among `ended` that ended last; only what waited for one of them is named. None: all that may.
    """
    units = order.before if since is None else dict.fromkeys(unit for key in since for unit in order.after.get(key, ()))
    return tuple(unit for unit in units if order.before[unit] <= ended)


def before_each(graph: AssetGraph, keys: Sequence[str]) -> dict[str, frozenset[str]]:
    """Of each key, those of `keys` before it that it comes after, without those it comes after because of others.

    Of what is made together, the later come after the first.
    """
    position = {key: at for at, key in enumerate(keys)}
    return {
        key: frozenset(other for other in _nearest(graph, key, position) if position[other] < position[key])
        for key in keys
    }


def partitions_by_key(steps: Iterable[PlanStep]) -> dict[str, list[str]]:
    """The partitions of each asset of a plan, in its order."""
    found: dict[str, list[str]] = {}
    for step in steps:
        found.setdefault(step.key, []).append(step.partition)
    return found


def jobs_of(graph: AssetGraph, key: str, partitions: Sequence[str]) -> tuple[Job, ...]:
    """Partitions of an asset, each a job; one after the other where they read earlier ones of themselves, or where
    one call makes them all.
    """
    made = {key, *graph[key].outputs}
    in_turn = graph[key].one_call or any(read.key in made for each in made for read in graph.reads[each])
    refs = tuple((key, partition) for partition in partitions)
    return (refs,) if in_turn and refs else tuple((ref,) for ref in refs)


def _nearest(graph: AssetGraph, key: str, wanted: Collection[str]) -> set[str]:
    siblings = set(graph[key].outputs) - {key}
    found = {each for each in siblings if each in wanted}
    seen, open_keys = {key, *siblings}, [key, *siblings]
    while open_keys:
        for other in graph.upstream(open_keys.pop()):
            if other in seen:
                continue
            seen.add(other)
            if other in wanted:
                found.add(other)
            else:
                open_keys.append(other)
    return found
