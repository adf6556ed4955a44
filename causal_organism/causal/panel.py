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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.panel_coverage import CONTEXT, ON_CALL
from causal_organism.causal.person_weeks.grid import Before, Grid, mean_of_others, network_columns
from causal_organism.causal.person_weeks.ties import positions
from causal_organism.causal.person_weeks.weeks import week_text
from causal_organism.causal.within import Columns, Floats, Ints, codes
from causal_organism.errors import CannotConcludeError

Table = Any
"""Columns by name, a pandas DataFrame or an Arrow table; `to_columns` reads each."""

TREATMENT = "meet_load_h"
NEXT = "_next"
KEYS = ("id", "week")
TEXTS = ("id", "week", "team", "role", "site", "left_out")


def build_panel(
    weekly: Table, people: Table, outcomes: Table, views: Mapping[str, Table] | None = None
) -> dict[str, NDArray[Any]]:
    """Columns by person (in order of id) and week (of those with outcomes), ready for `estimate_effects`.

    weekly: tie sums per ISO week (week, kind, source, target, count, duration_s; booked_s where known). people: the
    roster (id, team, and role where there is one). outcomes: id, week, and a column per metric; columns that are not
    numbers are left out.
    views: name -> table with `id`; their columns become `<name>_<column>`. Tables are mappings of columns, pandas or
    Arrow tables. Not-a-number: not known. Outcomes of people who are not in the roster are left out, and weeks that lie
    in no period of a person (before `started_on`, after `ended_on`); team and role are those of the week.

    Gives id, week, week_index (ISO weeks since 1970), team, role, site, meet_load_h, degree, degree_prev, coverage
    (share of the person's usual interactions that were seen, 0 where there were none), left_out (why meeting hours are
    unknown, a reason code; empty where they are known), team_meet_h (mean hours of the others in the team),
    neighbour_meet_h (of those whom the person was tied to the week before, by how often), what the week's ties add up
    to (interactions, meetings, booked_h, ties_print), `<metric>` and `<metric>_next`. What was not seen is unknown:
    hours without a calendar, and hours and outcomes of weeks in which somebody was away (panel_coverage.py).

    Raises:
        CannotConcludeError: `no-outcomes`, `no-people`, `no-interactions`, `no-common-weeks`, `duplicate-outcomes`.
    """
    inputs = _Inputs.read(weekly, people, outcomes)
    return _build(inputs, Grid.of(inputs.roster, inputs.measured), views or {}, None)


def update_panel(
    previous: Table, weekly: Table, people: Table, outcomes: Table, views: Mapping[str, Table] | None = None
) -> dict[str, NDArray[Any]] | None:
    """`build_panel` of these, from the panel that it was before; None where the roster is another.

    Person-weeks whose ties add up to what they did keep what is counted in them, and what they are exposed to as far
    as nobody whom they are tied to has moved.
    """
    inputs = _Inputs.read(weekly, people, outcomes)
    grid = Grid.of(inputs.roster, inputs.measured)
    before = Before.of(grid, to_panel(previous), _roster_columns(grid, inputs.roster))
    return None if before is None else _build(inputs, grid, views or {}, before)


