"""Where something that was started is measured: the panel, or the table of the study that proposed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from causal_organism.causal.data.tables import to_groups, to_numbers
from causal_organism.causal.data.times import read_times
from causal_organism.causal.declarations.codes import Direction
from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.moments import TimeKind
from causal_organism.causal.declarations.panel_study import measure_of, outcomes_in_order
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.declared_studies import study_table
from causal_organism.causal.measures import Measure
from causal_organism.causal.panel import outcome_metrics
from causal_organism.causal.person_weeks.weeks import week_indices
from causal_organism.causal.within import Columns
from causal_organism.documents.studies import FailedStudy, KeptStudy

_BETTER = {None: 0, Direction.UP: +1, Direction.DOWN: -1}
_DAYS = {TimeKind.WEEK: 7, TimeKind.DATE: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """`rows`: columns id, team, week_index, and one per outcome. `measures`: the outcomes, those to improve first."""

    rows: Columns
    measures: Sequence[Measure]

    def measure(self, name: str) -> Measure | None:
        return next((each for each in self.measures if each.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is measured now. `studies`: as their source keeps them."""

    panel: Columns
    declared: Declaration
    studies: Sequence[KeptStudy | FailedStudy] = field(default=())

    def measurements(self, study: str | None) -> Measurements | None:
        """Of the panel, or of a declared study; None: there is no such study any more, or its table has no weeks."""
        if study is None:
            names = outcomes_in_order(self.declared, outcome_metrics(self.panel))
            return Measurements(rows=self.panel, measures=[measure_of(self.declared, name) for name in names])
        found = next((each for each in self.studies if "problem" not in each and each["name"] == study), None)
        return None if found is None else _of_table(found)


def _of_table(study: KeptStudy) -> Measurements | None:
    declared, table = parse_study(study["text"], name=study["name"]), study_table(study)
    data = declared.data
    if data.unit is None or data.time is None:
        return None
    times = read_times(table.columns[data.time])
    if times.kind not in _DAYS:
        return None
    known = np.isfinite(times.values)
    day = times.values[known].astype(np.int64) * _DAYS[times.kind] + (times.kind is TimeKind.WEEK)
    outcomes = [each for each in declared.outcomes if each.column in table]
    rows: Columns = {
        "id": to_groups(table.columns[data.unit])[0][known].astype(str),
        "team": to_groups(table.columns[data.cluster or data.unit])[0][known].astype(str),
        "week_index": _weeks(day),
        **{each.name: to_numbers(table.columns[each.column]).values[known] for each in outcomes},
    }
    ordered = sorted(outcomes, key=lambda each: each.guardrail)
    measures = [
        Measure(name=each.name, unit=each.unit, better=_BETTER[each.direction], least=each.least or 0.0)
        for each in ordered
    ]
    return Measurements(rows=rows, measures=measures)


def _weeks(day: Any) -> Any:
    """ISO weeks since that of 1970-01-05, of days since the first of the year 1."""
    days, inverse = np.unique(day, return_inverse=True)
    texts = np.array([np.datetime64("0001-01-01") + np.timedelta64(int(each) - 1, "D") for each in days]).astype(str)
    return week_indices(texts)[inverse]
