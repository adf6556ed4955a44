"""Checks of a panel's outcome that rest on what the study file declares, and on a second estimator.

They are those of any table's study (designs/robustness.py), on the panel's rows, everybody together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from causal_organism.causal.data.rows import read_rows
from causal_organism.causal.data.samples import draw
from causal_organism.causal.data.tables import StudyTable
from causal_organism.causal.declarations.declaration import DataColumns, Declaration
from causal_organism.causal.declarations.panel_study import declared_outcome
from causal_organism.causal.designs import placebos, robustness
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.linear_design import linear_design, units_and_cluster_times
from causal_organism.causal.panel import NEXT, TREATMENT
from causal_organism.causal.sample import LEAST_COVERAGE
from causal_organism.causal.slopes.intervals import interval_of
from causal_organism.causal.within import Columns, Ints, codes, without

_NOTHING_LEFT = 1e-7
_KEYS = DataColumns(unit="id", time="week_index", cluster="team")


def check_declared(panel: Columns, declared: Declaration, outcome: str, controls: tuple[str, ...]) -> robustness.Checks:
    """Negative controls, noise of the treatment, lost outcomes; cross-fitted partialling-out beside least squares."""
    checks = robustness.Checks()
    asked = _as_study(panel, declared, outcome, controls)
    table = _table(panel, asked)
    rows = read_rows(asked, table)
    drawn = draw(asked, rows, asked.outcomes[0], asked.treatments, None)
    if not len(drawn.sample.y):
        return checks
    context = StudyContext(declared=asked, study=rows, drawn=drawn, reference=False)
    design = linear_design(drawn.sample, units_and_cluster_times)
    if float(np.std(without(design.t[:, 0], design.held_beside(0)))) <= _NOTHING_LEFT:
        return checks
    slope = design.slope(0)
    placebos.check_negative_controls(context, design, 0, checks)
    robustness.check_second_estimator(design, 0, slope, checks)
    robustness.check_missingness(context, 0, checks)
    if asked.treatments[0].reliability is not None:
        robustness.check_reliability(design, 0, slope, interval_of(slope)[:2], checks)
    return checks


def _as_study(panel: Columns, declared: Declaration, outcome: str, controls: tuple[str, ...]) -> Declaration:
    """The declaration of one outcome, whose columns are those of the week that it is measured in."""

    def measured(name: str) -> str:
        return name + NEXT if name + NEXT in panel else name

    return replace(
        declared,
        data=_KEYS,
        treatments=declared.treatments[:1],
        confounders=controls,
        outcomes=(replace(declared_outcome(declared, outcome), column=outcome + NEXT),),
        negative_outcomes=tuple(measured(name) for name in declared.negative_outcomes),
        diagram=None,
    )


def _table(panel: Columns, asked: Declaration) -> StudyTable:
    """Rows of which enough was seen and whose team is known."""
    inside = (np.asarray(panel["coverage"]) >= LEAST_COVERAGE) & (np.asarray(panel["team"]) != "")
    names = [name for name in asked.columns if name in panel]
    columns = {
        name: (_numbered(panel[name]) if name in ("id", "team") else np.asarray(panel[name]))[inside].astype(np.float64)
        for name in dict.fromkeys((*names, TREATMENT))
    }
    return StudyTable(columns=columns, rows=int(inside.sum()))


def _numbered(names: Any) -> Ints:
    """Numbers in the order of the names, all of as many digits: they are sorted often, and faster than text is."""
    found = codes(names)
    return found + int(10 ** len(str(len(found))))
