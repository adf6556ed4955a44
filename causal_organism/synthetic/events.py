"""Interactions that agree with the latents: meetings, messages and reviews, in order of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.interactions import KINDS, Columns, Interactions
from causal_organism.synthetic.latents import Latents
from causal_organism.synthetic.structure import ROLES, Structure

Ints = NDArray[np.int64]

DAY_US = 24 * 3600 * 1_000_000
HOUR_US = 3600 * 1_000_000
MEETING_HOURS = np.array([9, 10, 11, 13, 14, 15])  # UTC; the n-th meeting of anybody's week has a time of its own
DURATIONS_S = np.array([1800, 2700, 3600])
MESSAGES_A_WEEK = 6.0
REVIEWS_A_WEEK = 1.5
_LOT_BITS = 38  # of a lot; 25 are left for the group
CROSS_TEAM_SHARE, BROKER_CROSS_TEAM_SHARE = 0.06, 0.5
COLUMNS = ("source", "target", "at_us", "kind", "duration_s", "week")
MEETING, MESSAGE, REVIEW = range(len(KINDS))


def draw_interactions(
    rng: np.random.Generator,
    structure: Structure,
    latents: Latents,
    *,
    first_us: int,
    prefix: str,
    apart_from: int | None = None,
) -> tuple[Interactions, NDArray[np.float64]]:
    """(interactions in order of time, meeting hours as people x (1 + weeks)); week 0, the lead-in, has hours but no
    rows.

    `apart_from`: meetings of the weeks from then on are drawn apart from those before.
    """
    there = present(structure, latents.load.shape[1])
    wanted, week = np.where(there, latents.meetings_wanted, 0), np.arange(there.shape[1])
    spans = [week >= 0] if apart_from is None else [week <= apart_from, week > apart_from]
    draws = [rng] if apart_from is None else rng.spawn(2)
    parts = [
        *(draw_meetings(own, structure, np.where(span, wanted, 0)) for own, span in zip(draws, spans, strict=True)),
        draw_messages(rng, structure, there, latents.load),
        draw_reviews(rng, structure, there),
    ]
    hours = sum((hours_of(part, there.shape) for part in parts[: len(spans)]), np.zeros(there.shape))
    return in_order(parts, structure, first_us=first_us, prefix=prefix), hours


def present(structure: Structure, weeks: int) -> NDArray[np.bool_]:
    """People x weeks, the first of which is the lead-in: who is there."""
    there = np.arange(weeks)[None, :] > structure.first_week[:, None]
    there[:, 0] = structure.first_week == 0
    return there


def hours_of(meetings: Columns, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """People x weeks: hours of the meetings into each."""
    place = meetings["target"].astype(np.int64) * shape[1] + meetings["week"]
    hours = np.bincount(place, meetings["duration_s"].astype(np.float64) / 3600, minlength=math.prod(shape))
    return hours.astype(np.float64).reshape(shape)


def in_order(
    parts: Sequence[dict[str, NDArray[Any]]], structure: Structure, *, first_us: int, prefix: str, first_number: int = 1
) -> Interactions:
    """The rows of all parts in order of time, but for those of the lead-in; the parts are used up."""
    rows = {name: np.concatenate([part.pop(name) for part in parts]) for name in COLUMNS}
    rows["at_us"] += first_us + (rows["week"].astype(np.int64) - 1) * 7 * DAY_US
    shown = np.flatnonzero(rows["week"] > 0)
    order = shown[order_of(rows["at_us"][shown], rows["source"][shown], rows["target"][shown])]
    taken = {name: rows[name][order] for name in ("source", "target", "at_us", "kind", "duration_s")}
    last = first_number + len(order) - 1
    number = np.arange(first_number, last + 1, dtype=np.uint32)
    return Interactions(ids=structure.columns["id"], prefix=prefix, number=number, numbers=last, **taken)


def order_of(first: Ints, *others: Ints) -> Ints:
    """The order by these whole numbers, the first one first; equal rows as they stand. By one sort of one number where
    they fit into it, several times as fast as by each."""
    keys = [each.astype(np.int64) - (int(each.min()) if len(each) else 0) for each in (first, *others)]
    sizes = [int(each.max(initial=0)) + 1 for each in keys]
    if math.prod(sizes) >= 2**63:
        return np.asarray(np.lexsort(tuple(keys[::-1])), dtype=np.int64)
    together = keys[0]
    for each, size in zip(keys[1:], sizes[1:], strict=True):
        together = together * size + each
    return np.asarray(np.argsort(together, kind="stable"), dtype=np.int64)


def _shuffled(rng: np.random.Generator, group: Ints) -> Ints:
    """The order by group, at random inside each."""
    drawn = (rng.random(len(group)) * 2**_LOT_BITS).astype(np.int64)
    if int(group.max(initial=0)) >= 2 ** (63 - _LOT_BITS):
        return np.asarray(np.lexsort((drawn, group)), dtype=np.int64)
    return np.asarray(np.argsort((group << _LOT_BITS) | drawn, kind="stable"), dtype=np.int64)


def draw_meetings(rng: np.random.Generator, structure: Structure, wanted: Ints) -> dict[str, NDArray[Any]]:
    """Rows of meetings in which everybody sits as often as wanted (less one where nobody else was free).

    Each person's n-th meeting of a week is grouped with the n-th meetings of others of the team, so nobody meets
    twice at once; those who want to meet other teams, and those left alone, are grouped across teams.
    """
    person, week = (np.repeat(each, wanted.ravel()) for each in np.divmod(np.arange(wanted.size), wanted.shape[1]))
    nth = np.arange(len(person)) - np.repeat(np.cumsum(wanted.ravel()) - wanted.ravel(), wanted.ravel())
    cross = rng.random(len(person)) < np.where(structure.broker, BROKER_CROSS_TEAM_SHARE, CROSS_TEAM_SHARE)[person]
    within = np.flatnonzero(~cross)
    most = int(nth.max(initial=0)) + 1
    moment = week * most + nth
    teams = int(structure.team.max()) + 1
    chunk, alone = _chunks(rng, (week * teams + structure.team[person])[within] * most + nth[within], size=4)
    pool = np.concatenate((np.flatnonzero(cross), within[alone]))
    pool_chunk, pool_alone = _chunks(rng, moment[pool], size=3)
    seats = np.concatenate((within[~alone], pool[~pool_alone]))
    meeting = np.concatenate((chunk[~alone], pool_chunk[~pool_alone] + len(person)))
    order = _shuffled(rng, meeting)
    seats, meeting = seats[order], meeting[order]
    first = _first_of_group(meeting)  # the organiser's seat
    is_first = first == np.arange(len(seats))
    source = np.where(is_first, person[seats[np.minimum(first + 1, len(seats) - 1)]], person[seats[first]])
    duration_s = rng.choice(DURATIONS_S, len(seats))[first].astype(np.float64)
    day, hour = nth[seats] % 5, MEETING_HOURS[nth[seats] // 5 % len(MEETING_HOURS)]
    return {
        "source": source.astype(np.int32),
        "target": person[seats].astype(np.int32),
        "at_us": day * DAY_US + hour * HOUR_US,
        "kind": np.full(len(seats), MEETING, dtype=np.int8),
        "duration_s": duration_s.astype(np.float32),
        "week": week[seats].astype(np.int16),
    }


def _chunks(rng: np.random.Generator, key: Ints, *, size: int) -> tuple[Ints, NDArray[np.bool_]]:
    """(meeting, alone) by row: rows of equal keys in random chunks of `size` to 2 size - 1, or one of fewer."""
    rows = len(key)
    order = _shuffled(rng, key)
    inside = key[order]
    first = _first_of_group(inside)
    start = first == np.arange(rows)
    count = np.diff(np.append(np.flatnonzero(start), rows))[np.cumsum(start) - 1]
    part = np.minimum((np.arange(rows) - first) // size, np.maximum(count // size - 1, 0))
    meeting, alone = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=bool)
    meeting[order] = first + part
    alone[order] = count == 1
    return meeting, alone


def _first_of_group(group: Ints) -> Ints:
    """By row, where its group begins; groups stand together."""
    start = np.flatnonzero(np.diff(group, prepend=group[:1] - 1)) if len(group) else group
    return np.repeat(start, np.diff(np.append(start, len(group))))


def draw_messages(
    rng: np.random.Generator,
    structure: Structure,
    there: NDArray[np.bool_],
    load: NDArray[np.float64],
    contacts: Ints | None = None,
) -> dict[str, NDArray[Any]]:
    """Rows of messages. `contacts`: whom people write to beside their team; None: they are drawn."""
    rate = MESSAGES_A_WEEK * np.exp(0.15 * load)
    sender, week = _repeat(rng.poisson(np.where(there, rate, 0.0)))
    near = rng.random(len(sender))
    far = np.where(structure.broker[sender], 0.5, 0.12)
    receiver = np.where(
        near < far,
        (draw_contacts(rng, structure) if contacts is None else contacts)[sender, rng.integers(0, 5, len(sender))],
        np.where(
            near < far + 0.18, _colleague(rng, structure.department, sender), _colleague(rng, structure.team, sender)
        ),
    )
    moment = _moments(rng, len(sender))
    return _plain(MESSAGE, sender, receiver, moment, week, there)


def draw_reviews(rng: np.random.Generator, structure: Structure, there: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    """Rows of reviews, which engineers ask of their teams."""
    reviews = (structure.role == ROLES.index("engineer"))[:, None] & there
    author, week = _repeat(rng.poisson(np.where(reviews, REVIEWS_A_WEEK, 0.0)))
    return _plain(REVIEW, author, _colleague(rng, structure.team, author), _moments(rng, len(author)), week, there)


def _plain(
    kind: int, source: Ints, target: Ints, moment: Ints, week: Ints, there: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    valid = (source != target) & there[target, week]
    rows = int(valid.sum())
    return {
        "source": source[valid].astype(np.int32),
        "target": target[valid].astype(np.int32),
        "at_us": moment[valid],
        "kind": np.full(rows, kind, dtype=np.int8),
        "duration_s": np.full(rows, np.nan, dtype=np.float32),
        "week": week[valid].astype(np.int16),
    }


def _repeat(counts: Ints) -> tuple[Ints, Ints]:
    row, column = np.divmod(np.arange(counts.size), counts.shape[1])
    return np.repeat(row, counts.ravel()), np.repeat(column, counts.ravel())


def _colleague(rng: np.random.Generator, group: Ints, person: Ints) -> Ints:
    """Somebody else of the same contiguous group; the person itself where it is alone."""
    low, high = np.searchsorted(group, group[person], "left"), np.searchsorted(group, group[person], "right")
    others = high - low - 1
    draw = low + np.floor(rng.random(len(person)) * np.maximum(others, 1)).astype(np.int64)
    return np.where(others > 0, np.where(draw >= person, draw + 1, draw), person)


def draw_contacts(rng: np.random.Generator, structure: Structure) -> Ints:
    """Five lasting contacts of each person anywhere in the organisation; never oneself."""
    return (np.arange(structure.size)[:, None] + rng.integers(1, structure.size, (structure.size, 5))) % structure.size


def _moments(rng: np.random.Generator, rows: int) -> Ints:
    """Microseconds into the week: mostly working hours, some evenings, some weekends; always within the UTC week."""
    evening = rng.random(rows) < 0.12
    day = np.where(rng.random(rows) < 0.04, rng.integers(5, 7, rows), rng.integers(0, 5, rows))
    hour = np.where(evening, 18 + 5 * rng.random(rows), 8 + 9.5 * rng.random(rows))
    return day * DAY_US + (hour * HOUR_US).astype(np.int64) // 1000 * 1000
