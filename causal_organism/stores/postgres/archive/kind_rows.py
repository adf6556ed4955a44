"""The kinds of a tie as the archive stores them: one kind as its id, several as rows one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from causal_organism.network.kinds import Kinds, KindSums, in_order, is_whole

FIELDS = 5  # kind's id, weight_u, count, first_us, last_us


def stored(
    kinds: Sequence[KindSums], sums: tuple[int, int, int, int], ids: Mapping[str, int]
) -> tuple[int | None, str | None]:
    """(kind, kinds) of a row of organism.tie; the second as the text of an array."""
    if is_whole(kinds, sums):
        return ids[kinds[0].kind], None
    return None, "{" + ",".join(f"{ids[kind]},{','.join(map(str, rest))}" for kind, *rest in kinds) + "}"


def loaded(
    kind: int | None, kinds: Sequence[int] | None, sums: tuple[int, int, int, int], names: Mapping[int, str]
) -> Kinds:
    """What `stored` was given."""
    if kind is not None:
        return (KindSums(names[kind], *sums),)
    assert kinds is not None  # a constraint of the table
    return in_order(KindSums(names[each[0]], *each[1:]) for each in _rows(kinds))


def ids_in(rows: Iterable[tuple[int | None, Sequence[int] | None]]) -> set[int]:
    """Ids of the kinds in (kind, kinds) of many rows."""
    found: set[int] = set()
    for kind, kinds in rows:
        found.update([kind] if kinds is None else kinds[::FIELDS])  # type: ignore[list-item]
    return found


def _rows(kinds: Sequence[int]) -> Iterable[Any]:
    return (kinds[at : at + FIELDS] for at in range(0, len(kinds), FIELDS))
