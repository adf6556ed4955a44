"""Bridges: ties without which the network falls apart, and the people without whom it does."""

from __future__ import annotations

from typing import Any

import numpy as np

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.kernels.compiled import compiled
from causal_organism.views.scores import Scores, scores

_INTERPRETED_TIES = 20_000
"""Up to here looking takes less time than loading the compiler."""


def bridges(network: Snapshot) -> Scores:
    """`bridges`: how many of a person's ties, in either direction, are the only way between their two sides;
    `articulation`: 1 where the network has more parts without the person, else 0.

    One tie can close or open a circle through half of the network, so it is made in full each time, in linear time.

    Source: Tarjan 1974, "A note on finding the bridges of a graph"; Hopcroft and Tarjan 1973.
    """
    ties = network.undirected
    if len(ties.indices) <= _INTERPRETED_TIES:
        found = _low_points(ties.indptr.tolist(), ties.indices.tolist())
    else:
        found = compiled(_low_points)(ties.indptr, ties.indices)
    counted, articulation = found
    return scores(network, bridges=counted, articulation=articulation)


def _low_points(indptr: Any, indices: Any) -> Any:
    """One walk in depth, without recursion. `low`: the earliest person that a subtree is tied back to."""
    people = len(indptr) - 1
    order = np.full(people, -1, dtype=np.int64)
    low = np.zeros(people, dtype=np.int64)
    parent = np.full(people, -1, dtype=np.int64)
    upcoming = np.zeros(people, dtype=np.int64)  # place of the next tie to follow
    counted = np.zeros(people, dtype=np.int64)
    articulation = np.zeros(people, dtype=np.int64)
    walk = np.zeros(people, dtype=np.int64)
    reached = 0
    for root in range(people):
        if order[root] >= 0:
            continue
        branches = 0
        depth = 0
        walk[0] = root
        order[root] = low[root] = reached
        reached += 1
        upcoming[root] = indptr[root]
        while depth >= 0:
            here = walk[depth]
            if upcoming[here] < indptr[here + 1]:
                other = indices[upcoming[here]]
                upcoming[here] += 1
                if order[other] < 0:
                    parent[other] = here
                    order[other] = low[other] = reached
                    reached += 1
                    upcoming[other] = indptr[other]
                    depth += 1
                    walk[depth] = other
                elif other != parent[here]:  # pairs are tied once, so this is no second tie to the parent
                    low[here] = min(low[here], order[other])
                continue
            depth -= 1
            above = parent[here]
            if above < 0:
                continue
            low[above] = min(low[above], low[here])
            if low[here] > order[above]:
                counted[here] += 1
                counted[above] += 1
            if above == root:
                branches += 1
            elif low[here] >= order[above]:
                articulation[above] = 1
        if branches > 1:
            articulation[root] = 1
    return counted, articulation
