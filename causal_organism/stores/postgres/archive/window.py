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
from causal_organism.stores.statements import load_statements

_SQL = load_statements("postgres/statements/window.sql")

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
        changes = _compared(rows, _SQL["all_from_weeks"], {})
    else:
        _check_kept(state, start_us)
        changes = _compared(rows, _SQL["all"], {"start": start_us})
    return NetworkDelta(ties=tuple(sorted(changes, key=lambda each: (each.source, each.target))))


def _leaving(rows: ArchiveRows, low: int, high: int) -> list[TieChange]:
    """Each tie without what leaves, kind by kind."""
    found = rows.connection.execute(_SQL["leaving"], {"low": low, "high": high}).fetchall()
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
