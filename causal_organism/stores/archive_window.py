"""Moving the window: which sums ties have once it begins elsewhere. Going on reads only what leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from causal_organism.errors import SettingsError
from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.stores.archive_state import ArchiveState
from causal_organism.stores.tally import TieSums

if TYPE_CHECKING:
    import psycopg

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_delta(connection: psycopg.Connection[Any], state: ArchiveState, start_us: int | None) -> NetworkDelta:
    """What moving the window's beginning to `start_us` (None: no window) changes in the network.

    Raises:
        SettingsError: the window reaches back to where single interactions are no longer kept.
    """
    old = state.window_from_us
    if start_us is not None and old is not None and start_us > old:
        found = connection.execute(_LEAVING, {"low": old, "high": start_us}).fetchall()
    elif start_us is None and state.forgotten_to_us is not None:
        found = connection.execute(_ALL_FROM_WEEKS).fetchall()
    else:
        _check_kept(state, start_us)
        found = connection.execute(_ALL, {"start": start_us}).fetchall()
    changes = [_change(*row) for row in found]
    return NetworkDelta(ties=tuple(sorted(changes, key=lambda each: (each.source, each.target))))


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


def _change(source: str, target: str, *sums: int | None) -> TieChange:
    weight_was, count_was, first_was, last_was, weight_now, count_now, first_us, last_us = sums
    before = TieSums(weight_was or 0, count_was or 0, first_was or 0, last_was or 0)
    return TieChange(
        source=source,
        target=target,
        weight_u_was=before.weight_u,
        weight_u_now=int(weight_now or 0),
        count_was=before.count,
        count_now=int(count_now or 0),
        first_us=before.first_us if first_us is None else first_us,
        last_us=before.last_us if last_us is None else last_us,
    )


_LEAVING = """
    WITH leaving AS (
        SELECT source, target, sum(weight_u) AS weight_u, count(*) AS count
        FROM organism.interaction WHERE at_us >= %(low)s AND at_us < %(high)s GROUP BY source, target
    )
    SELECT s.id, t.id, tie.weight_u, tie.count, tie.first_us, tie.last_us,
        tie.weight_u - leaving.weight_u, tie.count - leaving.count, stays.first_us, tie.last_us
    FROM leaving JOIN organism.tie tie USING (source, target)
        JOIN organism.person s ON s.idx = source JOIN organism.person t ON t.idx = target
        LEFT JOIN LATERAL (
            SELECT min(at_us) AS first_us FROM organism.interaction each
            WHERE each.source = leaving.source AND each.target = leaving.target AND each.at_us >= %(high)s
        ) stays ON true
"""

_COMPARED = """
    SELECT s.id, t.id, tie.weight_u, tie.count, tie.first_us, tie.last_us,
        inside.weight_u, inside.count, inside.first_us, inside.last_us
    FROM inside FULL JOIN organism.tie tie USING (source, target)
        JOIN organism.person s ON s.idx = source JOIN organism.person t ON t.idx = target
    WHERE (tie.weight_u, tie.count) IS DISTINCT FROM (inside.weight_u::bigint, inside.count)
"""

_ALL = (
    """
    WITH inside AS (
        SELECT source, target, sum(weight_u) AS weight_u, count(*) AS count, min(at_us) AS first_us,
            max(at_us) AS last_us
        FROM organism.interaction WHERE %(start)s::bigint IS NULL OR at_us >= %(start)s GROUP BY source, target
    )"""
    + _COMPARED
)

# First and last are as fine as what is left: days of single interactions, else the week's Monday.
_ALL_FROM_WEEKS = (
    """
    WITH kept AS (
        SELECT source, target, min(at_us) AS first_us, max(at_us) AS last_us FROM organism.interaction
        GROUP BY source, target
    ), weeks AS (
        SELECT source, target, sum(weight_u) AS weight_u, sum(count)::bigint AS count,
            min(extract(epoch FROM week)::bigint * 1000000) AS first_us,
            max(extract(epoch FROM week)::bigint * 1000000) AS last_us
        FROM organism.tie_week GROUP BY source, target
    ), inside AS (
        SELECT source, target, weeks.weight_u, weeks.count, least(weeks.first_us, kept.first_us) AS first_us,
            greatest(weeks.last_us, kept.last_us) AS last_us
        FROM weeks LEFT JOIN kept USING (source, target)
    )"""
    + _COMPARED
)
