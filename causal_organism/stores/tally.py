"""What a batch of interactions adds up to: ties before and after, sums per week. Pure; amounts are exact integers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.interactions import Interaction, Refusal, refuse, to_fields
from causal_organism.network.kinds import Kinds, KindSums, in_order
from causal_organism.network.windows import DAY_US, counts

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


class WeekKey(NamedTuple):
    week_day: int  # days from 1970-01-01 to the Monday of the ISO week, UTC
    source: str
    target: str
    kind: str


class WeekSums(NamedTuple):
    """What was said over one tie in one kind and week."""

    weight_u: int
    count: int  # type: ignore[assignment]  # instead of the method of tuples
    duration_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """`kept` are the interactions that count; `refused` would have taken a tie above MAX_SUM_U."""

    kept: tuple[Interaction, ...]
    refused: tuple[Refusal, ...]
    delta: NetworkDelta
    weeks: Mapping[WeekKey, WeekSums]


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
    for each in interactions:
        pair, weight_u, at_us = (each.source, each.target), each.weight_u, each.at_us
        tie = now.get(pair) or _growing(before.get(pair))
        if tie.sums[0] + weight_u > MAX_SUM_U:
            refused.append(refuse(to_fields(each), entry=each.entry, reason="bad-weight"))
            continue
        kept.append(each)
        if counts(at_us, since_us):
            now[pair] = tie
            _count(tie.sums, weight_u, at_us)
            _count(tie.kinds.setdefault(each.kind, [0, 0, 0, 0]), weight_u, at_us)
        week = weeks.setdefault(WeekKey(week_day(at_us), each.source, each.target, each.kind), [0, 0, 0])
        week[0] += weight_u
        week[1] += 1
        week[2] += _microseconds(each.duration_s) if each.duration_s else 0
        for person in pair:
            if person not in known:
                people[person] = None
    delta = NetworkDelta(
        ties=tuple(_change(pair, before.get(pair), now[pair]) for pair in sorted(now)),
        people=tuple(people),
        first_idx=next_idx if people else 0,
    )
    sums = {week: WeekSums(*found) for week, found in weeks.items()}
    return Tally(kept=tuple(kept), refused=tuple(refused), delta=delta, weeks=sums)


def week_day(at_us: int) -> int:
    """Days from 1970-01-01 (a Thursday) to the Monday of this moment's ISO week."""
    day = at_us // DAY_US
    return day - (day + 3) % 7


def pairs_of(interactions: Iterable[Interaction]) -> set[Pair]:
    return {(each.source, each.target) for each in interactions}


@dataclass(slots=True)
class _Growing:
    """Sums of a tie as weight_u, count, first_us, last_us, and the same by kind."""

    sums: list[int]
    kinds: dict[str, list[int]]


def _growing(before: TieSums | None) -> _Growing:
    if before is None:
        return _Growing([0, 0, 0, 0], {})
    return _Growing(list(before[:4]), {kind: sums for kind, *sums in before.kinds})


def _count(sums: list[int], weight_u: int, at_us: int) -> None:
    """One more interaction. Times begin with the first."""
    if not sums[1]:
        sums[2] = sums[3] = at_us
    sums[0] += weight_u
    sums[1] += 1
    if at_us < sums[2]:
        sums[2] = at_us
    elif at_us > sums[3]:
        sums[3] = at_us


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6) if seconds < 1e9 else int(seconds) * 1_000_000  # 1e308 * 1e6 is no float


def _change(pair: Pair, before: TieSums | None, now: _Growing) -> TieChange:
    weight_u, count, first_us, last_us = now.sums
    return TieChange(
        source=pair[0],
        target=pair[1],
        weight_u_was=before.weight_u if before else 0,
        weight_u_now=weight_u,
        count_was=before.count if before else 0,
        count_now=count,
        first_us=first_us,
        last_us=last_us,
        kinds=in_order(KindSums(kind, *sums) for kind, sums in now.kinds.items()),
    )
