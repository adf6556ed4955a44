"""Ego betweenness: how far somebody's own contacts need them to reach each other.

A delta changes it only where a pair flips: for its two ends, and for everyone tied to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.clustering import affected_clustering
from causal_organism.views.kernels.open_pairs import EGO, needed
from causal_organism.views.scores import Idx, Scores, carried, ratio, scores
from causal_organism.views.share import Share, is_quick, of_everybody

_LOCAL_SHARE = 0.1
"""With more of all people affected, looking at everybody is quicker."""


def ego(network: Snapshot, *, share: Share | None = None) -> Scores:
    """`betweenness`: in the undirected network of a person and those tied to them, the share of the contacts' pairs
    that depend on the person: 1 for a pair without another way of two ties, less where others offer one, 0 where it is
    tied. 0 with fewer than two contacts.

    Cost: the ties of everybody's neighbours, and for each person the lesser of the ways of two ties among the contacts
    and a 64th of contacts x untied pairs. Memory is bounded. With `share`, what takes more than seconds is done in
    slices of people, to the same bits.

    Source: Everett and Borgatti 2005, "Ego network betweenness"; normalised by the number of pairs.
    """
    sums = of_everybody(EGO, network, None if is_quick(network) else share)[0]
    return scores(network, betweenness=_share(sums, network.undirected.degrees))


def update_ego(
    previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta, *, share: Share | None = None
) -> Scores:
    """`ego(after)`, bit for bit, from the scores before the delta. Cost: as above, for those affected."""
    affected = affected_ego(after, delta)
    if len(affected) > _LOCAL_SHARE * after.people:
        return ego(after, share=share)
    columns = carried(previous, after, delta)
    columns["betweenness"][affected] = _share(needed(after.undirected, affected), after.undirected.degrees[affected])
    return columns


def affected_ego(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose ego betweenness can differ after the delta: it is told from the ties among a person's contacts, and those
    are, with the person, the corners of triangles."""
    return affected_clustering(after, delta)


def _share(sums: NDArray[np.float64], contacts: Idx) -> NDArray[np.float64]:
    return ratio(sums, contacts * (contacts - 1) // 2, undefined=0.0)
