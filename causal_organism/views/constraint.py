"""Structural holes: how far somebody's ties all lead to the same group.

A delta changes the constraint of the ends of its ties and of all their neighbours: the ends' proportions are theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.csr import Csr
from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.changes import tied_people
from causal_organism.views.kernels.holes import HOLES, holes
from causal_organism.views.kernels.open_pairs import path_lengths
from causal_organism.views.kernels.ragged import spread, summed
from causal_organism.views.kernels.triangles import blocks, mirror, triangles
from causal_organism.views.scores import Idx, Scores, carried, scores
from causal_organism.views.share import Share, is_quick, of_everybody

Floats = NDArray[np.float64]

_LOCAL_SHARE = 0.1
"""With more of all people affected, looking at everybody is quicker."""
_FEW_PATHS = 4_000_000
"""So many ties of contacts take less time in lists than loading the compiler."""


def constraint(network: Snapshot, *, share: Share | None = None) -> Scores:
    """`constraint`: Burt's, by weight; `effective_size`: neighbours less their mean number of ties to each other.

    Null without ties. Cost: that of listing all triangles; in large networks, the ties of everybody's neighbours. With
    `share`, what takes more than seconds is done in slices of people, to the same bits.

    Source: Burt 1995; Borgatti 1997 for the effective size.
    """
    ties = network.undirected
    if is_quick(network):
        total, closed = _by_triangles(network)
    else:
        total, closed = of_everybody(HOLES, network, share)
    return scores(network, **_columns(total, closed, ties.degrees))


def _by_triangles(network: Snapshot) -> tuple[Floats, Idx]:
    """Sum of squares, and closed pairs, of everybody."""
    ties = network.undirected
    share = _shares(ties)
    held, counted = share.copy(), np.zeros(network.people, dtype=np.int64)
    rows, heads, other_row = ties.rows, ties.indices, mirror(ties)
    for found in triangles(ties):
        ab, bc, ac = found.ab, found.bc, found.ac
        ba, cb, ca = other_row[ab], other_row[bc], other_row[ac]
        for side, first, second in (
            (ab, ac, cb), (ba, bc, ca), (bc, ba, ac), (cb, ca, ab), (ac, ab, bc), (ca, cb, ba),
        ):  # fmt: skip
            np.add.at(held, side, share[first] * share[second])
        for corner in (rows[ab], heads[ab], heads[bc]):
            counted += np.bincount(corner, minlength=network.people)
    return summed(rows, held**2, network.people), 2 * counted


def update_constraint(
    previous: Mapping[str, NDArray[Any]], after: Snapshot, delta: NetworkDelta, *, share: Share | None = None
) -> Scores:
    """`constraint(after)`, from the scores before the delta. Cost: the ties of the neighbours of those affected."""
    affected = affected_constraint(after, delta)
    if len(affected) > _LOCAL_SHARE * after.people:
        return constraint(after, share=share)
    columns = carried(previous, after, delta)
    some = _of_some if path_lengths(after.undirected, affected).sum() <= _FEW_PATHS else _of_many
    total, closed = some(after, affected)
    for name, values in _columns(total, closed, after.undirected.degrees[affected]).items():
        columns[name][affected] = values
    return columns


def affected_constraint(after: Snapshot, delta: NetworkDelta) -> Idx:
    """Whose constraint can differ after the delta."""
    ends = tied_people(after, delta)
    _, place = spread(after.undirected.indptr[ends], after.undirected.degrees[ends])
    return np.union1d(ends, after.undirected.indices[place])


def _shares(ties: Csr) -> Floats:
    """Of each tie: its part in all ties of its row's person."""
    share: Floats = ties.weight_u / ties.row_sums_u()[ties.rows]
    return share


def _columns(total: Floats, closed: Idx | Floats, neighbours: Idx) -> dict[str, Floats]:
    """`closed`: ordered pairs of neighbours that are tied to each other."""
    tied = neighbours > 0
    size = np.full(len(neighbours), np.nan)
    size[tied] = neighbours[tied] - closed[tied] / neighbours[tied]
    return {"constraint": np.where(tied, total, np.nan), "effective_size": size}


def _of_some(network: Snapshot, people: Idx) -> tuple[Floats, Idx]:
    """Sum of squares, and closed pairs, of some people: follow all paths of two ties, see which end at a neighbour."""
    ties, degrees = network.undirected, network.undirected.degrees
    which, first = spread(ties.indptr[people], degrees[people])
    heads = ties.indices[first].astype(np.int64)
    own_keys = which * np.int64(network.people) + heads  # ascending: few to search in, however large the network is
    involved, place = np.unique(np.concatenate([people, heads]), return_inverse=True)
    total_u = _row_sums_u(ties, involved)
    of_people, of_heads = total_u[place[: len(people)]], total_u[place[len(people) :]]
    share = ties.weight_u[first] / of_people[which]
    held, closed = share.copy(), np.zeros(len(people), dtype=np.int64)
    lengths = degrees[heads]
    for begin, end in blocks(lengths):
        path, second = spread(ties.indptr[heads[begin:end]], lengths[begin:end])
        path += begin
        wanted = which[path] * np.int64(network.people) + ties.indices[second]
        own = np.minimum(np.searchsorted(own_keys, wanted), len(own_keys) - 1)
        there = own_keys[own] == wanted
        path, second, own = path[there], second[there], own[there]
        np.add.at(held, own, share[path] * (ties.weight_u[second] / of_heads[path]))
        closed += np.bincount(which[path], minlength=len(people))
    return summed(which, held**2, len(people)), closed


def _of_many(network: Snapshot, people: Idx) -> tuple[Floats, Floats]:
    """`_of_some`, bit for bit, where a hub is among the neighbours of many: its row is searched for them, not read."""
    total, closed = holes(network.undirected, people)
    return total, closed


def _row_sums_u(ties: Csr, rows: Idx) -> Idx:
    """Sum of `weight_u` of some rows; exact."""
    which, place = spread(ties.indptr[rows], ties.degrees[rows])
    sums = np.zeros(len(rows), dtype=np.int64)
    np.add.at(sums, which, ties.weight_u[place])
    return sums
