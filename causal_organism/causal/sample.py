"""The rows of a panel that one outcome can be studied on, and the segments that people fall into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.panel import NEXT, TREATMENT
from causal_organism.causal.within import Columns, Effects, Floats, Ints, codes

LEAST_COVERAGE = 0.5
EVERYBODY = "all"
REST = "other roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Arrays by row. `rows` are their places in the panel; `controls` are columns of W. `person`, `week` and `team` are
    codes from 0 without gaps."""

    outcome: str
    controls: tuple[str, ...]
    rows: Ints
    y: Floats
    t: Floats
    w: Floats
    person: Ints
    week: Ints
    team: Ints
    segment: NDArray[np.str_]
    week_index: Ints

    @property
    def persons(self) -> int:
        return _count(self.person)

    @property
    def weeks(self) -> int:
        return _count(self.week)

    @property
    def teams(self) -> int:
        return _count(self.team)

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(np.unique(self.segment).tolist())

    @property
    def cell(self) -> Ints:
        """The team's week where two or more of it are in the sample, else the week: what rows are compared within."""
        return codes(cells_of(self.team, self.week))

    def effects(self) -> Effects:
        return Effects(self.person, self.cell)

    def sharing(self, other: Sample) -> Sample | None:
        """The same with everything but the outcome taken from another sample, which needs the memory of one; None where
        that has other rows, or anything else in them."""
        if self.controls != other.controls or not np.array_equal(self.rows, other.rows):
            return None
        same = np.array_equal(self.t, other.t) and np.array_equal(self.w, other.w)
        return replace(other, outcome=self.outcome, y=self.y) if same else None

    def of(self, kept: NDArray[np.bool_]) -> Sample:
        """The same with some of the rows."""
        return Sample(
            outcome=self.outcome, controls=self.controls, rows=self.rows[kept], y=self.y[kept], t=self.t[kept],
            w=self.w[kept], person=codes(self.person[kept]), week=codes(self.week[kept]), team=codes(self.team[kept]),
            segment=self.segment[kept], week_index=self.week_index[kept],
        )  # fmt: skip


def draw_sample(
    panel: Columns,
    outcome: str,
    controls: tuple[str, ...],
    *,
    min_group: int,
    also: Mapping[str, Floats] | None = None,
) -> Sample:
    """Rows where treatment, next week's outcome and all controls are known and enough of the week was seen.

    `also`: further controls by name, by row of the panel.
    """
    further = dict(also or {})
    columns = [np.asarray(panel[name], dtype=np.float64) for name in controls] + list(further.values())
    y = np.asarray(panel[outcome + NEXT], dtype=np.float64)
    t = np.asarray(panel[TREATMENT], dtype=np.float64)
    w = np.column_stack(columns) if columns else np.empty((len(y), 0))
    known = ~(np.isnan(y) | np.isnan(t) | np.isnan(w).any(axis=1)) & (panel["coverage"] >= LEAST_COVERAGE)
    rows = np.flatnonzero(known & (np.asarray(panel["team"]) != ""))
    return Sample(
        outcome=outcome,
        controls=(*controls, *further),
        rows=rows,
        y=y[rows],
        t=t[rows],
        w=w[rows],
        person=codes(panel["id"][rows]),
        week=codes(panel["week_index"][rows]),
        team=codes(panel["team"][rows]),
        segment=segments_of(panel, min_group=min_group)[rows],
        week_index=np.asarray(panel["week_index"])[rows],
    )


def _count(codes_by_row: Ints) -> int:
    """How many codes there are, from 0 without gaps."""
    return int(codes_by_row.max(initial=-1)) + 1


def cells_of(team: Ints, week: Ints) -> Ints:
    """A code per row: of the team's week, or of the week (below the number of weeks) where the team has one row in it.

    What happens to a whole team in a week then moves nobody's effect. Lone rows are compared with each other.
    """
    weeks = int(week.max(initial=-1)) + 1
    own = (team + 1) * weeks + week
    return np.where(np.bincount(own)[own] >= 2, own, week) if len(own) else own


def segments_of(panel: Columns, *, min_group: int) -> NDArray[np.str_]:
    """The role of each row's person; roles with fewer than `min_group` people stand together."""
    role = np.asarray(panel["role"]).astype(str)
    _, first = np.unique(panel["id"], return_index=True)
    names, people = np.unique(role[first], return_counts=True)
    small = names[(people < min_group) | (names == "")]
    if len(small) == len(names):
        return np.full(len(role), EVERYBODY)
    return np.where(np.isin(role, small), REST, role).astype(str)
