"""Communities: groups with more interaction inside than their members' amounts would let expect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.kernels.leiden import Ties, modularity, partition
from causal_organism.views.scores import Idx, Scores, carried, scores

_STARTS = 10
_FEWER_STARTS = 3
_CLEARLY = 0.001
"""More modularity than that."""
_TINY = 200
"""Up to so many places of ties, a start may end badly more often than not."""
_SMALL = 20_000
"""Up to so many places of ties, ten starts take no time."""
_LARGE = 500_000
"""Above so many places of ties, each start costs seconds."""


def communities(network: Snapshot) -> Scores:
    """`community`: a partition of the undirected, weighted network with high modularity, the best of several starts.

    A community's number is the place, in order of ids, of its first member: it stays while others split, merge or
    grow. Somebody without ties is a community of their own. Cost: O(ties) per start, nearly.
    """
    ties = ties_of(network)
    best = _best(ties, _FEWER_STARTS if len(ties.indices) > _LARGE else _STARTS)
    return scores(network, community=_named_by_first_member(best))


def update_communities(previous: Mapping[str, NDArray[Any]], network: Snapshot, delta: NetworkDelta) -> Scores | None:
    """The communities after a delta, from those before it; None where starting over finds clearly better ones.

    People who are not better off elsewhere stay, so names stay as well. Cost: one start and a fraction of another, in
    place of three or ten; small networks, where one start can end badly, are compared with all of them.
    """
    start: Idx = carried(previous, network, delta)["community"]
    came = len(previous["id"])
    start[came:] = np.arange(came, network.people)
    ties = ties_of(network)
    followed = partition(ties, 0, start=start)
    afresh = _best(ties, _STARTS if len(ties.indices) <= _SMALL else 1)
    if modularity(ties, followed) < modularity(ties, afresh) - _CLEARLY:
        return None
    return scores(network, community=_named_by_first_member(followed))


def _best(ties: Ties, starts: int) -> Idx:
    found = [partition(ties, seed) for seed in range(starts)]
    best = max(found, key=lambda each: modularity(ties, each))  # the first of the best, if they are equal
    while len(ties.indices) <= _TINY and (better := _rejoined(ties, best)) is not None:
        best = better
    return best


def _rejoined(ties: Ties, found: Idx) -> Idx | None:
    """What is better than `found` once two communities that are tied were one; None: nothing is.

    Six people in a row are two threes, and most starts end in three pairs.
    """
    one, other = found[ties.rows], found[ties.indices]
    reached = modularity(ties, found)
    for first, second in sorted(set(zip(one[one < other].tolist(), other[one < other].tolist(), strict=True))):
        again = partition(ties, 0, start=np.where(found == second, first, found))
        if modularity(ties, again) > reached + 1e-9:
            return again
    return None


def ties_of(network: Snapshot) -> Ties:
    """The undirected network as the algorithm takes it."""
    csr = network.undirected
    strength: NDArray[Any] = csr.row_sums_u().astype(np.float64)
    return Ties(csr.indptr.copy(), csr.indices.astype(np.int64), csr.weight_u.astype(np.float64), strength)


def _named_by_first_member(community: Idx) -> Idx:
    _, first, which = np.unique(community, return_index=True, return_inverse=True)
    return first.astype(np.int64)[which]
