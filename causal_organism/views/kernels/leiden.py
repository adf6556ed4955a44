"""Partitions of high modularity: the Leiden algorithm on undirected, weighted ties.

The kernels are plain loops over plain sequences: compiled for large networks, run as they are for small ones, where
loading the compiler would cost more than it saves.

Source: Traag, Waltman and van Eck 2019; merging greedily in the refinement, so that a seed always gives the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.views.kernels.compiled import compiled
from causal_organism.views.kernels.ragged import summed
from causal_organism.views.scores import Idx

_SMALL_TIES = 10_000
_TURNS = 10
"""A turn starts from the partition of the last one; two or three are enough to find nothing better."""
_WORTH = 1e-4
"""Modularity that a turn must gain in a large network for another one."""


@dataclass(frozen=True, slots=True, eq=False)
class Ties:
    """Undirected weighted ties, each in both rows, without loops. `strength` also counts the loops left out, twice."""

    indptr: Idx
    indices: Idx
    weight: NDArray[np.float64]
    strength: NDArray[np.float64]

    @property
    def rows(self) -> Idx:
        return np.repeat(np.arange(len(self.strength), dtype=np.int64), np.diff(self.indptr))


def partition(ties: Ties, seed: int, *, start: Idx | None = None) -> Idx:
    """A community for each person, of locally highest modularity; numbered from 0 without gaps.

    From `start`, the partition of a network much like this one, it takes a fraction of the time.
    """
    chance = np.random.default_rng(seed)
    found = np.arange(len(ties.strength), dtype=np.int64) if start is None else _renumbered(_connected(ties, start))
    best, reached = found, modularity(ties, found)
    for _ in range(_TURNS):
        found = _turn(ties, found, chance)
        now = modularity(ties, found)
        if now <= reached + 1e-12:
            break
        gained, best, reached = now - reached, found, now
        if gained < _WORTH and len(ties.weight) > _SMALL_TIES:
            break
    # A tie that weighs next to nothing, or went, may have held a part; apart, modularity is not lower.
    return _renumbered(_connected(ties, best))


def modularity(ties: Ties, community: Idx) -> float:
    """Newman's modularity; 0 without ties."""
    total = ties.strength.sum()
    if total == 0:
        return 0.0
    strength = summed(community, ties.strength, int(community.max()) + 1)
    inside = ties.weight[community[ties.rows] == community[ties.indices]].sum()
    loops = total - ties.weight.sum()
    return float((inside + loops) / total - ((strength / total) ** 2).sum())


def _turn(ties: Ties, community: Idx, chance: np.random.Generator) -> Idx:
    """Move, refine, merge what was refined, and again on the merged network until nothing merges."""
    member = np.arange(len(ties.strength), dtype=np.int64)  # of the merged network
    while True:
        community = _renumbered(_run(_move, ties, community, chance))
        refined = _renumbered(_run(_refine, ties, community, chance))
        if refined.max(initial=-1) + 1 == len(refined):
            return community[member]
        member = refined[member]
        kept = np.zeros(refined.max() + 1, dtype=np.int64)
        kept[refined] = community
        ties, community = _merged(ties, refined), kept


def _connected(ties: Ties, community: Idx) -> Idx:
    """The connected parts of each community, named by their first member. Cost: O(ties) a few times."""
    inside = community[ties.rows] == community[ties.indices]
    rows, heads = ties.rows[inside], ties.indices[inside]
    first = np.arange(len(community), dtype=np.int64)
    while True:
        nearer = first.copy()
        np.minimum.at(nearer, rows, first[heads])
        nearer = nearer[nearer]
        if np.array_equal(nearer, first):
            return first
        first = nearer


def _run(kernel: Callable[..., Any], ties: Ties, community: Idx, chance: np.random.Generator) -> Idx:
    people = len(community)
    held = summed(community, ties.strength, people)
    size = np.bincount(community, minlength=people).astype(np.int64)
    numbers, marks = (np.zeros(people) for _ in range(3)), (np.ones(people, dtype=np.int64) for _ in range(2))
    arguments: list[Any] = [ties.indptr, ties.indices, ties.weight, ties.strength, community.copy(), held, size]
    arguments += [chance.permutation(people), *numbers, *marks]
    if len(ties.weight) > _SMALL_TIES:
        return np.asarray(compiled(kernel)(*arguments))
    return np.array(kernel(*(each.tolist() for each in arguments)), dtype=np.int64)


