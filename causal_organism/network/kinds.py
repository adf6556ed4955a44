"""What a tie says by kind of interaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class KindSums(NamedTuple):
    """The interactions of one kind over one tie."""

    kind: str
    weight_u: int
    count: int  # type: ignore[assignment]  # instead of the method of tuples
    first_us: int
    last_us: int


Kinds = tuple[KindSums, ...]
"""Ordered by kind; together they are what the tie says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TieKinds:
    """The kinds of many ties as columns (numpy arrays), a row for each tie and kind, in no order.

    names: distinct texts; kind: places in names; source, target: idx; the others int64.
    """

    names: Sequence[str]
    source: Any
    target: Any
    kind: Any
    weight_u: Any
    count: Any
    first_us: Any
    last_us: Any


def is_whole(kinds: Sequence[KindSums], sums: tuple[int, int, int, int]) -> bool:
    """Whether the tie has one kind, so that its own sums (weight_u, count, first_us, last_us) say everything."""
    return len(kinds) == 1 and kinds[0][1:] == sums


def in_order(kinds: Iterable[KindSums]) -> Kinds:
    return tuple(sorted(kinds))


def columns_of(ties: Iterable[tuple[int, int, Kinds]]) -> TieKinds:
    """`ties`: (source, target, kinds)."""
    import numpy as np  # late: deltas are read without it

    places: dict[str, int] = {}
    rows = [
        (source, target, places.setdefault(kind, len(places)), *sums)
        for source, target, kinds in ties
        for kind, *sums in kinds
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 7).T
    names = ("source", "target", "kind", "weight_u", "count", "first_us", "last_us")
    return TieKinds(names=list(places), **dict(zip(names, table, strict=True)))


def sums_by_tie(kinds: TieKinds) -> dict[tuple[int, int], Kinds]:
    """(source, target) -> kinds."""
    names = ("source", "target", "kind", "weight_u", "count", "first_us", "last_us")
    found: dict[tuple[int, int], list[KindSums]] = {}
    for source, target, kind, *sums in zip(*(getattr(kinds, name).tolist() for name in names), strict=True):
        found.setdefault((source, target), []).append(KindSums(kinds.names[kind], *sums))
    return {pair: in_order(rows) for pair, rows in found.items()}
