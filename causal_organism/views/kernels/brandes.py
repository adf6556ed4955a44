"""Sums over sources of the share of shortest paths that lead through each person, for any part of the sources.

Sums of parts add up to the sum of the whole, so sources may be shared out.

Source: Brandes 2001.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.kernels.compiled import compiled
from causal_organism.views.scores import Idx
from causal_organism.views.share import SourceKernel

Sums = NDArray[np.float64]

NEAREST = 60.0
"""A tie of this weight and more is one step long; one of half the weight is twice as long."""
_SMALL = 300
"""Up to here whole matrices are quicker than loading the compiler."""
_FEW_STEPS = 100_000
"""So many looks along a tie take less time than loading the compiler."""


def dependencies(network: Snapshot, sources: Idx) -> Sums:
    """By number of ties. Cost: O(ties) per source."""
    if network.people <= _SMALL:
        return _by_matrices(network, sources)
    out = network.out
    sums: Sums = compiled(_accumulate)(*_unsigned(out.indptr, out.indices), sources)
    return sums


def dependencies_by_distance(network: Snapshot, sources: Idx) -> Sums:
    """By summed distances. Cost: O(ties · log people) per source."""
    out, lengths = network.out, distances(network)
    if len(sources) * (network.ties + network.people) > _FEW_STEPS:
        sums: Sums = compiled(_accumulate_by_distance)(*_unsigned(out.indptr, out.indices), lengths, sources)
        return sums
    columns = (each.tolist() for each in (out.indptr, out.indices, lengths, sources))
    return np.asarray(_accumulate_by_distance(*columns))


def distances(network: Snapshot) -> Idx:
    """Length of each tie, in the order of `out`: 60 / weight, rounded, at least 1.

    Whole numbers, because sums of fractions would make paths equal or not by chance.
    """
    if network.ties == 0:
        return np.zeros(0, dtype=np.int64)
    lengths: Idx = np.maximum(np.rint(NEAREST / network.out.weight), 1.0).astype(np.int64)
    return lengths


def order(network: Snapshot) -> Idx:
    """One fixed order of all people, by chance: its beginnings are fair samples, and a longer continues a shorter."""
    chance = np.random.default_rng(int(network.fingerprint, 16))
    everybody: Idx = chance.permutation(network.people)
    return everybody


UNWEIGHTED = SourceKernel("betweenness", dependencies)
WEIGHTED = SourceKernel("betweenness_weighted", dependencies_by_distance)


def _by_matrices(network: Snapshot, sources: Idx) -> Sums:
    """All sources at once, one product per step away from them. `paths[d]`: shortest paths of length d."""
    ties = np.zeros((network.people, network.people))
    ties[network.out.rows, network.out.indices] = 1.0
    reached = np.zeros((len(sources), network.people), dtype=np.bool_)
    reached[np.arange(len(sources)), sources] = True
    paths = [reached.astype(np.float64)]
    while paths[-1].any():
        step = paths[-1] @ ties
        step[reached] = 0.0
        reached |= step > 0
        paths.append(step)
    through = np.zeros(reached.shape)
    for nearer, farther in zip(reversed(paths[1:-1]), reversed(paths[2:]), strict=True):
        share = np.divide(1.0 + through, farther, out=np.zeros(reached.shape), where=farther > 0)
        through += (share @ ties.T) * nearer
    total: Sums = through.sum(axis=0)
    return total


def _unsigned(indptr: NDArray[np.int64], indices: NDArray[np.int32]) -> tuple[Any, Any]:
    """Compiled code need not look whether an unsigned place counts from the end: a fifth of the time."""
    return indptr.view(np.uint64), indices.view(np.uint32)


def _accumulate(indptr: Any, indices: Any, sources: Any) -> Any:
    """Brandes' accumulation over unweighted ties. Written for the compiler.

    `share`: of the paths that end at or lead through somebody, what one path there stands for.
    """
    people = len(indptr) - 1
    total = np.zeros(people)
    distance = np.full(people, -1, dtype=np.int32)
    paths = np.zeros(people)
    share = np.zeros(people)
    queue = np.empty(people, dtype=np.uint32)
    for source in sources:
        distance[source] = 0
        paths[source] = 1.0
        queue[0] = source
        begin, end = 0, 1
        while begin < end:
            person = queue[begin]
            begin += 1
            farther, mine = distance[person] + 1, paths[person]
            for place in range(indptr[person], indptr[person + 1]):
                other = indices[place]
                known = distance[other]
                if known < 0:
                    distance[other] = farther
                    paths[other] = mine
                    queue[end] = other
                    end += 1
                elif known == farther:
                    paths[other] += mine
        farthest, rank = distance[queue[end - 1]], end - 1
        while rank > 0 and distance[queue[rank]] == farthest:  # no path leads on from there
            share[queue[rank]] = 1.0 / paths[queue[rank]]
            rank -= 1
        while rank > 0:
            person = queue[rank]
            rank -= 1
            farther, shares = distance[person] + 1, 0.0
            for place in range(indptr[person], indptr[person + 1]):
                other = indices[place]
                if distance[other] == farther:
                    shares += share[other]
            through = shares * paths[person]
            total[person] += through
            share[person] = (1.0 + through) / paths[person]
        for rank in range(end):
            distance[queue[rank]] = -1
    return total


def _accumulate_by_distance(indptr: Any, indices: Any, lengths: Any, sources: Any) -> Any:
    """Brandes' accumulation with Dijkstra's order. Written for the compiler.

    `heap`: people who were seen and are not settled, the nearest first; `spot`: where each stands in it.
    """
    people = len(indptr) - 1
    total = np.zeros(people)
    distance = np.full(people, -1, dtype=np.int64)
    paths = np.zeros(people)
    share = np.zeros(people)
    order = np.empty(people, dtype=np.uint32)
    heap = np.empty(people, dtype=np.uint32)
    spot = np.empty(people, dtype=np.int64)
    for source in sources:
        distance[source] = 0
        paths[source] = 1.0
        heap[0] = source
        size, settled = 1, 0
        while size > 0:
            person = heap[0]
            order[settled] = person
            settled += 1
            size -= 1
            last, hole = heap[size], 0
            far = distance[last]
            while 2 * hole + 1 < size:  # the last of the heap sinks from the top
                child = 2 * hole + 1
                if child + 1 < size and distance[heap[child + 1]] < distance[heap[child]]:
                    child += 1
                if distance[heap[child]] >= far:
                    break
                heap[hole] = heap[child]
                spot[heap[hole]] = hole
                hole = child
            heap[hole] = last
            spot[last] = hole
            here, mine = distance[person], paths[person]
            for place in range(indptr[person], indptr[person + 1]):
                other = indices[place]
                reach, known = here + lengths[place], distance[other]
                if known < 0 or reach < known:
                    if known < 0:
                        spot[other] = size
                        size += 1
                    distance[other] = reach
                    paths[other] = mine
                    hole = spot[other]
                    while hole > 0 and distance[heap[(hole - 1) // 2]] > reach:  # rises
                        heap[hole] = heap[(hole - 1) // 2]
                        spot[heap[hole]] = hole
                        hole = (hole - 1) // 2
                    heap[hole] = other
                    spot[other] = hole
                elif reach == known:
                    paths[other] += mine
        for rank in range(settled - 1, 0, -1):
            person = order[rank]
            here, shares = distance[person], 0.0
            for place in range(indptr[person], indptr[person + 1]):
                other = indices[place]
                if distance[other] == here + lengths[place]:
                    shares += share[other]
            through = shares * paths[person]
            total[person] += through
            share[person] = (1.0 + through) / paths[person]
        for rank in range(settled):
            distance[order[rank]] = -1
    return total