def _build(inputs: _Inputs, grid: Grid, views: Mapping[str, Table], before: Before | None) -> dict[str, NDArray[Any]]:
    panel = _roster_columns(grid, inputs.roster)
    metrics = _metrics(grid, inputs.measured)
    declared = {name: metrics.pop(name) for name in CONTEXT if name in metrics}
    network, away = network_columns(grid, inputs.ties, panel["site"], declared, before)
    panel |= network
    panel["team_meet_h"] = mean_of_others(panel[TREATMENT], panel["team"], panel["week_index"])
    if ON_CALL in metrics:
        panel[ON_CALL] = np.nan_to_num(metrics.pop(ON_CALL)).ravel()  # not said: not on call
    for metric, values in metrics.items():
        values = np.where(away, np.nan, values)
        panel[metric] = values.ravel()
        panel[metric + NEXT] = grid.shifted(values, 1).ravel()
    for name, table in views.items():
        panel |= _view_columns(grid, name, to_columns(table))
    employed = grid.employed.ravel()
    if not employed.any():
        raise CannotConcludeError(
            "nobody was there in a week with outcomes: every period of the roster ends before or begins after",
            reasons=("no-common-weeks",),
        )
    return panel if employed.all() else {name: values[employed] for name, values in panel.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    """Tables as columns, none of them empty."""

    roster: Columns
    measured: Columns
    ties: Columns

    @classmethod
    def read(cls, weekly: Table, people: Table, outcomes: Table) -> _Inputs:
        roster, measured, ties = (to_columns(each) for each in (people, outcomes, weekly))
        _require(roster, "id", "no-people", "there are no people; `organism import people FILE` brings them in")
        _require(measured, "id", "no-outcomes", "there are no outcomes; `organism import outcomes FILE` brings them in")
        _require(
            ties, "week", "no-interactions", "no interactions were taken in yet; `organism ingest FILE` brings them in"
        )
        return cls(roster=roster, measured=measured, ties=ties)


def to_panel(table: Table) -> dict[str, NDArray[Any]]:
    """A panel as it was built, however it was stored: columns as arrays, texts as text."""
    columns = to_columns(table)
    return columns | {name: columns[name].astype(str) for name in TEXTS if name in columns}


def shift(panel: Columns, column: str, weeks: int) -> Floats:
    """The column's value for the same person that many weeks later (earlier if negative); NaN where unknown."""
    return at_rows(panel[column], rows_later(panel, weeks))


def rows_later(panel: Columns, weeks: int) -> Ints:
    """By row: the row of the same person that many weeks later, -1 where there is none."""
    person, week = codes(panel["id"]), np.asarray(panel["week_index"], dtype=np.int64)
    stride = int(week.max()) + abs(weeks) + 1
    key = person * stride + week
    order = np.argsort(key, kind="stable")
    place = positions(key[order], key + weeks)
    return np.where((place >= 0) & (week + weeks >= 0), order[place], -1)


def at_rows(values: Any, rows: Ints) -> Floats:
    """Values of other rows; NaN where there is no such row."""
    return np.where(rows >= 0, np.asarray(values, dtype=np.float64)[rows], np.nan)


def outcome_metrics(panel: Columns) -> tuple[str, ...]:
    """Metrics that the panel has of both this week and the next, in order of name."""
    return tuple(sorted(name.removesuffix(NEXT) for name in panel if name.endswith(NEXT)))


def to_columns(table: Table) -> dict[str, NDArray[Any]]:
    """Columns as arrays, of a mapping, a pandas DataFrame (its named index included) or an Arrow table."""
    if table is None:
        return {}
    if hasattr(table, "column_names"):
        return {name: np.asarray(table.column(name).to_pylist()) for name in table.column_names}
    if hasattr(table, "reset_index"):
        table = table.reset_index() if any(name is not None for name in table.index.names) else table
        return {str(name): table[name].to_numpy() for name in table.columns}
    return {str(name): np.asarray(values) for name, values in table.items()}


def _require(columns: Columns, name: str, reason: str, message: str) -> None:
    if name not in columns or len(columns[name]) == 0:
        raise CannotConcludeError(message, reasons=(reason,))


def _roster_columns(grid: Grid, roster: Columns) -> dict[str, NDArray[Any]]:
    """Team and role are those of the period that the week lies in; of a week in none, which is left out later, any."""
    people, weeks = grid.shape
    columns: dict[str, NDArray[Any]] = {
        "id": np.repeat(grid.ids, weeks),
        "week": np.tile(np.array([week_text(int(week)) for week in grid.weeks]), people),
        "week_index": np.tile(grid.weeks, people),
    }
    row = grid.periods.ravel()
    for name in ("team", "role", "site"):
        texts = roster[name][row].tolist() if name in roster else [""] * len(row)
        columns[name] = np.array(["" if text is None or text != text else str(text) for text in texts])
    return columns


def _metrics(grid: Grid, measured: Columns) -> dict[str, Floats]:
    found = {}
    for name in sorted(set(measured) - set(KEYS)):
        values = _numbers(measured[name])
        if values is not None:
            found[name] = np.full(grid.shape, np.nan)
            found[name].ravel()[grid.measured[grid.measured >= 0]] = values[grid.measured >= 0]
    return found


def _view_columns(grid: Grid, name: str, table: Columns) -> dict[str, NDArray[Any]]:
    place = positions(grid.ids, table["id"].astype(str))
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
