"""A roster with periods: what a person's last one says, and which one a week lies in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Roster = Mapping[str, NDArray[Any]]
"""Columns, one row per person and period; `started_on` and `ended_on` as ISO days, None where nothing bounds it."""

_WEEK_DAYS = 6


def latest_rows(people: Roster) -> dict[str, NDArray[Any]]:
    """The columns with one row per person: the period that began last, in order of the first row of each."""
    ids = [str(each) for each in people["id"].tolist()]
    if len(set(ids)) == len(ids):
        return dict(people)
    starts = _days(people, "started_on")
    row_of: dict[str, int] = {}
    for row, person in enumerate(ids):
        before = row_of.setdefault(person, row)
        if starts[row] >= starts[before]:
            row_of[person] = row
    rows = np.array(list(row_of.values()), dtype=np.int64)
    return {name: np.asarray(values)[rows] for name, values in people.items()}


def rows_in_weeks(people: Roster, ids: Sequence[str], mondays: NDArray[np.int64]) -> NDArray[np.int64]:
    """People x weeks: the row of the period that each week of a person lies in, the later where two meet in it; -1
    where the person was not there. `mondays`: ordinals of days, as `date.toordinal` gives them.
    """
    place = {person: idx for idx, person in enumerate(ids)}
    starts, ends = _days(people, "started_on"), _days(people, "ended_on")
    found = np.full((len(ids), len(mondays)), -1, dtype=np.int64)
    names = [str(each) for each in people["id"].tolist()]
    for row in sorted(range(len(names)), key=starts.__getitem__):
        if names[row] not in place:
            continue
        inside = np.ones(len(mondays), dtype=np.bool_)
        if starts[row]:
            inside &= mondays + _WEEK_DAYS >= date.fromisoformat(starts[row]).toordinal()
        if ends[row]:
            inside &= mondays <= date.fromisoformat(ends[row]).toordinal()
        found[place[names[row]], inside] = row
    return found


def _days(people: Roster, column: str) -> list[str]:
    """ISO days; "" where there is none."""
    if column not in people:
        return [""] * len(people["id"])
    return ["" if each is None or each != each else str(each)[:10] for each in people[column].tolist()]
