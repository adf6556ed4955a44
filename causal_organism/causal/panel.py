"""The panel: one row per person and ISO week, what was done in it and what followed in the next.

Meeting hours are not asked of anybody: they are the time that meetings *into* a person take in that week. (A meeting of
k people is k interactions of kind `meeting`, one to each of them, so sums per tie lose nothing.) Bookings that overlap
count once, where the sums say how much time was booked.

Outcomes of a week stand beside it as `<metric>` and those of the next week as `<metric>_next`. The network of a week
is counted from that week's ties alone and used only from the week before (`degree_prev`): the views of today are made
from the same meetings that are studied, so they describe people but are never adjusted for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.panel_coverage import CONTEXT, ON_CALL, Seen, judge_coverage
from causal_organism.errors import CannotConcludeError, RequestError
from causal_organism.network.roster import rows_in_weeks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TREATMENT = "meet_load_h"
NEXT = "_next"
KEYS = ("id", "week")
TEXTS = ("id", "week", "team", "role", "site", "left_out")
_FIRST_MONDAY = date(1970, 1, 5).toordinal()


def build_panel(weekly: Any, people: Any, outcomes: Any, views: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Columns by person (in order of id) and week (of those with outcomes), ready for `estimate_effects`.

    weekly: tie sums per ISO week (week, kind, source, target, count, duration_s; booked_s where known). people: the
    roster (id, team, and role where there is one). outcomes: id, week, and a column per metric; columns that are not
    numbers are left out.
    views: name -> table with `id`; their columns become `<name>_<column>`. Tables are mappings of columns, pandas or
    Arrow tables. Not-a-number: not known. Outcomes of people who are not in the roster are left out, and weeks that lie
    in no period of a person (before `started_on`, after `ended_on`); team and role are those of the week.

    Gives id, week, week_index (ISO weeks since 1970), team, role, site, meet_load_h, degree, degree_prev, coverage
    (share of the person's usual interactions that were seen, 0 where there were none), left_out (why meeting hours are
    unknown, a reason code; empty where they are known), `<metric>` and `<metric>_next`. What was not seen is unknown:
    hours without a calendar, and hours and outcomes of weeks in which somebody was away (panel_coverage.py).

    Raises:
        CannotConcludeError: `no-outcomes`, `no-people`, `no-interactions`, `no-common-weeks`, `duplicate-outcomes`.
    """
    roster, measured, ties = (to_columns(each) for each in (people, outcomes, weekly))
    _require(roster, "id", "no-people", "there are no people; `organism import people FILE` brings them in")
    _require(measured, "id", "no-outcomes", "there are no outcomes; `organism import outcomes FILE` brings them in")
    _require(
        ties, "week", "no-interactions", "no interactions were taken in yet; `organism ingest FILE` brings them in"
    )
    grid = _Grid.of(roster, measured)
    panel = _roster_columns(grid, roster)
    metrics = _metrics(grid, measured)
    declared = {name: metrics.pop(name) for name in CONTEXT if name in metrics}
    network, away = _network_columns(grid, ties, panel["site"], declared)
    panel |= network
    if ON_CALL in metrics:
        panel[ON_CALL] = np.nan_to_num(metrics.pop(ON_CALL)).ravel()  # not said: not on call
    for metric, values in metrics.items():
        values = np.where(away, np.nan, values)
        panel[metric] = values.ravel()
        panel[metric + NEXT] = grid.shifted(values, 1).ravel()
    for name, table in (views or {}).items():
        panel |= _view_columns(grid, name, to_columns(table))
    employed = grid.periods.ravel() >= 0
    if not employed.any():
        raise CannotConcludeError(
            "nobody was there in a week with outcomes: every period of the roster ends before or begins after",
            reasons=("no-common-weeks",),
        )
    return panel if employed.all() else {name: values[employed] for name, values in panel.items()}


def to_panel(table: Any) -> dict[str, NDArray[Any]]:
    """A panel as it was built, however it was stored: columns as arrays, texts as text."""
    columns = to_columns(table)
    return columns | {name: columns[name].astype(str) for name in TEXTS if name in columns}


