"""Core number: the largest k for which somebody is in a group whose members all have k neighbours in it.

A delta changes it only where a pair flips; then nobody knows how far, and all are peeled again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import added_people, pair_flips
from causal_organism.views.kernels.ragged import spread
from causal_organism.views.scores import Idx, Scores, carried, scores

_MANY = 8
"""With more than one in so many people losing a neighbour, counting for everybody is quicker."""


def core(network: Snapshot) -> Scores:
    """Core numbers, by peeling away the least tied again and again. Cost: O(ties), and a pass over the people per k.

    A tie can move core numbers far away, and peeling everything costs less than finding out where: in a network of
    people nearly all of them are in the innermost core, and any of its ties may be what holds it together.
    """
    people = network.people
    ties = network.undirected
    degrees = ties.degrees
    remaining = degrees.copy()
    numbers = np.zeros(people, dtype=np.int64)
    inside = np.ones(people, dtype=np.bool_)
    left = people
    while left:
        k = int(remaining[inside].min())
        peeled: Idx = np.flatnonzero(inside & (remaining <= k))
        while len(peeled):
            numbers[peeled] = k
            inside[peeled] = False
            left -= len(peeled)
            if not left:
                break
            _, place = spread(ties.indptr[peeled], degrees[peeled])
            losing = ties.indices[place]
            losing = losing[inside[losing]]
            if len(losing) * _MANY > people:
                remaining -= np.bincount(losing, minlength=people)
                peeled = np.flatnonzero(inside & (remaining <= k))
            else:
                np.subtract.at(remaining, losing, 1)
                peeled = np.unique(losing[remaining[losing] <= k]).astype(np.int64)
    return scores(network, core=numbers)


def update_core(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """`core(after)`, from the scores before the delta. Cost: a copy where no pair flips, else as above."""
    if len(pair_flips(after, delta).one):
        return core(after)
    return carried(previous, after, delta)  # whoever came has no ties: 0


def affected_core(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose core number can differ after the delta, as far as is known without peeling."""
    if len(pair_flips(after, delta).one):
        return np.arange(after.people, dtype=np.int64)
    return added_people(after, delta)
