"""Two readings of one network, tie by tie: what should be there, and what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

AMOUNTS = ("weight_u", "count", "first_us", "last_us")

Amounts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TieDifference:
    """A tie as it should be and as it is; None: not there. `copies`: more than one where somebody made it twice."""

    source: str
    target: str
    expected: Amounts | None
    found: Amounts | None
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


def compare_columns(expected: Mapping[str, Any], found: Mapping[str, Any], *, show: int) -> Comparison:
    """`ids` in order of idx; source, target (idx) and AMOUNTS as arrays. Cost: sorting the ties of both.

    Raises:
        ValueError: the columns of one reading do not fit together.
    """
    ids, other_ids = list(expected["ids"]), list(found["ids"])
    people = _differing_people(ids, other_ids)
    places = {person: idx for idx, person in enumerate(ids)}
    for person in other_ids:
        places.setdefault(person, len(places))
    size = max(len(places), 1)
    moved = np.array([places[person] for person in other_ids], dtype=np.int64)
    wanted = _sorted(np.asarray(expected["source"]), np.asarray(expected["target"]), expected, size)
    there = _sorted(moved[np.asarray(found["source"])], moved[np.asarray(found["target"])], found, size)
    keys, copies = _differing_ties(*wanted, *there)
    names = list(places)
    first = tuple(
        TieDifference(
            names[key // size], names[key % size], _amounts(*wanted, key), _amounts(*there, key), int(copies[key])
        )
        for key in keys[:show].tolist()
    )
    return Comparison(len(people), len(keys), tuple(people[:show]), first)


def _differing_people(ids: Sequence[Any], others: Sequence[Any]) -> list[tuple[int, str | None, str | None]]:
    length = max(len(ids), len(others))
    both = zip(
        range(length), [*ids, *[None] * (length - len(ids))], [*others, *[None] * (length - len(others))], strict=True
    )
    return [(idx, wanted, there) for idx, wanted, there in both if wanted != there]


def _sorted(
    source: NDArray[Any], target: NDArray[Any], columns: Mapping[str, Any], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(keys in order, amounts by row)."""
    keys = source.astype(np.int64) * size + target
    amounts = np.stack([np.asarray(columns[name], dtype=np.int64) for name in AMOUNTS], axis=1)
    if len(amounts) != len(keys):
        raise ValueError("columns of ties have different lengths")
    order = np.argsort(keys, kind="stable")
    return keys[order], amounts[order]


def _differing_ties(
    keys: NDArray[np.int64], amounts: NDArray[np.int64], others: NDArray[np.int64], found: NDArray[np.int64]
) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Keys of ties that are not the same, in order, and how often each stands among the found ones."""
    if len(keys) == len(others) and np.array_equal(keys, others):
        differing = np.unique(keys[(amounts != found).any(axis=1)])
    else:
        union = np.union1d(keys, others)
        here, in_keys = _places(keys, union)
        there, in_others = _places(others, union)
        same = in_keys & in_others
        same[same] = (amounts[here[same]] == found[there[same]]).all(axis=1)
        twice = np.searchsorted(others, union, side="right") - np.searchsorted(others, union) > 1
        differing = union[~same | twice]
    times = np.searchsorted(others, differing, side="right") - np.searchsorted(others, differing)
    return differing, dict(zip(differing.tolist(), times.tolist(), strict=True))


def _places(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    place = np.searchsorted(keys, wanted)
    there = place < len(keys)
    there[there] = keys[place[there]] == wanted[there]
    return place, there


def _amounts(keys: NDArray[np.int64], amounts: NDArray[np.int64], key: int) -> Amounts | None:
    place = int(np.searchsorted(keys, key))
    if place == len(keys) or keys[place] != key:
        return None
    return dict(zip(AMOUNTS, amounts[place].tolist(), strict=True))