def shift(panel: Mapping[str, Any], column: str, weeks: int) -> Floats:
    """The column's value for the same person that many weeks later (earlier if negative); NaN where unknown."""
    person = np.unique(panel["id"], return_inverse=True)[1].astype(np.int64)
    week = np.asarray(panel["week_index"], dtype=np.int64)
    stride = int(week.max()) + abs(weeks) + 1
    order = np.argsort(person * stride + week)
    place = _positions((person * stride + week)[order], person * stride + week + weeks)
    values = np.asarray(panel[column], dtype=np.float64)[order]
    return np.where((place >= 0) & (week + weeks >= 0), values[place], np.nan)


def outcome_metrics(panel: Mapping[str, Any]) -> tuple[str, ...]:
    """Metrics that the panel has of both this week and the next, in order of name."""
    return tuple(sorted(name.removesuffix(NEXT) for name in panel if name.endswith(NEXT)))


def to_columns(table: Any) -> dict[str, NDArray[Any]]:
    """Columns as arrays, of a mapping, a pandas DataFrame (its named index included) or an Arrow table."""
    if table is None:
        return {}
    if hasattr(table, "column_names"):
        return {name: np.asarray(table.column(name).to_pylist()) for name in table.column_names}
    if hasattr(table, "reset_index"):
        table = table.reset_index() if any(name is not None for name in table.index.names) else table
        return {str(name): table[name].to_numpy() for name in table.columns}
    return {str(name): np.asarray(values) for name, values in table.items()}


def week_indices(weeks: NDArray[Any]) -> Ints:
    """ISO weeks since that of 1970-01-05, of texts like `2026-W07`, or of dates."""
    distinct, inverse = np.unique(np.asarray(weeks).astype(str), return_inverse=True)
    return np.array([_week_index(text) for text in distinct.tolist()], dtype=np.int64)[inverse]


def _week_index(text: str) -> int:
    try:
        if "W" in text:
            year, _, week = text.partition("-W")
            day = date.fromisocalendar(int(year), int(week), 1)
        else:
            day = date.fromisoformat(text[:10])
    except ValueError as error:
        raise RequestError(f"{text!r} is not an ISO week; write weeks like 2026-W07") from error
    return (day.toordinal() - _FIRST_MONDAY) // 7


def _week_text(index: int) -> str:
    year, week, _ = date.fromordinal(_FIRST_MONDAY + 7 * index).isocalendar()
    return f"{year}-W{week:02}"


