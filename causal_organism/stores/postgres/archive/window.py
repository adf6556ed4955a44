"""Moving the window: which sums ties have once it begins elsewhere. Going on reads only what leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from causal_organism.errors import SettingsError
from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.kinds import Kinds, KindSums, in_order
from causal_organism.stores.postgres.archive import kind_rows
from causal_organism.stores.postgres.archive.rows import ArchiveRows
from causal_organism.stores.postgres.archive.state import ArchiveState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_delta(rows: ArchiveRows, state: ArchiveState, start_us: int | None) -> NetworkDelta:
    """What moving the window's beginning to `start_us` (None: no window) changes in the network.

    Raises:
        SettingsError: the window reaches back to where single interactions are no longer kept.
    """
    old = state.window_from_us
    if start_us is not None and old is not None and start_us > old:
        changes = _leaving(rows, old, start_us)
    elif start_us is None and state.forgotten_to_us is not None:
        changes = _compared(rows, _ALL_FROM_WEEKS, {})
    else:
        _check_kept(state, start_us)
        changes = _compared(rows, _ALL, {"start": start_us})
    return NetworkDelta(ties=tuple(sorted(changes, key=lambda each: (each.source, each.target))))


def _leaving(rows: ArchiveRows, low: int, high: int) -> list[TieChange]:
    """Each tie without what leaves, kind by kind."""
    found = rows.connection.execute(_LEAVING, {"low": low, "high": high}).fetchall()
    names = rows.kind_names(kind_rows.ids_in(each[6:8] for each in found))
    changes = []
    for source, target, *sums, kind, kinds, leaving in found:
        before = kind_rows.loaded(kind, kinds, (sums[0], sums[1], sums[2], sums[3]), names)
        gone = {names[each]: rest for each, *rest in leaving}
        changes.append(_change(source, target, sums, in_order(_without(each, gone) for each in before)))
    return changes


def _without(each: KindSums, gone: Mapping[str, Sequence[int]]) -> KindSums:
    """A kind after weight_u and count left, with the first time of what stays."""
    weight_u, count, first_us = gone.get(each.kind, (0, 0, each.first_us))
    return each._replace(weight_u=each.weight_u - weight_u, count=each.count - count, first_us=first_us)


def _compared(rows: ArchiveRows, query: str, asked: Mapping[str, int | None]) -> list[TieChange]:
    """Ties whose sums are not those that they should have."""
    found = rows.connection.execute(query, asked).fetchall()
    names = rows.kind_names({kind for each in found for kind, *_ in each[6] or ()})
    return [
        _change(source, target, sums, in_order(KindSums(names[kind], *rest) for kind, *rest in inside or ()))
        for source, target, *sums, inside in found
    ]


def _change(source: str, target: str, before: Sequence[int | None], kinds: Kinds) -> TieChange:
    """From sums (of None where there was no tie) to what the kinds add up to; a tie that goes keeps its times."""
    weight_u, count, first_us, last_us = (each or 0 for each in before)
    left = tuple(each for each in kinds if each.count)
    return TieChange(
        source=source,
        target=target,
        weight_u_was=weight_u,
        weight_u_now=sum(each.weight_u for each in left),
        count_was=count,
        count_now=sum(each.count for each in left),
        first_us=min((each.first_us for each in left), default=first_us),
        last_us=max((each.last_us for each in left), default=last_us),
        kinds=left,
    )


def _check_kept(state: ArchiveState, start_us: int | None) -> None:
    forgotten = state.forgotten_to_us
    if start_us is None or forgotten is None or start_us > forgotten:
        return
    wanted, kept = (_EPOCH + timedelta(microseconds=each) for each in (start_us, forgotten))
    raise SettingsError(
        f"the window would begin at {wanted:%Y-%m-%d}, and single interactions up to {kept:%Y-%m-%d %H:%M} UTC are no "
        "longer kept",
        hint="set ORGANISM_WINDOW_DAYS shorter, or to 0 for all time",
    )


_LEAVING = """
    WITH leaving AS (
        SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, count(*) AS count
        FROM organism.interaction WHERE at_us >= %(low)s AND at_us < %(high)s GROUP BY source, target, kind
    ), by_tie AS (
        SELECT source, target, array_agg(ARRAY[kind, weight_u, count, coalesce(stays.first_us, 0)]) AS kinds
        FROM leaving LEFT JOIN LATERAL (
            SELECT min(at_us) AS first_us FROM organism.interaction each
            WHERE each.source = leaving.source AND each.target = leaving.target AND each.kind = leaving.kind
                AND each.at_us >= %(high)s
        ) stays ON true
        GROUP BY source, target
    )
    SELECT s.id, t.id, tie.weight_u, tie.count, tie.first_us, tie.last_us, tie.kind, tie.kinds, by_tie.kinds
    FROM by_tie JOIN organism.tie tie USING (source, target)
        JOIN organism.person s ON s.idx = source JOIN organism.person t ON t.idx = target
"""

_COMPARED = """, inside AS (
        SELECT source, target, sum(weight_u)::bigint AS weight_u, sum(count)::bigint AS count,
            array_agg(ARRAY[kind, weight_u, count, first_us, last_us]) AS kinds
        FROM by_kind GROUP BY source, target
    )
    SELECT s.id, t.id, tie.weight_u, tie.count, tie.first_us, tie.last_us, inside.kinds
    FROM inside FULL JOIN organism.tie tie USING (source, target)
        JOIN organism.person s ON s.idx = source JOIN organism.person t ON t.idx = target
    WHERE (tie.weight_u, tie.count) IS DISTINCT FROM (inside.weight_u, inside.count)
"""

_ALL = (
    """
    WITH by_kind AS (
        SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, count(*) AS count, min(at_us) AS first_us,
            max(at_us) AS last_us
        FROM organism.interaction WHERE %(start)s::bigint IS NULL OR at_us >= %(start)s GROUP BY source, target, kind
    )"""
    + _COMPARED
)

# First and last are as fine as what is left: days of single interactions, else the week's Monday.
_ALL_FROM_WEEKS = (
    """
    WITH kept AS (
        SELECT source, target, kind, min(at_us) AS first_us, max(at_us) AS last_us FROM organism.interaction
        GROUP BY source, target, kind
    ), weeks AS (
        SELECT source, target, kind, sum(weight_u)::bigint AS weight_u, sum(count)::bigint AS count,
            min(extract(epoch FROM week)::bigint * 1000000) AS first_us,
            max(extract(epoch FROM week)::bigint * 1000000) AS last_us
        FROM organism.tie_week GROUP BY source, target, kind
    ), by_kind AS (
        SELECT source, target, kind, weeks.weight_u, weeks.count, least(weeks.first_us, kept.first_us) AS first_us,
            greatest(weeks.last_us, kept.last_us) AS last_us
        FROM weeks LEFT JOIN kept USING (source, target, kind)
    )"""
    + _COMPARED
)
