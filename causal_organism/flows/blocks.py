"""Which assets of a plan share a Prefect task: cheap ones, where none of them could begin earlier in a task of its own.

A task costs Prefect and its server tens of milliseconds, whatever it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.planner import FULL, PlanStep

Block = tuple[str, ...]
"""Keys that one task makes, one after the other."""

_AHEAD = 200  # keys of a plan that are looked at for one block: a plan of 10,000 assets takes no noticeable time


def seconds_of(graph: AssetGraph, steps: Iterable[PlanStep]) -> dict[str, float]:
    """What each asset of a plan took lately, all its partitions together; without those of which that is not known.

    How long a full make of an incremental asset takes is not known: its history is mostly of updates.
    """
    found: dict[str, float] = {}
    for step in steps:
        unknown = step.estimate_s is None or (step.mode == FULL and graph[step.key].update is not None)
        found[step.key] = found.get(step.key, 0.0) + (inf if unknown else step.estimate_s or 0.0)
    return {key: seconds for key, seconds in found.items() if seconds < inf}


def blocks_of(before: Mapping[str, frozenset[str]], seconds: Mapping[str, float], limit_s: float) -> list[Block]:
    """All keys of `before`, in blocks; a block comes after all that its keys come after.

    Blocks of several keys take no more than `limit_s` together, and each of their keys waits for the same other blocks:
    what is made beside something slow, or before it, never waits for it.
    """
    keys = tuple(before)
    found: list[Block] = []
    ended: dict[str, int] = {}  # key -> the blocks that have ended once it has, as bits
    for at, first in enumerate(keys):
        if first in ended:
            continue
        waits = _joined(ended[each] for each in before[first])
        block, left = dict.fromkeys((first,)), limit_s - seconds.get(first, inf)
        for key in keys[at + 1 : at + 1 + _AHEAD] if left > 0 else ():
            inside = [each for each in before[key] if each in block]
            outside = [each for each in before[key] if each not in block]
            if key in ended or key not in seconds or any(each not in ended for each in outside):
                continue
            if _joined(ended[each] for each in outside) | (waits if inside else 0) != waits:
                continue
            left -= seconds[key]
            if left < 0:
                break
            block[key] = None
        ended |= dict.fromkeys(block, waits | 1 << len(found))
        found.append(tuple(block))
    return found


def _joined(masks: Iterable[int]) -> int:
    joined = 0
    for mask in masks:
        joined |= mask
    return joined
