"""Betweenness: on how many shortest paths between others somebody lies.

One added tie changes the shortest paths of a third of all people, ten change those of nearly all, so there is no local
rule that pays; the cost is bounded by looking at a sample of sources.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.compiled import compiled
from causal_organism.views.scores import Idx, Scores, scores

EXACT_PEOPLE = 2_000
SOURCES = 512
_SMALL = 300
"""Up to here whole matrices are quicker than loading the compiler."""


class Betweenness(NamedTuple):
    """Scores, and what they were made from: how many sources, and whether those were all."""

    scores: Scores
    sources: int
    exact: bool


def betweenness(
    network: Snapshot, *, exact_people: int = EXACT_PEOPLE, sources: int = SOURCES, workers: int = 1
) -> Betweenness:
    """Share of the shortest paths between two other people, along ties, that lead through a person.

    Exact up to `exact_people`; above, an unbiased estimate from `sources` people, chosen by the network's fingerprint.
    Cost: O(ties) per source.

    Source: Brandes 2001; Brandes and Pich 2007 for the sample.
    """
    exact = network.people <= max(exact_people, sources, 2)
    chosen = np.arange(network.people) if exact else sample(network, sources)
    sums = dependencies(network, chosen, workers=workers)
    return Betweenness(scores(network, betweenness=scaled(sums, chosen)), len(chosen), exact)


def sample(network: Snapshot, sources: int) -> Idx:
    """The first of one fixed order of all people: a larger sample continues a smaller one. At least two, ascending."""
    chance = np.random.default_rng(int(network.fingerprint, 16))
    return np.sort(chance.permutation(network.people)[: max(sources, 2)])


def dependencies(network: Snapshot, sources: Idx, *, workers: int = 1) -> NDArray[np.float64]:
    """Sum over the sources of the share of paths from there that lead through each person.

    Sums of parts add up to the sum of the whole, so sources may be shared out.
    """
    if network.people <= _SMALL:
        return _by_matrices(network, sources)
    slices = np.array_split(sources, max(workers, 1))
    kernel = compiled(_accumulate)
    out = network.out
    with ThreadPoolExecutor(len(slices)) as pool:
        parts = list(pool.map(lambda each: kernel(out.indptr, out.indices, each), slices))
    total: NDArray[np.float64] = np.sum(parts, axis=0)
    return total


def scaled(sums: NDArray[np.float64], sources: Idx) -> NDArray[np.float64]:
    """Dependencies as a share of all pairs of other people.

    A source lies on no path from itself, so its own score rests on one source fewer; that keeps the estimate unbiased
    and makes it exact when everybody was a source.
    """
    people = len(sums)
    if people < 3:
        return np.zeros(people)
    rests_on = np.full(people, float(len(sources)))
    rests_on[sources] -= 1
    shares: NDArray[np.float64] = sums / (rests_on * (people - 2))
    return shares


def _by_matrices(network: Snapshot, sources: Idx) -> NDArray[np.float64]:
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
    total: NDArray[np.float64] = through.sum(axis=0)
    return total


def _accumulate(indptr: Any, indices: Any, sources: Any) -> Any:
    """Brandes' accumulation over unweighted ties. Written for the compiler."""
    people = len(indptr) - 1
    total = np.zeros(people)
    distance = np.full(people, -1, dtype=np.int32)
    paths = np.zeros(people)
    through = np.zeros(people)
    queue = np.empty(people, dtype=np.int32)
    for source in sources:
        distance[source] = 0
        paths[source] = 1.0
        queue[0] = source
        begin, end = 0, 1
        while begin < end:
            person = queue[begin]
            begin += 1
            for place in range(indptr[person], indptr[person + 1]):
                other = indices[place]
                if distance[other] < 0:
                    distance[other] = distance[person] + 1
                    queue[end] = other
                    end += 1
                if distance[other] == distance[person] + 1:
                    paths[other] += paths[person]
        for rank in range(end - 1, 0, -1):
            person = queue[rank]
            dependency = 0.0
            for place in range(indptr[person], indptr[person + 1]):
                other = indices[place]
                if distance[other] == distance[person] + 1:
                    dependency += paths[person] / paths[other] * (1.0 + through[other])
            through[person] = dependency
            total[person] += dependency
        for rank in range(end):
            person = queue[rank]
            distance[person] = -1
            paths[person] = 0.0
            through[person] = 0.0
    return total
