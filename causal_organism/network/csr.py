"""Ties by row as arrays that do not change, and how they move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.interactions import MILLION

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Csr:
    """Ties by row: those of row i are at indptr[i]:indptr[i+1], in ascending order of `indices`."""

    indptr: Longs
    indices: Ints
    weight_u: Longs
    _known: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def degrees(self) -> Longs:
        """Ties of each row. Not to be changed: every view of a run asks for them, several times."""
        if "degrees" not in self._known:
            self._known["degrees"] = sealed(np.diff(self.indptr))
        found: Longs = self._known["degrees"]
        return found

    @property
    def rows(self) -> Ints:
        """The row of each tie."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int32), self.degrees)

    @property
    def weight(self) -> NDArray[np.float64]:
        """In units."""
        return self.weight_u / MILLION

    def row_sums_u(self) -> Longs:
        """Sum of `weight_u` per row; exact."""
        running = np.zeros(len(self.weight_u) + 1, dtype=np.int64)
        np.cumsum(self.weight_u, out=running[1:])
        sums: Longs = running[self.indptr[1:]] - running[self.indptr[:-1]]
        return sums

    def neighbours(self, row: int) -> Ints:
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    def find(self, rows: NDArray[Any], indices: NDArray[Any]) -> tuple[Longs, NDArray[np.bool_]]:
        """Where each tie stands, or would stand, and whether it is there. Cost: log of a row's length for each."""
        low, end = self.indptr[rows], self.indptr[np.asarray(rows) + 1]
        high = end.copy()
        while (unsure := low < high).any():
            middle = (low + high) // 2
            less = unsure.copy()
            less[unsure] = self.indices[middle[unsure]] < indices[unsure]
            low, high = np.where(less, middle + 1, low), np.where(unsure & ~less, middle, high)
        there = low < end
        there[there] = self.indices[low[there]] == indices[there]
        return low, there


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Ties in order of (row, index), where they stand or would stand, and their weights afterwards; 0: gone."""

    rows: Longs
    indices: Longs
    place: Longs
    there: NDArray[np.bool_]
    weight_u: Longs

    def of(self, ties: Csr) -> Csr:
        came, went = self._came, self.there & (self.weight_u == 0)
        longer = np.bincount(self.rows[came], minlength=len(ties.indptr) - 1)
        shorter = np.bincount(self.rows[went], minlength=len(ties.indptr) - 1)
        indptr = ties.indptr.copy()
        indptr[1:] += np.cumsum(longer - shorter)
        indices = with_values(ties.indices, self.place[came], self.indices[came])
        if went.any():
            indices = np.delete(indices, self._gone_places)
        return Csr(sealed(indptr), sealed(indices), sealed(self.column(ties.weight_u, self.weight_u)))

    def column(self, before: Longs, now: Longs) -> Longs:
        """A column of the ties with its values for the moved ones."""
        came, stood = self.place[self._came], self.place[self.there]
        after = with_values(before, came, now[self._came])
        after[stood + np.searchsorted(came, stood, side="right")] = now[self.there]
        return np.delete(after, self._gone_places) if len(self._gone_places) else after

    @property
    def _came(self) -> NDArray[np.bool_]:
        came: NDArray[np.bool_] = ~self.there & (self.weight_u != 0)
        return came

    @property
    def _gone_places(self) -> Longs:
        """Where the ties that go stand once those that come were inserted."""
        gone: Longs = self.place[self.there & (self.weight_u == 0)]
        inserted_before: Longs = np.searchsorted(self.place[self._came], gone, side="right")
        return gone + inserted_before


def with_values(before: NDArray[Any], places: Longs, values: NDArray[Any], *, most: int = 10_000) -> NDArray[Any]:
    """A copy with values put in before some places, which ascend.

    In pieces, up to `most`: `np.insert` decides for each element, which takes five times as long.
    """
    if len(places) > most:
        return np.insert(before, places, values.astype(before.dtype))
    after = np.empty(len(before) + len(places), dtype=before.dtype)
    start = 0
    for shift, place in enumerate([*places.tolist(), len(before)]):
        after[start + shift : place + shift] = before[start:place]
        start = place
    after[places + np.arange(len(places))] = values
    return after


def with_rows(ties: Csr, more: int) -> Csr:
    """The same ties with so many more people who have none."""
    if not more:
        return ties
    indptr = np.concatenate([ties.indptr, np.full(more, len(ties.indices), dtype=np.int64)])
    return Csr(sealed(indptr), ties.indices, ties.weight_u)


def csr_of(people: int, rows: NDArray[Any], indices: NDArray[Any], weight_u: Longs) -> Csr:
    """Ties in rows, from (row, neighbour, weight) in order of row; weights in millionths."""
    indptr = np.zeros(people + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=people), out=indptr[1:])
    return Csr(sealed(indptr), sealed(indices.astype(np.int32)), sealed(weight_u))


def sealed(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, read-only from now on."""
    array.setflags(write=False)
    return array
