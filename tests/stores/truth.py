"""What interactions add up to, computed the plainest way: for comparison with what stores hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from causal_organism.network.columns import NetworkColumns
from causal_organism.network.interactions import Interaction
from causal_organism.network.kinds import Kinds, KindSums, sums_by_tie
from causal_organism.ports import Archive, NetworkStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Ties = dict[tuple[str, str], tuple[int, int, int, int]]
"""(source, target) -> weight_u, count, first_us, last_us."""


def interaction(
    entry: str, source: str, target: str, *, at_us: int = 0, weight_u: int = 1_000_000, **more: Any
) -> Interaction:
    known = {"kind": "interaction", "duration_s": None, "sender_id": None} | more
    return Interaction(entry=entry, source=source, target=target, at_us=at_us, weight_u=weight_u, **known)


def ties_of(interactions: Iterable[Interaction]) -> Ties:
    ties: Ties = {}
    for each in interactions:
        weight_u, count, first_us, last_us = ties.get((each.source, each.target), (0, 0, each.at_us, each.at_us))
        ties[each.source, each.target] = (
            weight_u + each.weight_u,
            count + 1,
            min(first_us, each.at_us),
            max(last_us, each.at_us),
        )
    return ties


def kinds_of(interactions: Iterable[Interaction]) -> dict[tuple[str, str], Kinds]:
    """(source, target) -> what was said by kind."""
    kinds: dict[tuple[str, str], list[KindSums]] = {}
    known = list(interactions)
    for kind in sorted({each.kind for each in known}):
        for pair, sums in ties_of(each for each in known if each.kind == kind).items():
            kinds.setdefault(pair, []).append(KindSums(kind, *sums))
    return {pair: tuple(found) for pair, found in kinds.items()}


def kinds_in(columns: NetworkColumns) -> dict[tuple[str, str], Kinds]:
    """The same from columns."""
    assert columns.kinds is not None
    ids = list(columns.ids)
    return {(ids[source], ids[target]): kinds for (source, target), kinds in sums_by_tie(columns.kinds).items()}


def weeks_of(interactions: Iterable[Interaction]) -> dict[tuple[str, str, str, str], tuple[int, int, float]]:
    """(ISO week, source, target, kind) -> weight_u, count, duration_s."""
    weeks: dict[tuple[str, str, str, str], tuple[int, int, float]] = {}
    for each in interactions:
        year, week, _ = (_EPOCH + timedelta(microseconds=each.at_us)).isocalendar()
        key = (f"{year:04d}-W{week:02d}", each.source, each.target, each.kind)
        weight_u, count, duration_s = weeks.get(key, (0, 0, 0.0))
        weeks[key] = (weight_u + each.weight_u, count + 1, duration_s + (each.duration_s or 0.0))
    return weeks


def people_of(interactions: Iterable[Interaction]) -> list[str]:
    """In order of first appearance."""
    return list(dict.fromkeys(person for each in interactions for person in (each.source, each.target)))


def weeks_in(archive: Archive) -> dict[tuple[str, str, str, str], tuple[int, int, float]]:
    columns = archive.weekly()
    names = ("week", "source", "target", "kind", "weight_u", "count", "duration_s")
    rows = list(zip(*(columns[name].tolist() for name in names), strict=True))
    found = {row[:4]: row[4:] for row in rows}
    assert len(found) == len(rows)
    return found


def network_in(store: NetworkStore) -> tuple[list[str], Ties]:
    """People in order of idx, and the ties."""
    columns = store.read()
    ids = columns.ids.tolist()
    names = ("source", "target", "weight_u", "count", "first_us", "last_us")
    rows = list(zip(*(getattr(columns, name).tolist() for name in names), strict=True))
    found = {(ids[source], ids[target]): tuple(amounts) for source, target, *amounts in rows}
    assert len(found) == len(rows)
    return ids, found
