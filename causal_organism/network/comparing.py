"""Two readings of one network, tie by tie: what should be there, and what is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.assets.tables.changes import changes
from causal_organism.documents.network_audit import TieAmounts, TieSums
from causal_organism.network.columns import NetworkColumns
from causal_organism.network.kinds import TieKinds

AMOUNTS = ("weight_u", "count", "first_us", "last_us")
_TIE, _COMPARED = "tie", (*AMOUNTS, "kinds")


@dataclass(frozen=True, slots=True)
class TieDifference:
    """A tie as it should be and as it is; None: not there. `copies`: more than one where somebody made it twice."""

    source: str
    target: str
    expected: TieAmounts | None
    found: TieAmounts | None
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many people and ties differ, and the first of each in order of idx. People: (idx, expected, found)."""

    people: int = 0
    ties: int = 0
    first_people: tuple[tuple[int, str | None, str | None], ...] = ()
    first_ties: tuple[TieDifference, ...] = ()

    @property
    def same(self) -> bool:
        return not (self.people or self.ties)


def compare_columns(expected: NetworkColumns, found: NetworkColumns, *, show: int) -> Comparison:
    """Both with what they say by kind. Cost: sorting the ties of both, and what they say by kind.

    Raises:
        ValueError: the columns of one reading do not fit together.
    """
    ids, other_ids = list(expected.ids), list(found.ids)
    people = _differing_people(ids, other_ids)
    places = {person: idx for idx, person in enumerate(ids)}
    for person in other_ids:
        places.setdefault(person, len(places))
    size = max(len(places), 1)
    moved = np.array([places[person] for person in other_ids], dtype=np.int64)
    same = np.arange(len(places), dtype=np.int64)
    wanted, there = _Ties(expected, same, size), _Ties(found, moved, size)
    keys, copies = _differing_ties(wanted, there)
    names = list(places)
    first = tuple(
        TieDifference(names[key // size], names[key % size], wanted.at(key), there.at(key), int(copies[key]))
        for key in keys[:show].tolist()
    )
    return Comparison(len(people), len(keys), tuple(people[:show]), first)


def _differing_people(ids: Sequence[Any], others: Sequence[Any]) -> list[tuple[int, str | None, str | None]]:
    found = changes({"id": ids}, {"id": others})
    at = [*found.moved().tolist(), *found.pairs.removed.tolist(), *found.pairs.added.tolist()]
    return [(idx, *(each[idx] if idx < len(each) else None for each in (ids, others))) for idx in at]


class _Ties:
    """Ties by key, source * size + target, in order; amounts by row, the last one standing for what is said by kind."""

    def __init__(self, columns: NetworkColumns, places: NDArray[np.int64], size: int):
        keys = places[np.asarray(columns.source)] * size + places[np.asarray(columns.target)]
        amounts = np.stack([np.asarray(getattr(columns, name), dtype=np.int64) for name in AMOUNTS], axis=1)
        if len(amounts) != len(keys):
            raise ValueError("columns of ties have different lengths")
        order = np.argsort(keys, kind="stable")
        if columns.kinds is None:
            raise ValueError("ties do not say what they hold by kind")
        self._kinds: TieKinds = columns.kinds
        self._kind_keys = places[np.asarray(self._kinds.source)] * size + places[np.asarray(self._kinds.target)]
        self.keys: NDArray[np.int64] = keys[order]
        by_kind = _sums_by_key(self.keys, self._kind_keys, _marks(self._kinds))
        self.amounts: NDArray[np.int64] = np.asfortranarray(np.column_stack((amounts[order], by_kind)))

    @property
    def table(self) -> dict[str, NDArray[np.int64]]:
        return {_TIE: self.keys, **dict(zip(_COMPARED, self.amounts.T, strict=True))}

    def at(self, key: int) -> TieAmounts | None:
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return None
        kinds = self._kinds
        by_kind = {
            kinds.names[int(kinds.kind[row])]: _sums(*(int(getattr(kinds, name)[row]) for name in AMOUNTS))
            for row in np.flatnonzero(self._kind_keys == key)
        }
        return {**_sums(*self.amounts[place, : len(AMOUNTS)].tolist()), "kinds": dict(sorted(by_kind.items()))}


def _sums(weight_u: int, count: int, first_us: int, last_us: int) -> TieSums:
    return {"weight_u": weight_u, "count": count, "first_us": first_us, "last_us": last_us}


def _marks(kinds: TieKinds) -> NDArray[np.uint64]:
    """A number for each row that others hardly share: of the kind's text and its amounts."""
    of_names = [int.from_bytes(blake2b(each.encode(), digest_size=8).digest(), "little") for each in kinds.names]
    marks = np.array([*of_names, 0], dtype=np.uint64)[np.asarray(kinds.kind, dtype=np.int64)]
    for name in AMOUNTS:  # each step is that of splitmix64 (Steele, Lea and Flood 2014)
        marks = marks + np.asarray(getattr(kinds, name), dtype=np.int64).view(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        marks = (marks ^ (marks >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        marks = (marks ^ (marks >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        marks ^= marks >> np.uint64(31)
    return marks


def _sums_by_key(wanted: NDArray[np.int64], keys: NDArray[np.int64], marks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The marks of each wanted key together, modulo 2**64; 0 where there are none."""
    order = np.argsort(keys, kind="stable")
    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(marks[order], dtype=np.uint64)))
    low, high = (np.searchsorted(keys[order], wanted, side=side) for side in ("left", "right"))
    return (sums[high] - sums[low]).view(np.int64)


def _differing_ties(wanted: _Ties, there: _Ties) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Keys of ties that are not the same, in order, and how often each stands among those that are there."""
    found = changes(wanted.table, there.table, key=_TIE)
    differing = np.unique(
        np.concatenate(
            (
                wanted.keys[found.pairs.was[found.moved()]],
                wanted.keys[found.pairs.removed],
                there.keys[found.pairs.added],
            )
        )
    )
    times = np.searchsorted(there.keys, differing, side="right") - np.searchsorted(there.keys, differing)
    return differing, dict(zip(differing.tolist(), times.tolist(), strict=True))
