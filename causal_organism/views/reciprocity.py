"""Reciprocity: how much of somebody's ties goes both ways.

A delta changes it for the ends of ties that appear or go, and for nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import has_ties
from causal_organism.views.degree import affected_degree
from causal_organism.views.kernels.ragged import spread
from causal_organism.views.scores import Idx, Scores, carried, ratio, scores


def reciprocity(network: Snapshot) -> Scores:
    """Share of ties, in and out, that are returned; null without ties."""
    ties = np.bincount(network.out.indices, minlength=network.people) + network.out.degrees
    mutual = ties - network.undirected.degrees
    return scores(network, reciprocity=ratio(2 * mutual, ties, undefined=np.nan))


def update_reciprocity(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """`reciprocity(after)`, from the scores before the delta. Cost: the ties of those affected."""
    columns = carried(previous, after, delta)
    affected = affected_degree(after, delta)
    given = after.out.degrees[affected]
    row, place = spread(after.out.indptr[affected], given)
    returned = has_ties(after, after.out.indices[place].astype(np.int64), affected[row])
    mutual = np.bincount(row[returned], minlength=len(affected))
    ties = after.undirected.degrees[affected] + mutual  # in and out: who gives and gets is one neighbour, and two ties
    columns["reciprocity"][affected] = ratio(2 * mutual, ties, undefined=np.nan)
    return columns


def affected_reciprocity(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose reciprocity can differ after the delta."""
    return affected_degree(after, delta)
