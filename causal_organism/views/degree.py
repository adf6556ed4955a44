"""Degree: with how many people somebody is tied.

A delta changes the `out` of its sources, the `in` of its targets, and `neighbours` of the ends of pairs that flip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import added_people, pair_flips, tie_moves
from causal_organism.views.scores import Idx, Scores, carried, scores


def degree(network: Snapshot) -> Scores:
    """`in`, `out`: ties to and from a person; `neighbours`: people tied in either direction."""
    received = np.bincount(network.out.indices, minlength=network.people)
    return scores(
        network,
        **{"in": received.astype(np.int64), "out": network.out.degrees, "neighbours": network.undirected.degrees},
    )


def update_degree(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """`degree(after)`, from the scores before the delta. Cost: the delta, and a copy."""
    columns = carried(previous, after, delta)
    moves, pairs = tie_moves(after, delta), pair_flips(after, delta)
    np.add.at(columns["in"], moves.target, moves.flipped)
    np.add.at(columns["out"], moves.source, moves.flipped)
    np.add.at(columns["neighbours"], pairs.one, pairs.flipped)
    np.add.at(columns["neighbours"], pairs.other, pairs.flipped)
    return columns


def affected_degree(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose degree can differ after the delta."""
    moves = tie_moves(after, delta)
    moved = moves.flipped != 0
    return np.unique(np.concatenate([moves.source[moved], moves.target[moved], added_people(after, delta)]))
