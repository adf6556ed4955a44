"""People x weeks: where each row of the inputs belongs, and what of a panel made before still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.panel_coverage import Seen, judge_coverage
from causal_organism.causal.person_weeks.ties import (
    TieSums,
    count_neighbours,
    hours_of_neighbours,
    positions,
    read_ties,
    sum_ties,
    tied_to,
)
from causal_organism.causal.person_weeks.weeks import FIRST_MONDAY, week_indices
from causal_organism.causal.within import Columns, Floats, Ints, Marks
from causal_organism.errors import CannotConcludeError
from causal_organism.network.roster import rows_in_weeks

SUMS = {"interactions": "interactions", "meetings": "meetings", "booked_h": "hours", "ties_print": "prints"}
"""Columns of the panel that hold what a week's ties add up to, with their names there."""
_HELD = ("degree", "neighbour_meet_h", "meet_load_h")
_OF_ROSTER = ("team", "role", "site")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """People x weeks. `at` finds rows: the flat position of (id, week), or -1."""

    ids: NDArray[np.str_]
    weeks: Ints
    periods: Ints  # people x weeks: the row of the roster, -1 where the person was not there
    measured: Ints  # flat position of each row of the outcomes, -1 for people who are not in the roster

    @classmethod
    def of(cls, roster: Columns, measured: Columns) -> Grid:
        ids = np.unique(roster["id"].astype(str))
        index = week_indices(measured["week"])
        weeks = np.unique(index)
        mondays = FIRST_MONDAY + 7 * weeks
        periods = rows_in_weeks(roster, ids.tolist(), mondays)
        grid = cls(
            ids=ids, weeks=weeks, periods=periods, measured=_places(ids, weeks, measured["id"].astype(str), index)
        )
        rows = grid.measured[grid.measured >= 0]
        if not len(rows):
            raise CannotConcludeError("nobody in the outcomes is in the roster", reasons=("no-outcomes",))
        if len(np.unique(rows)) < len(rows):
            raise CannotConcludeError("the outcomes have a person twice in one week", reasons=("duplicate-outcomes",))
        return grid

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.ids), len(self.weeks)

    @property
    def employed(self) -> Marks:
        return self.periods >= 0

    def shifted(self, values: Floats, weeks: int) -> Floats:
        place = positions(self.weeks, self.weeks + weeks)
        return np.where(place >= 0, values[:, place], np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A panel made before with the same roster, on the grid of now. `there`: cells that it had."""

    there: Marks
    columns: Columns

    @classmethod
    def of(cls, grid: Grid, panel: Columns, roster: Columns) -> Before | None:
        """None: it was made with another roster, or lacks a column. `roster`: the columns of now that come of it."""
        if not {*_HELD, *SUMS, *_OF_ROSTER, "id", "week_index"} <= set(panel):
            return None
        place = _places(grid.ids, grid.weeks, panel["id"], np.asarray(panel["week_index"], dtype=np.int64))
        there = np.zeros(grid.employed.size, dtype=bool)
        there[place[place >= 0]] = True
        again = np.isin(grid.weeks, panel["week_index"])
        if (np.isin(panel["week_index"], grid.weeks) & (place < 0)).any():
            return None
        if (there.reshape(grid.shape) != (grid.employed & again)).any():
            return None
        inside = place >= 0
        if any((panel[name][inside] != roster[name][place[inside]]).any() for name in _OF_ROSTER):
            return None
        columns = {name: _on_grid(grid, panel[name], place) for name in (*_HELD, *SUMS)}
        return cls(there=there.reshape(grid.shape), columns=columns)

    def same(self, sums: TieSums) -> Marks:
        """Cells whose ties add up to what they did."""
        found = self.there.copy()
        for name, field in SUMS.items():
            found &= self.columns[name] == getattr(sums, field)
        return found

    def moved(self, hours: Floats) -> Marks:
        """Cells whose known hours are other than they were, or that are new."""
        was = self.columns["meet_load_h"]
        differs: Marks = (was != hours) & ~(np.isnan(was) & np.isnan(hours))
        return ~self.there | differs


def network_columns(
    grid: Grid, ties: Columns, site: NDArray[np.str_], declared: dict[str, Floats],
    before: Before | None,
) -> tuple[dict[str, NDArray[Any]], Marks]:  # fmt: skip
    """(columns, people x weeks that were away). Of `before` is kept what neither ties nor neighbours have moved."""
    week = week_indices(ties["week"])
    if not np.isin(week, grid.weeks).any():
        raise CannotConcludeError("no week has both interactions and outcomes", reasons=("no-common-weeks",))
    rows = read_ties(ties, grid.ids, grid.weeks, week)
    sums = sum_ties(rows)
    seen = Seen(
        interactions=sums.interactions, meetings=sums.meetings, hours=sums.hours, employed=grid.employed,
        site=np.unique(site.reshape(grid.shape)[:, -1], return_inverse=True)[1].astype(np.int64),
    )  # fmt: skip
    found = judge_coverage(seen, declared)
    hours = np.where((found.reasons == "") & grid.employed, sums.hours, np.nan)
    same = np.zeros(grid.shape, dtype=bool) if before is None else before.same(sums)
    degree = np.where(same, 0.0 if before is None else before.columns["degree"], count_neighbours(rows, ~same))
    degree = np.where((sums.interactions > 0) & grid.employed, degree, np.nan)
    if before is None:
        exposure = hours_of_neighbours(rows, hours, np.ones(grid.shape, dtype=bool))
    else:
        # A cell is exposed to the ties of the week before and to the hours of this one.
        unmoved = before.there & _week_before(grid, same) & ~tied_to(rows, before.moved(hours))
        exposure = np.where(unmoved, before.columns["neighbour_meet_h"], hours_of_neighbours(rows, hours, ~unmoved))
    columns = {
        "meet_load_h": hours.ravel(),
        "degree": degree.ravel(),
        "degree_prev": grid.shifted(degree, -1).ravel(),
        "coverage": found.coverage.ravel(),
        "left_out": found.reasons.ravel(),
        "neighbour_meet_h": exposure.ravel(),
        **{name: getattr(sums, field).ravel() for name, field in SUMS.items()},
    }
    return columns, found.away


def mean_of_others(hours: Floats, team: NDArray[Any], week: Ints) -> Floats:
    """By row: mean meeting hours of the others in the team that week, of those that are known; NaN without any."""
    has_team = team != ""
    known = np.isfinite(hours) & has_team
    code = np.unique(team, return_inverse=True)[1].astype(np.int64)
    cell = np.unique(code * (int(np.max(week, initial=0)) + 1) + week, return_inverse=True)[1]
    taken = np.where(known, hours, 0.0)
    total, count = np.bincount(cell, taken)[cell] - taken, np.bincount(cell, known)[cell] - known
    return np.where((count > 0) & has_team, total / np.maximum(count, 1), np.nan)


def _week_before(grid: Grid, same: Marks) -> Marks:
    """Cells whose week before is the same, or is not in the panel either way."""
    place = positions(grid.weeks, grid.weeks - 1)
    return np.where(place >= 0, same[:, place], False)


def _places(ids: NDArray[np.str_], weeks: Ints, person: NDArray[np.str_], week: Ints) -> Ints:
    row, column = positions(ids, person), positions(weeks, week)
    return np.where((row >= 0) & (column >= 0), row * len(weeks) + column, -1)


def _on_grid(grid: Grid, values: NDArray[Any], place: Ints) -> Any:
    found = np.zeros(grid.employed.size, dtype=values.dtype)
    found[place[place >= 0]] = values[place >= 0]
    return found.reshape(grid.shape)
