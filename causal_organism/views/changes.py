"""Whom a delta touches: the ground of every incremental view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.scores import Idx


@dataclass(frozen=True, slots=True, eq=False)
class TieMoves:
    """The changed ties of a delta as arrays. `flipped`: +1 a tie appeared, -1 it went, 0 only its weight changed."""

    source: Idx
    target: Idx
    weight_u: Idx  # difference
    flipped: Idx


@dataclass(frozen=True, slots=True, eq=False)
class PairFlips:
    """Undirected pairs that appeared (+1) or went (-1), each once, with one < other.

    A pair flips when its first direction appears or its last one goes; a reciprocal tie or a weight does not flip it.
    """

    one: Idx
    other: Idx
    flipped: Idx

    @property
    def people(self) -> Idx:
        """The ends, each once, in ascending order."""
        return np.unique(np.concatenate([self.one, self.other]))


def tie_moves(after: Snapshot, delta: NetworkDelta) -> TieMoves:
    """The delta's ties as arrays, in its order."""
    index = after.index
    was = np.array([tie.weight_u_was for tie in delta.ties], dtype=np.int64)
    now = np.array([tie.weight_u_now for tie in delta.ties], dtype=np.int64)
    return TieMoves(
        np.array([index[tie.source] for tie in delta.ties], dtype=np.int64),
        np.array([index[tie.target] for tie in delta.ties], dtype=np.int64),
        now - was,
        (now > 0).astype(np.int64) - (was > 0),
    )


def pair_flips(after: Snapshot, delta: NetworkDelta) -> PairFlips:
    """Which pairs the delta ties or parts, told from the delta and the network after it."""
    moves = tie_moves(after, delta)
    moved = moves.flipped != 0
    source, target, flipped = moves.source[moved], moves.target[moved], moves.flipped[moved]
    size = np.int64(max(after.people, 1))
    pairs, which = np.unique(np.minimum(source, target) * size + np.maximum(source, target), return_inverse=True)
    one, other = pairs // size, pairs % size
    directions_now = has_ties(after, one, other).astype(np.int64) + has_ties(after, other, one)
    gained = np.bincount(which, weights=flipped, minlength=len(pairs)).astype(np.int64)
    pair_flipped = (directions_now > 0).astype(np.int64) - (directions_now - gained > 0)
    kept = pair_flipped != 0
    return PairFlips(one[kept], other[kept], pair_flipped[kept])


def has_ties(network: Snapshot, source: Idx, target: Idx) -> NDArray[np.bool_]:
    """Whether each directed tie is there."""
    return network.out.find(source, target)[1]


def contains(keys: Idx, wanted: Idx) -> NDArray[np.bool_]:
    """Which of `wanted` stand in `keys`, which ascend."""
    if len(keys) == 0:
        return np.zeros(len(wanted), dtype=np.bool_)
    place = np.searchsorted(keys, wanted)
    place[place == len(keys)] = 0
    found: NDArray[np.bool_] = keys[place] == wanted
    return found


def tied_people(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Ends of changed ties and people who were added, each once, in ascending order."""
    moves = tie_moves(after, delta)
    return np.unique(np.concatenate([moves.source, moves.target, added_people(after, delta)]))


def added_people(after: Snapshot, delta: NetworkDelta) -> Idx:
    return np.arange(after.people - len(delta.people), after.people, dtype=np.int64)