def _require(columns: Mapping[str, NDArray[Any]], name: str, reason: str, message: str) -> None:
    if name not in columns or len(columns[name]) == 0:
        raise CannotConcludeError(message, reasons=(reason,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """People x weeks. `at` finds rows: the flat position of (id, week), or -1."""

    ids: NDArray[np.str_]
    weeks: Ints
    periods: Ints  # people x weeks: the row of the roster, -1 where the person was not there
    measured: Ints  # flat position of each row of the outcomes, -1 for people who are not in the roster

    @classmethod
    def of(cls, roster: Mapping[str, NDArray[Any]], measured: Mapping[str, NDArray[Any]]) -> _Grid:
        ids = np.unique(roster["id"].astype(str))
        index = week_indices(measured["week"])
        weeks = np.unique(index)
        mondays = _FIRST_MONDAY + 7 * weeks
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

    def shifted(self, values: Floats, weeks: int) -> Floats:
        return _shifted(values, self.weeks, weeks)


def _places(ids: NDArray[np.str_], weeks: Ints, person: NDArray[np.str_], week: Ints) -> Ints:
    row, column = _positions(ids, person), _positions(weeks, week)
    return np.where((row >= 0) & (column >= 0), row * len(weeks) + column, -1)


def _positions(known: NDArray[Any], wanted: NDArray[Any]) -> Ints:
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, place, -1)


def _shifted(values: Floats, weeks: Ints, by: int) -> Floats:
    place = _positions(weeks, weeks + by)
    return np.where(place >= 0, values[:, place], np.nan)


def _roster_columns(grid: _Grid, roster: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Team and role are those of the period that the week lies in; of a week in none, which is left out later, any."""
    people, weeks = grid.shape
    columns: dict[str, Any] = {
        "id": np.repeat(grid.ids, weeks),
        "week": np.tile(np.array([_week_text(int(week)) for week in grid.weeks]), people),
        "week_index": np.tile(grid.weeks, people),
    }
    row = grid.periods.ravel()
    for name in ("team", "role", "site"):
        texts = roster[name][row].tolist() if name in roster else [""] * len(row)
        columns[name] = np.array(["" if text is None or text != text else str(text) for text in texts])
    return columns


def _network_columns(
    grid: _Grid, ties: Mapping[str, NDArray[Any]], site: NDArray[np.str_], declared: dict[str, Floats]
) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """(columns, people x weeks that were away)."""
    week = week_indices(ties["week"])
    if not np.isin(week, grid.weeks).any():
        raise CannotConcludeError("no week has both interactions and outcomes", reasons=("no-common-weeks",))
    source, target = (_places(grid.ids, grid.weeks, ties[end].astype(str), week) for end in ("source", "target"))
    count = ties["count"].astype(np.float64)
    meeting = np.where(ties["kind"].astype(str) == "meeting", target, -1)
    seen = Seen(
        interactions=_summed(grid, source, count) + _summed(grid, target, count),
        meetings=_summed(grid, meeting, count),
        hours=_summed(grid, meeting, np.nan_to_num(ties.get("booked_s", ties["duration_s"]).astype(np.float64)) / 3600),
        employed=grid.periods >= 0,
        site=np.unique(site.reshape(grid.shape)[:, -1], return_inverse=True)[1].astype(np.int64),
    )
    found = judge_coverage(seen, declared)
    degree = _degree(grid, source, ties["target"].astype(str), target, ties["source"].astype(str))
    degree = np.where(seen.interactions > 0, degree, np.nan)
    columns = {
        TREATMENT: np.where(found.reasons == "", seen.hours, np.nan).ravel(),
        "degree": degree.ravel(),
        "degree_prev": grid.shifted(degree, -1).ravel(),
        "coverage": found.coverage.ravel(),
        "left_out": found.reasons.ravel(),
    }
    return columns, found.away


def _degree(
    grid: _Grid, source: Ints, target_id: NDArray[np.str_], target: Ints, source_id: NDArray[np.str_]
) -> Floats:
    """Distinct people that each had a tie with in a week, in either direction."""
    others, other = np.unique(np.concatenate((target_id, source_id)), return_inverse=True)
    place = np.concatenate((source, target))
    pairs = np.unique((place * len(others) + other)[place >= 0])
    counts: Floats = np.bincount(pairs // len(others), minlength=grid.shape[0] * grid.shape[1]).astype(np.float64)
    return counts.reshape(grid.shape)


def _summed(grid: _Grid, place: Ints, amounts: Floats) -> Floats:
    sums = np.bincount(place + 1, amounts, minlength=grid.shape[0] * grid.shape[1] + 1)[1:]
    return np.asarray(sums.reshape(grid.shape), dtype=np.float64)


def _metrics(grid: _Grid, measured: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
    found = {}
    for name in sorted(set(measured) - set(KEYS)):
        values = _numbers(measured[name])
        if values is not None:
            found[name] = np.full(grid.shape, np.nan)
            found[name].ravel()[grid.measured[grid.measured >= 0]] = values[grid.measured >= 0]
    return found


def _view_columns(grid: _Grid, name: str, table: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    place = _positions(grid.ids, table["id"].astype(str))
    columns = {}
    for column in sorted(set(table) - {"id"}):
        values = _numbers(table[column])
        if values is not None:
            by_person = np.full(len(grid.ids), np.nan)
            by_person[place[place >= 0]] = values[place >= 0]
            columns[f"{name}_{column}"] = np.repeat(by_person, len(grid.weeks))
    return columns


def _numbers(values: NDArray[Any]) -> Floats | None:
    """As floats, None as not-a-number; None for a column that is not numbers."""
    try:
        return np.array([np.nan if each is None else float(each) for each in values.tolist()])
    except (TypeError, ValueError):
        return None
