"""Every triangle of undirected ties, once: the ground of clustering and of structural holes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.csr import Csr
from causal_organism.views.kernels.ragged import spread
from causal_organism.views.scores import Idx

_BLOCK = 1 << 20
"""Open paths looked at together; bounds memory to about 100 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Triangles:
    """Some triangles a, b, c, as the places of their sides in the undirected ties: `ab` is the tie from a to b."""

    ab: Idx
    bc: Idx
    ac: Idx


def triangles(ties: Csr) -> Iterator[Triangles]:
    """Blocks of triangles of an undirected network.

    Each pair is turned towards the person with more neighbours; a hub then has few pairs to follow, and a triangle is
    found once, from its least tied corner. Cost: O(ties ** 1.5) at worst.
    """
    people = np.int64(len(ties.indptr) - 1)
    rows, heads = ties.rows.astype(np.int64), ties.indices.astype(np.int64)
    rank = np.empty(people, dtype=np.int64)
    rank[np.argsort(ties.degrees, kind="stable")] = np.arange(people)
    upward = np.flatnonzero(rank[rows] < rank[heads])
    rows, heads = rows[upward], heads[upward]
    keys = rows * people + heads
    indptr = np.searchsorted(rows, np.arange(people + 1))
    lengths = np.diff(indptr)[heads]
    for begin, end in blocks(lengths):
        which, second = spread(indptr[heads[begin:end]], lengths[begin:end])
        first = which + begin
        wanted = rows[first] * people + heads[second]
        third = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        closed = keys[third] == wanted
        yield Triangles(upward[first[closed]], upward[second[closed]], upward[third[closed]])


def mirror(ties: Csr) -> NDArray[np.intp]:
    """For the place of each undirected tie, the place of the same tie in the other person's row."""
    return np.argsort(ties.indices, kind="stable")


def blocks(lengths: Idx) -> Iterator[tuple[int, int]]:
    """Consecutive ranges whose lengths add up to about one block each."""
    total = np.cumsum(lengths)
    begin = 0
    while begin < len(lengths):
        done = total[begin - 1] if begin else 0
        end = max(int(np.searchsorted(total, done + _BLOCK, side="right")), begin + 1)
        yield begin, end
        begin = end
