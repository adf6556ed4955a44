"""Interactions that agree with the latents: meetings, messages and reviews, in order of time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.synthetic.latents import Latents
from causal_organism.synthetic.structure import ROLES, Structure

Ints = NDArray[np.int64]

DAY_US = 24 * 3600 * 1_000_000
HOUR_US = 3600 * 1_000_000
MEETING_HOURS = np.array([9, 10, 11, 13, 14, 15])  # UTC; the n-th meeting of anybody's week has a time of its own
DURATIONS_S = np.array([1800, 2700, 3600])
MESSAGES_A_WEEK = 6.0
REVIEWS_A_WEEK = 1.5
CROSS_TEAM_SHARE, BROKER_CROSS_TEAM_SHARE = 0.06, 0.5
COLUMNS = ("source", "target", "at_us", "kind", "weight", "duration_s")


def draw_interactions(
    rng: np.random.Generator,
    structure: Structure,
    latents: Latents,
    *,
    first_us: int,
    prefix: str,
    apart_from: int | None = None,
) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """(columns in order of time, meeting hours as people x (1 + weeks)); week 0, the lead-in, has hours but no rows.

    `apart_from`: meetings of the weeks from then on are drawn apart from those before.
    """
    there = np.arange(latents.load.shape[1])[None, :] > structure.first_week[:, None]
    there[:, 0] = structure.first_week == 0
    wanted, week = np.where(there, latents.meetings_wanted, 0), np.arange(there.shape[1])
    spans = [week >= 0] if apart_from is None else [week <= apart_from, week > apart_from]
    draws = [rng] if apart_from is None else rng.spawn(2)
    parts = [
        *(draw_meetings(own, structure, np.where(span, wanted, 0)) for own, span in zip(draws, spans, strict=True)),
        _messages(rng, structure, there, MESSAGES_A_WEEK * np.exp(0.15 * latents.load)),
        _reviews(rng, structure, there),
    ]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in (*COLUMNS, "week")}
    meet_h = np.zeros(latents.load.shape)
    is_meeting = rows["kind"] == "meeting"
    np.add.at(meet_h, (rows["target"][is_meeting], rows["week"][is_meeting]), rows["duration_s"][is_meeting] / 3600)
    shown = np.flatnonzero(rows["week"] > 0)
    at_us = rows["at_us"] + first_us + (rows["week"] - 1) * 7 * DAY_US
    order = shown[np.lexsort((rows["target"][shown], rows["source"][shown], at_us[shown]))]
    ids = structure.columns["id"]
    return {
        "source": ids[rows["source"][order]],
        "target": ids[rows["target"][order]],
        "at_us": at_us[order],
        "kind": rows["kind"][order],
        "weight": rows["weight"][order],
        "duration_s": rows["duration_s"][order],
        "id": _numbered(prefix, len(order)),
    }, meet_h


def _numbered(prefix: str, rows: int) -> NDArray[np.str_]:
    """`prefix00000001` and so on, digit by digit, because making a million texts takes as long as all else."""
    width = max(8, len(str(rows)))
    letters = np.empty((rows, len(prefix) + width), dtype=np.uint32)
    letters[:, : len(prefix)] = [ord(each) for each in prefix]
    numbers = np.arange(1, rows + 1, dtype=np.uint32)
    for place in range(width):
        letters[:, -1 - place] = ord("0") + numbers // 10**place % 10
    return letters.view(f"U{letters.shape[1]}").ravel()


def draw_meetings(rng: np.random.Generator, structure: Structure, wanted: Ints) -> dict[str, Any]:
    """Rows of meetings in which everybody sits as often as wanted (less one where nobody else was free).

    Each person's n-th meeting of a week is grouped with the n-th meetings of others of the team, so nobody meets
    twice at once; those who want to meet other teams, and those left alone, are grouped across teams.
    """
    person, week = (np.repeat(each, wanted.ravel()) for each in np.divmod(np.arange(wanted.size), wanted.shape[1]))
    nth = np.arange(len(person)) - np.repeat(np.cumsum(wanted.ravel()) - wanted.ravel(), wanted.ravel())
    cross = rng.random(len(person)) < np.where(structure.broker, BROKER_CROSS_TEAM_SHARE, CROSS_TEAM_SHARE)[person]
    within = np.flatnonzero(~cross)
    chunk, alone = _chunks(rng, (week[within], structure.team[person[within]], nth[within]), size=4)
    pool = np.concatenate((np.flatnonzero(cross), within[alone]))
    pool_chunk, pool_alone = _chunks(rng, (week[pool], np.zeros_like(pool), nth[pool]), size=3)
    seats = np.concatenate((within[~alone], pool[~pool_alone]))
    meeting = np.concatenate((chunk[~alone], pool_chunk[~pool_alone] + len(person)))
    order = np.lexsort((rng.random(len(seats)), meeting))
    seats, meeting = seats[order], meeting[order]
    first = np.searchsorted(meeting, meeting)  # the organiser's seat
    is_first = first == np.arange(len(seats))
    source = np.where(is_first, person[seats[np.minimum(first + 1, len(seats) - 1)]], person[seats[first]])
    duration_s = rng.choice(DURATIONS_S, len(seats))[first].astype(np.float64)
    day, hour = nth[seats] % 5, MEETING_HOURS[nth[seats] // 5 % len(MEETING_HOURS)]
    return {
        "source": source,
        "target": person[seats],
        "at_us": day * DAY_US + hour * HOUR_US,
        "kind": np.full(len(seats), "meeting"),
        "weight": duration_s / 3600,
        "duration_s": duration_s,
        "week": week[seats],
    }


def _chunks(rng: np.random.Generator, keys: tuple[Ints, Ints, Ints], *, size: int) -> tuple[Ints, NDArray[np.bool_]]:
    """(meeting, alone) by row: rows of equal keys in random chunks of `size` to 2 size - 1, or one of fewer."""
    rows = len(keys[0])
    order = np.lexsort((rng.random(rows), *keys[::-1]))
    changes = np.zeros(rows, dtype=bool)
    for key in keys:
        changes[1:] |= key[order][1:] != key[order][:-1]
    group = np.cumsum(changes)
    count = np.bincount(group, minlength=1)[group]
    rank = np.arange(rows) - np.searchsorted(group, group)
    part = np.minimum(rank // size, np.maximum(count // size - 1, 0))
    meeting, alone = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=bool)
    meeting[order] = np.searchsorted(group, group) + part
    alone[order] = count == 1
    return meeting, alone


def _messages(
    rng: np.random.Generator, structure: Structure, there: NDArray[np.bool_], rate: NDArray[np.float64]
) -> dict[str, Any]:
    sender, week = _repeat(rng.poisson(np.where(there, rate, 0.0)))
    near = rng.random(len(sender))
    far = np.where(structure.broker[sender], 0.5, 0.12)
    receiver = np.where(
        near < far,
        _contacts(rng, structure)[sender, rng.integers(0, 5, len(sender))],
        np.where(
            near < far + 0.18, _colleague(rng, structure.department, sender), _colleague(rng, structure.team, sender)
        ),
    )
    moment = _moments(rng, len(sender))
    return _plain("message", sender, receiver, moment, week, there)


def _reviews(rng: np.random.Generator, structure: Structure, there: NDArray[np.bool_]) -> dict[str, Any]:
    reviews = (structure.role == ROLES.index("engineer"))[:, None] & there
    author, week = _repeat(rng.poisson(np.where(reviews, REVIEWS_A_WEEK, 0.0)))
    return _plain("review", author, _colleague(rng, structure.team, author), _moments(rng, len(author)), week, there)


def _plain(kind: str, source: Ints, target: Ints, moment: Ints, week: Ints, there: NDArray[np.bool_]) -> dict[str, Any]:
    valid = (source != target) & there[target, week]
    rows = int(valid.sum())
    return {
        "source": source[valid],
        "target": target[valid],
        "at_us": moment[valid],
        "kind": np.full(rows, kind),
        "weight": np.ones(rows),
        "duration_s": np.full(rows, np.nan),
        "week": week[valid],
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


def _contacts(rng: np.random.Generator, structure: Structure) -> Ints:
    """Five lasting contacts of each person anywhere in the organisation; never oneself."""
    return (np.arange(structure.size)[:, None] + rng.integers(1, structure.size, (structure.size, 5))) % structure.size


def _moments(rng: np.random.Generator, rows: int) -> Ints:
    """Microseconds into the week: mostly working hours, some evenings, some weekends; always within the UTC week."""
    evening = rng.random(rows) < 0.12
    day = np.where(rng.random(rows) < 0.04, rng.integers(5, 7, rows), rng.integers(0, 5, rows))
    hour = np.where(evening, 18 + 5 * rng.random(rows), 8 + 9.5 * rng.random(rows))
    return day * DAY_US + (hour * HOUR_US).astype(np.int64) // 1000 * 1000
