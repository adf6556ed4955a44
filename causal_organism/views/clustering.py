"""Clustering: how many of somebody's neighbours are tied to each other.

A delta changes it only where a pair flips: for its two ends, and for everyone tied to both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import PairFlips, added_people, contains, pair_flips
from causal_organism.views.kernels.holes import HOLES
from causal_organism.views.kernels.ragged import spread
from causal_organism.views.kernels.triangles import triangles
from causal_organism.views.scores import Idx, Scores, carried, ratio, scores
from causal_organism.views.share import Share, is_quick, of_everybody


def clustering(network: Snapshot, *, share: Share | None = None) -> Scores:
    """`triangles` that a person is a corner of, and their share of what the person's pairs of neighbours could form.

    `clustering` is 0 with fewer than two neighbours. Cost: that of listing all triangles; in large networks, the
    ties of everybody's neighbours. With `share`, what takes more than seconds is done in slices of people.
    """
    if is_quick(network):
        counted = _by_corners(network)
    else:
        counted = of_everybody(HOLES, network, share)[1].astype(np.int64) // 2
    return scores(network, clustering=_share(counted, network.undirected.degrees), triangles=counted)


def _by_corners(network: Snapshot) -> Idx:
    ties = network.undirected
    rows, heads = ties.rows, ties.indices
    counted = np.zeros(network.people, dtype=np.int64)
    for found in triangles(ties):
        for corner in (rows[found.ab], heads[found.ab], heads[found.bc]):
            counted += np.bincount(corner, minlength=network.people)
    return counted


def update_clustering(previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta) -> Scores:
    """`clustering(after)`, from the scores before the delta. Cost: the ties of the ends of flipped pairs."""
    columns = carried(previous, after, delta)
    pairs = pair_flips(after, delta)
    moved = _moved_triangles(after, pairs)
    for corner in (moved.one, moved.other, moved.third):
        np.add.at(columns["triangles"], corner, moved.change)
    affected = _touched(pairs, moved)
    columns["clustering"][affected] = _share(columns["triangles"][affected], after.undirected.degrees[affected])
    return columns


def affected_clustering(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose clustering can differ after the delta."""
    pairs = pair_flips(after, delta)
    return np.union1d(_touched(pairs, _moved_triangles(after, pairs)), added_people(after, delta))


def _share(counted: Idx, neighbours: Idx) -> NDArray[np.float64]:
    return ratio(2 * counted, neighbours * (neighbours - 1), undefined=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _MovedTriangles:
    """Triangles with a flipped side, each once. `change`: +1 it appeared, -1 it went, 0 it was never whole."""

    one: Idx
    other: Idx
    third: Idx
    change: Idx


def _touched(pairs: PairFlips, moved: _MovedTriangles) -> Idx:
    return np.unique(np.concatenate([pairs.people, moved.one, moved.other, moved.third]))


def _moved_triangles(after: Snapshot, pairs: PairFlips) -> _MovedTriangles:
    """Found among the pairs tied after or before; whether a triangle was there then is told from its sides' flips."""
    ties = after.undirected
    lost = _Lost(pairs)
    fewer = ties.degrees[pairs.one] <= ties.degrees[pairs.other]
    near, far = np.where(fewer, pairs.one, pairs.other), np.where(fewer, pairs.other, pairs.one)
    tied, place = spread(ties.indptr[near], ties.degrees[near])
    parted, lost_third = lost.of(near)
    which = np.concatenate([tied, parted])
    third = np.concatenate([ties.indices[place].astype(np.int64), lost_third])
    closed = ties.find(far[which], third)[1] | lost.have(far[which], third)
    which, third = which[closed], third[closed]
    return _once(after, pairs, np.stack([pairs.one[which], pairs.other[which], third]))


class _Lost:
    """Pairs that a delta parted, in both directions."""

    def __init__(self, pairs: PairFlips):
        gone = pairs.flipped < 0
        ends = np.stack([pairs.one[gone], pairs.other[gone]])
        both = np.concatenate([ends, ends[::-1]], axis=1)
        order = np.lexsort(both[::-1])
        self._rows, self._indices = both[0, order], both[1, order]
        self._size = np.int64(both.max(initial=0) + 1)

    def of(self, people: Idx) -> tuple[Idx, Idx]:
        """(which of `people`, whom they are no longer tied to)."""
        start = np.searchsorted(self._rows, people)
        which, place = spread(start, np.searchsorted(self._rows, people, side="right") - start)
        return which, self._indices[place]

    def have(self, rows: Idx, indices: Idx) -> NDArray[np.bool_]:
        inside = (rows < self._size) & (indices < self._size)
        return inside & contains(self._rows * self._size + self._indices, rows * self._size + indices)


def _once(after: Snapshot, pairs: PairFlips, corners: Idx) -> _MovedTriangles:
    """A triangle with several flipped sides was found from each of them; keep one, and tell how it moved."""
    one, other, third = np.unique(np.sort(corners, axis=0), axis=1)
    size = np.int64(max(after.people, 1))
    flipped_keys = pairs.one * size + pairs.other
    there_now = np.ones(len(one), dtype=np.bool_)
    there_before = np.ones(len(one), dtype=np.bool_)
    for side in (one * size + other, one * size + third, other * size + third):
        flipped = np.zeros(len(side), dtype=np.int64)
        known = contains(flipped_keys, side)
        flipped[known] = pairs.flipped[np.searchsorted(flipped_keys, side[known])]
        there_now &= flipped >= 0
        there_before &= flipped <= 0
    return _MovedTriangles(one, other, third, there_now.astype(np.int64) - there_before)
