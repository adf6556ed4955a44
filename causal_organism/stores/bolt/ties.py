"""Ties as rows of the statements that write them over Bolt, and the whole network in such rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from causal_organism.network.columns import NetworkColumns
from causal_organism.network.deltas import TieChange
from causal_organism.network.kinds import KindSums, TieKinds, is_whole

ROWS = 10_000
"""Rows in one statement."""

Row = list[Any]


def by_statement(ties: Iterable[TieChange]) -> dict[str, list[Row]]:
    """Rows by the statement that writes them."""
    rows: dict[str, list[Row]] = {"create_ties": [], "change_ties": [], "remove_ties": []}
    for each in ties:
        name = "remove_ties" if not each.weight_u_now else "change_ties" if each.weight_u_was else "create_ties"
        if each.weight_u_was or each.weight_u_now:
            sums = (each.weight_u_now, each.count_now, each.first_us, each.last_us)
            rows[name].append(_row(each.source, each.target, sums, each.kinds))
    return rows


def by_source(rows: Iterable[Row]) -> list[Row]:
    """[source, [the rest of each of its rows]]."""
    groups: dict[Any, list[Row]] = {}
    for source, *rest in rows:
        groups.setdefault(source, []).append(rest)
    return [[source, rests] for source, rests in groups.items()]


def pages(held: NetworkColumns) -> Iterator[tuple[str, list[Row]]]:
    """(statement, rows) of people and ties of a whole network, as `Archive.ties(kinds=True)` says it."""
    import numpy as np  # late: a pulse that follows the archive batch by batch does without

    assert held.kinds is not None, "as `Archive.ties(kinds=True)` says it"
    ids = held.ids
    for start in range(0, len(ids), ROWS):
        yield "put_people", [[idx, person] for idx, person in enumerate(ids[start : start + ROWS], start=start)]
    order = np.lexsort((held.target, held.source))
    columns = [
        each[order] for each in (held.source, held.target, held.weight_u, held.count, held.first_us, held.last_us)
    ]
    kinds = _in_order_of_ties(held.kinds)
    size = max(len(ids), 1)
    noted = kinds.source.astype(np.int64) * size + kinds.target
    keys = columns[0].astype(np.int64) * size + columns[1]
    columns += [np.searchsorted(noted, keys), np.searchsorted(noted, keys, side="right")]
    for start in range(0, len(order), ROWS):
        some = [each[start : start + ROWS].tolist() for each in columns]
        first = some[-2][0]
        sums = _sums(kinds, first, some[-1][-1])
        yield (
            "create_ties",
            [
                _row(ids[source], ids[target], (w, n, first_us, last_us), sums[begin - first : end - first])
                for source, target, w, n, first_us, last_us, begin, end in zip(*some, strict=True)
            ],
        )


def _row(source: str, target: str, sums: tuple[int, int, int, int], kinds: Sequence[KindSums] | None) -> Row:
    """source, target, the tie's sums, its kinds, and four lists of what each adds up to, if there are several."""
    if kinds is None:
        return [source, target, *sums, None, None, None, None, None]
    if is_whole(kinds, sums):
        return [source, target, *sums, [kinds[0].kind], None, None, None, None]
    names, *columns = zip(*kinds, strict=True) if kinds else ((),) * 5
    return [source, target, *sums, list(names), *map(list, columns)]


def _in_order_of_ties(kinds: TieKinds) -> TieKinds:
    import numpy as np

    rank = np.empty(len(kinds.names), dtype=np.int64)
    rank[sorted(range(len(kinds.names)), key=kinds.names.__getitem__)] = np.arange(len(kinds.names))
    order = np.lexsort((rank[kinds.kind], kinds.target, kinds.source))
    names = ("source", "target", "kind", "weight_u", "count", "first_us", "last_us")
    return TieKinds(names=kinds.names, **{name: getattr(kinds, name)[order] for name in names})


def _sums(kinds: TieKinds, start: int, stop: int) -> list[KindSums]:
    names = ("kind", "weight_u", "count", "first_us", "last_us")
    rows = zip(*(getattr(kinds, name)[start:stop].tolist() for name in names), strict=True)
    return [KindSums(kinds.names[kind], *sums) for kind, *sums in rows]
