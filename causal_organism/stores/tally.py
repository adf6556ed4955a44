"""What a batch of interactions adds up to: ties before and after, sums per week. Pure; amounts are exact integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.interactions import Interaction, Refusal, refuse, to_fields
from causal_organism.network.windows import DAY_US, counts

MAX_SUM_U = 9 * 10**18
"""Most that the weights of one tie may add up to, in millionths: stores keep integers of 64 bits."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TieSums:
    """Everything that was said over one tie, or over one tie in one week."""

    weight_u: int
    count: int
    first_us: int
    last_us: int
    duration_us: int = 0


@dataclass(frozen=True, slots=True, order=True)
class WeekKey:
    week_day: int  # days from 1970-01-01 to the Monday of the ISO week, UTC
    source: str
    target: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """`kept` are the interactions that count; `refused` would have taken a tie above MAX_SUM_U."""

    kept: tuple[Interaction, ...]
    refused: tuple[Refusal, ...]
    delta: NetworkDelta
    weeks: Mapping[WeekKey, TieSums]


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
    now: dict[Pair, TieSums] = {}
    weeks: dict[WeekKey, TieSums] = {}
    people: dict[str, None] = {}
    for each in interactions:
        pair = (each.source, each.target)
        sums = now.get(pair) or before.get(pair)
        if sums is not None and sums.weight_u + each.weight_u > MAX_SUM_U:
            refused.append(refuse(to_fields(each), entry=each.entry, reason="bad-weight"))
            continue
        kept.append(each)
        if counts(each.at_us, since_us):
            now[pair] = _add(sums, each)
        week = WeekKey(week_day(each.at_us), each.source, each.target, each.kind)
        weeks[week] = _add(weeks.get(week), each)
        for person in pair:
            if person not in known:
                people[person] = None
    delta = NetworkDelta(
        ties=tuple(_change(pair, before.get(pair), now[pair]) for pair in sorted(now)),
        people=tuple(people),
        first_idx=next_idx if people else 0,
    )
    return Tally(kept=tuple(kept), refused=tuple(refused), delta=delta, weeks=weeks)


def week_day(at_us: int) -> int:
    """Days from 1970-01-01 (a Thursday) to the Monday of this moment's ISO week."""
    day = at_us // DAY_US
    return day - (day + 3) % 7


def pairs_of(interactions: Iterable[Interaction]) -> set[Pair]:
    return {(each.source, each.target) for each in interactions}


def _add(sums: TieSums | None, each: Interaction) -> TieSums:
    duration_us = _microseconds(each.duration_s or 0.0)
    if sums is None:
        return TieSums(each.weight_u, 1, each.at_us, each.at_us, duration_us)
    return TieSums(
        sums.weight_u + each.weight_u,
        sums.count + 1,
        min(sums.first_us, each.at_us),
        max(sums.last_us, each.at_us),
        sums.duration_us + duration_us,
    )


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6) if seconds < 1e9 else int(seconds) * 1_000_000  # 1e308 * 1e6 is no float


def _change(pair: Pair, before: TieSums | None, now: TieSums) -> TieChange:
    return TieChange(
        source=pair[0],
        target=pair[1],
        weight_u_was=before.weight_u if before else 0,
        weight_u_now=now.weight_u,
        count_was=before.count if before else 0,
        count_now=now.count,
        first_us=now.first_us,
        last_us=now.last_us,
    )
