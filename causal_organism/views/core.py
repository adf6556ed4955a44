"""Core number: the largest k for which somebody is in a group whose members all have k neighbours in it."""

from __future__ import annotations

import numpy as np

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.ragged import spread
from causal_organism.views.scores import Idx, Scores, scores


def core(network: Snapshot) -> Scores:
    """Core numbers, by peeling away the least tied again and again. Cost: O(ties), and a pass over the people per k.

    A tie can move core numbers far away, and peeling everything costs less than finding out where: there is no
    incremental form.
    """
    ties = network.undirected
    remaining = ties.degrees.copy()
    numbers = np.zeros(network.people, dtype=np.int64)
    inside = np.ones(network.people, dtype=np.bool_)
    left = network.people
    while left:
        k = int(remaining[inside].min())
        peeled: Idx = np.flatnonzero(inside & (remaining <= k))
        while len(peeled):
            numbers[peeled] = k
            inside[peeled] = False
            left -= len(peeled)
            _, place = spread(ties.indptr[peeled], ties.degrees[peeled])
            losing = ties.indices[place]
            np.subtract.at(remaining, losing, 1)
            left_over = losing[inside[losing]]
            peeled = np.unique(left_over[remaining[left_over] <= k]).astype(np.int64)
    return scores(network, core=numbers)
