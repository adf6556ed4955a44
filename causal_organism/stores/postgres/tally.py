"""What a batch of interactions adds up to: ties before and after, sums per week. Pure; amounts are exact integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from causal_organism.network.bookings import Span, span_of, union
from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.interactions import Interaction, Refusal, refuse, to_fields
from causal_organism.network.kinds import Kinds, KindSums, in_order, is_whole
from causal_organism.network.windows import DAY_US

MAX_SUM_U = 9 * 10**18
"""Most that the weights of one tie may add up to, in millionths: stores keep integers of 64 bits."""

Pair = tuple[str, str]


class TieSums(NamedTuple):
    """Everything that was said over one tie."""

    weight_u: int
    count: int  # type: ignore[assignment]  # instead of the method of tuples
    first_us: int
    last_us: int
    kinds: Kinds


WeekKey = tuple[int, str, str, str]
"""Days from 1970-01-01 to the Monday of the ISO week, UTC; source, target, kind."""

WeekSums = Sequence[int]
"""What was said over one tie in one kind and week: weight_u, count, duration_us."""


BookedKey = tuple[int, str, str]
"""Days to the Monday of the ISO week in which bookings begin, as in WeekKey; target, kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """`kept` are the interactions that count; `refused` would have taken a tie above MAX_SUM_U. `booked`: when their
    targets were booked."""

    kept: tuple[Interaction, ...]
    refused: tuple[Refusal, ...]
    delta: NetworkDelta
    weeks: Mapping[WeekKey, WeekSums]
    booked: Mapping[BookedKey, Sequence[Span]]


def tally(
    interactions: Sequence[Interaction],
    *,
    before: Mapping[Pair, TieSums],
    known: Mapping[str, int],
    next_idx: int,
    since_us: int | None = None,
) -> Tally:
    """Adds interactions to the sums that their ties had before. `known`: idx of the people seen already.

    Interactions before `since_us` are kept, and their people seen, but their ties do not count them.
    """
    kept: list[Interaction] = []
    refused: list[Refusal] = []
    now: dict[Pair, _Growing] = {}
    weeks: dict[WeekKey, list[int]] = {}
    people: dict[str, None] = {}
    booked: dict[BookedKey, list[Span]] = {}
    for each in interactions:
        entry, source, target, at_us, kind, weight_u, duration_s, _ = each
        pair = (source, target)
        tie = now.get(pair) or _growing(before.get(pair))
        if tie.sums[0] + weight_u > MAX_SUM_U:
            refused.append(refuse(to_fields(each), entry=entry, reason="bad-weight"))
            continue
        kept.append(each)
        if since_us is None or at_us >= since_us:
            now[pair] = tie
            _count(tie, kind, weight_u, at_us)
        key = (week_day(at_us), source, target, kind)
        week = weeks.get(key)
        if week is None:  # whoever is new comes with a new week
            week = weeks[key] = [0, 0, 0]
            people.update((person, None) for person in pair if person not in known)
        week[0] += weight_u
        week[1] += 1
        if duration_s:
            duration_us = _microseconds(duration_s)
            week[2] += duration_us
            booked.setdefault((key[0], target, kind), []).append(span_of(at_us, duration_us))
    delta = NetworkDelta(
        ties=tuple([_change(pair, before.get(pair), now[pair]) for pair in sorted(now)]),
        people=tuple(people),
        first_idx=next_idx if people else 0,
    )
    return Tally(
        kept=tuple(kept), refused=tuple(refused), delta=delta, weeks=weeks,
        booked={key: union(spans) for key, spans in booked.items()},
    )  # fmt: skip


def week_day(at_us: int) -> int:
    """Days from 1970-01-01 (a Thursday) to the Monday of this moment's ISO week."""
    day = at_us // DAY_US
    return day - (day + 3) % 7


def pairs_of(interactions: Iterable[Interaction]) -> set[Pair]:
    return {(each.source, each.target) for each in interactions}


class _Growing:
    """Sums of a tie: weight_u, count, first_us, last_us. While it has one `kind`, they are that kind's too; where it
    has several, `kinds` has the same of each."""

    __slots__ = ("kind", "kinds", "sums")

    def __init__(self, sums: list[int], kind: str | None, kinds: dict[str, list[int]]):
        self.sums, self.kind, self.kinds = sums, kind, kinds


def _growing(before: TieSums | None) -> _Growing:
    if before is None:
        return _Growing([0, 0, 0, 0], None, {})
    sums = before[:4]
    if is_whole(before.kinds, sums):
        return _Growing(list(sums), before.kinds[0].kind, {})
    return _Growing(list(sums), None, {kind: sums for kind, *sums in before.kinds})


def _count(tie: _Growing, kind: str, weight_u: int, at_us: int) -> None:
    """One more interaction. Times begin with the first."""
    only = tie.kind
    if only is None and not tie.sums[1]:
        tie.kind = kind
    elif only != kind:
        if only is not None:
            tie.kind, tie.kinds = None, {only: list(tie.sums)}
        _add(tie.kinds.setdefault(kind, [0, 0, 0, 0]), weight_u, at_us)
    _add(tie.sums, weight_u, at_us)


def _add(sums: list[int], weight_u: int, at_us: int) -> None:
    if not sums[1]:
        sums[:] = weight_u, 1, at_us, at_us
        return
    sums[0] += weight_u
    sums[1] += 1
    if at_us < sums[2]:
        sums[2] = at_us
    elif at_us > sums[3]:
        sums[3] = at_us


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6) if seconds < 1e9 else int(seconds) * 1_000_000  # 1e308 * 1e6 is not a float


def _change(pair: Pair, before: TieSums | None, now: _Growing) -> TieChange:
    weight_u, count, first_us, last_us = now.sums
    weight_u_was, count_was = before[:2] if before else (0, 0)
    if now.kind is not None:
        kinds: Kinds = (KindSums(now.kind, weight_u, count, first_us, last_us),)
    else:
        kinds = in_order(KindSums(kind, *sums) for kind, sums in now.kinds.items())
    return TieChange(*pair, weight_u_was, weight_u, count_was, count, first_us, last_us, kinds)