def _renumbered(community: Idx) -> Idx:
    """The same groups, numbered from 0 in order of their first members."""
    _, first, which = np.unique(community, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[which]


def _merged(ties: Ties, group: Idx) -> Ties:
    """The network of the groups. Ties inside a group stay in its strength only."""
    groups = int(group.max()) + 1
    rows, heads = group[ties.rows], group[ties.indices]
    between = rows != heads
    keys, which = np.unique(rows[between] * groups + heads[between], return_inverse=True)
    weight = summed(which, ties.weight[between], len(keys))
    indptr = np.searchsorted(keys, np.arange(groups + 1) * groups)
    return Ties(indptr, keys % groups, weight, summed(group, ties.strength, groups))


def _move(
    indptr: Any, indices: Any, weight: Any, strength: Any, community: Any, held: Any, size: Any, order: Any,
    tied: Any, _inside: Any, _heavy: Any, queue: Any, waiting: Any,
) -> Any:  # fmt: skip
    """Move each person to the community that gains most, until nobody gains; gives the community of each person.

    A move wakes the neighbours outside the new community. `held`, `size`: strength and people of each community.
    `tied`: weight from the person at hand to each community.
    """
    people = len(order)
    total = 0.0
    for person in range(people):
        total += strength[person]
        queue[person] = order[person]
    begin, length, spare = 0, people, 0
    while length > 0:
        person = queue[begin]
        begin = begin + 1 if begin + 1 < people else 0
        length -= 1
        waiting[person] = 0
        own = community[person]
        pull = strength[person] / total if total > 0.0 else 0.0
        held[own] -= strength[person]
        for place in range(indptr[person], indptr[person + 1]):
            tied[community[indices[place]]] += weight[place]
        best, best_gain = own, tied[own] - held[own] * pull
        for place in range(indptr[person], indptr[person + 1]):
            other = community[indices[place]]
            gain = tied[other] - held[other] * pull
            if gain > best_gain + 1e-10 * total:
                best, best_gain = other, gain
        if best_gain < -1e-10 * total:  # alone is better: a community without people, and there is one
            while size[spare] > 0:
                spare = spare + 1 if spare + 1 < people else 0
            best = spare
        for place in range(indptr[person], indptr[person + 1]):
            tied[community[indices[place]]] = 0.0
        held[best] += strength[person]
        if best != own:
            size[own] -= 1
            size[best] += 1
            community[person] = best
            for place in range(indptr[person], indptr[person + 1]):
                other = indices[place]
                if waiting[other] == 0 and community[other] != best:
                    waiting[other] = 1
                    queue[(begin + length) % people] = other
                    length += 1
    return community


def _refine(
    indptr: Any, indices: Any, weight: Any, strength: Any, community: Any, held: Any, _size: Any, order: Any,
    tied: Any, inside: Any, heavy: Any, part: Any, alone: Any,
) -> Any:  # fmt: skip
    """Split each community into connected parts; gives the part of each person.

    Everybody starts alone and joins the part that gains most, if tied well enough to the rest of the community.
    `inside`: weight from each person to their community. `heavy`: strength of each part.
    """
    people = len(order)
    total = 0.0
    for person in range(people):
        total += strength[person]
        part[person] = person
        heavy[person] = strength[person]
        for place in range(indptr[person], indptr[person + 1]):
            if community[indices[place]] == community[person]:
                inside[person] += weight[place]
    for rank in range(people):
        person = order[rank]
        pull = strength[person] / total if total > 0.0 else 0.0
        if alone[person] == 0 or inside[person] < pull * (held[community[person]] - strength[person]):
            continue
        for place in range(indptr[person], indptr[person + 1]):
            if community[indices[place]] == community[person]:
                tied[part[indices[place]]] += weight[place]
        best, best_gain = person, 0.0
        for place in range(indptr[person], indptr[person + 1]):
            if community[indices[place]] == community[person]:
                other = part[indices[place]]
                gain = tied[other] - heavy[other] * pull
                if gain > best_gain + 1e-10 * total:
                    best, best_gain = other, gain
        for place in range(indptr[person], indptr[person + 1]):
            tied[part[indices[place]]] = 0.0
        if best != person:
            heavy[person] -= strength[person]
            heavy[best] += strength[person]
            part[person] = best
            alone[best] = 0
    return part
