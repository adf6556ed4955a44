"""Strength: how much interaction somebody has, in units of weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.interactions import MILLION
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import tie_moves, tied_people
from causal_organism.views.scores import Idx, Scores, carried, scores

_EXACT_BELOW = 2.0**51 / MILLION
"""Up to here the millionths of a sum can be told exactly from the float, so that adding to it stays exact."""


def strength(network: Snapshot) -> Scores:
    """`in`, `out`: weights summed over the ties to and from a person; the integer sums are exact."""
    return scores(network, **{"in": network.into.row_sums_u() / MILLION, "out": network.out.row_sums_u() / MILLION})


def update_strength(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """`strength(after)`, to the bit, from the scores before the delta. Cost: the delta, and a copy."""
    columns = carried(previous, after, delta)
    if any(values.max(initial=0.0) >= _EXACT_BELOW for name, values in columns.items() if name != "id"):
        return strength(after)
    moves = tie_moves(after, delta)
    for name, person in (("in", moves.target), ("out", moves.source)):
        who, which = np.unique(person, return_inverse=True)
        sums_u = np.rint(columns[name][who] * MILLION).astype(np.int64)
        np.add.at(sums_u, which, moves.weight_u)
        columns[name][who] = sums_u / MILLION
    return columns


def affected_strength(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose strength can differ after the delta."""
    return tied_people(after, delta)
