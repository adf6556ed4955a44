"""What the ties of each person's weeks add up to, and what the meetings of those whom a person is tied to come to.

Sums are one pass over the rows. What is not a sum, because it counts distinct people or follows ties to others, is
made only for the person-weeks that are asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.person_weeks.weeks import text_codes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]

MEETING = "meeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """Rows seen from either end, so two for each tie: whose it is (place among people and weeks, or -1), the place of
    the same person a week later (or -1), the other (a code of its own, and its place a week later, or -1)."""

    shape: tuple[int, int]
    own: Ints
    next_own: Ints
    other: Ints
    next_other: Ints
    others: int  # distinct codes
    count: Floats
    meeting: Marks  # of the end that a meeting is with
    hours: Floats
    mark: NDArray[np.uint64]  # what the row adds to the week's print


@dataclass(frozen=True, slots=True, kw_only=True)
class TieSums:
    """Arrays people x weeks. `prints` are the same as long as a week's ties are: with whom, of what kind, how often."""

    interactions: Floats
    meetings: Floats
    hours: Floats
    prints: Ints


def read_ties(ties: Mapping[str, NDArray[Any]], ids: NDArray[np.str_], weeks: Ints, week: Ints) -> Ties:
    """`week`: of each row, as weeks are counted."""
    codes, names = text_codes(np.concatenate((ties["source"], ties["target"])))
    person = positions(ids, names)[codes]
    column, later = positions(weeks, week), positions(weeks, week + 1)
    kinds, kind_names = text_codes(ties["kind"])
    rows, shape = len(week), (len(ids), len(weeks))
    count = ties["count"].astype(np.float64)
    hours = np.nan_to_num(ties.get("booked_s", ties["duration_s"]).astype(np.float64)) / 3600
    is_meeting = (kind_names == MEETING)[kinds]
    prints, kind_prints = _prints(names), _prints(kind_names)[kinds]
    ends = (slice(0, rows), slice(rows, None))
    marks = [
        (prints[codes[end]] * np.uint64(0x9E3779B97F4A7C15) ^ kind_prints) * count.astype(np.uint64)
        for end in reversed(ends)
    ]
    return Ties(
        shape=shape,
        own=np.concatenate([_place(person[end], column, shape) for end in ends]),
        next_own=np.concatenate([_place(person[end], later, shape) for end in ends]),
        other=np.concatenate([codes[end] for end in reversed(ends)]),
        next_other=np.concatenate([_place(person[end], later, shape) for end in reversed(ends)]),
        others=len(names),
        count=np.tile(count, 2),
        meeting=np.concatenate((np.zeros(rows, dtype=bool), is_meeting)),
        hours=np.tile(hours, 2),
        mark=np.concatenate(marks),
    )


def sum_ties(ties: Ties) -> TieSums:
    """Of each person and week: interactions, meetings, hours in meetings, and a print of all of them."""
    prints = np.zeros(ties.shape[0] * ties.shape[1], dtype=np.uint64)
    known = ties.own >= 0
    np.add.at(prints, ties.own[known], ties.mark[known])
    met = np.where(ties.meeting, ties.own, -1)
    return TieSums(
        interactions=_summed(ties, ties.own, ties.count),
        meetings=_summed(ties, met, ties.count),
        hours=_summed(ties, met, ties.hours),
        prints=prints.view(np.int64).reshape(ties.shape),
    )


def count_neighbours(ties: Ties, cells: Marks) -> Floats:
    """Distinct people that each had a tie with in a week, in either direction, of those cells; 0 elsewhere."""
    wanted = (ties.own >= 0) & cells.ravel()[ties.own]
    pairs = np.unique(ties.own[wanted] * ties.others + ties.other[wanted])
    counts = np.bincount(pairs // max(ties.others, 1), minlength=cells.size)
    return np.asarray(counts, dtype=np.float64).reshape(ties.shape)


def hours_of_neighbours(ties: Ties, hours: Floats, cells: Marks) -> Floats:
    """Of those cells, mean meeting hours of the week of those whom the person was tied to in the week before, weighted
    by how often; of those whose hours are known, not-a-number without any."""
    known = np.append(np.isfinite(hours).ravel(), False)
    taken = (ties.next_own >= 0) & known[ties.next_other] & cells.ravel()[ties.next_own]
    taken &= ties.next_own != ties.next_other
    place, other, weight = ties.next_own[taken], ties.next_other[taken], ties.count[taken]
    total = np.bincount(place, weight * hours.ravel()[other], minlength=cells.size)
    weights = np.bincount(place, weight, minlength=cells.size)
    return np.where(weights > 0, total / np.maximum(weights, 1e-300), np.nan).reshape(ties.shape)


def tied_to(ties: Ties, moved: Marks) -> Marks:
    """Cells of who was tied, in the week before, to somebody who `moved`."""
    found = np.zeros(moved.size, dtype=bool)
    rows = (ties.next_own >= 0) & np.append(moved.ravel(), False)[ties.next_other]
    found[ties.next_own[rows]] = True
    return found.reshape(moved.shape)


def positions(known: NDArray[Any], wanted: NDArray[Any]) -> Ints:
    """Where each wanted one stands among the known, which are in order; -1 where it does not."""
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, place, -1)


def _place(person: Ints, column: Ints, shape: tuple[int, int]) -> Ints:
    return np.where((person >= 0) & (column >= 0), person * shape[1] + column, -1)


def _prints(names: NDArray[np.str_]) -> NDArray[np.uint64]:
    return np.array([zlib.crc32(each.encode("utf-8", "surrogatepass")) + 1 for each in names.tolist()], dtype=np.uint64)


def _summed(ties: Ties, place: Ints, amounts: Floats) -> Floats:
    sums = np.bincount(place + 1, amounts, minlength=ties.shape[0] * ties.shape[1] + 1)[1:]
    return np.asarray(sums.reshape(ties.shape), dtype=np.float64)
