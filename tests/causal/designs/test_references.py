"""Mistakes planted into our own calculation are found by programs that do not share it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from causal_organism.causal.data.rows import read_rows
from causal_organism.causal.data.samples import StudySample, draw
from causal_organism.causal.data.tables import StudyTable
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.linear_design import Absorb, LinearDesign, linear_design, means, units_and_times
from causal_organism.causal.designs.references import check_reference
from causal_organism.causal.designs.robustness import Checks
from causal_organism.causal.slopes.regression import Absorber, absorb_two
from tests.causal.designs.worlds import CROSS_SECTION, WITHIN_TEAMS, across, working_weeks


def context_of(table: pd.DataFrame, text: str) -> StudyContext:
    declared = parse_study(text)
    columns = {name: table[name].to_numpy(float if table[name].dtype.kind in "iuf" else object) for name in table}
    rows = read_rows(declared, StudyTable(columns=columns, rows=len(table)))
    drawn = draw(declared, rows, declared.outcomes[0], declared.treatments, None)
    return StudyContext(declared=declared, study=rows, drawn=drawn)


def differs(context: StudyContext, design: LinearDesign) -> bool:
    checks = Checks()
    check_reference(context, design, 0, checks)
    assert "reference_agrees" in checks.details, "it was asked"
    return checks.reference_differs


def without_times(sample: StudySample) -> Absorber:
    return absorb_two(sample.unit, np.zeros_like(sample.when), sample.cluster)


def without_units(sample: StudySample) -> Absorber:
    return absorb_two(np.zeros_like(sample.unit), sample.when, sample.cluster)


@pytest.mark.parametrize(
    ("absorb", "expected"), [(units_and_times, False), (without_times, True), (without_units, True), (means, True)]
)
def test_effects_that_were_not_held_equal_are_found(absorb: Absorb, expected: bool) -> None:
    context = context_of(working_weeks(1), WITHIN_TEAMS)
    assert differs(context, linear_design(context.sample, absorb)) is expected


def test_a_treatment_that_slipped_by_a_week_is_found() -> None:
    context = context_of(working_weeks(1), WITHIN_TEAMS)
    slipped = replace(context.sample, t=np.roll(context.sample.t, 1, axis=0))
    assert differs(context, linear_design(slipped, units_and_times))


def test_errors_of_rows_that_are_taken_for_independent_are_found() -> None:
    context = context_of(working_weeks(1), WITHIN_TEAMS)
    alone = replace(context.sample, cluster=np.arange(len(context.sample.y)))
    assert differs(context, linear_design(alone, units_and_times))


def test_a_cross_section_agrees_and_a_forgotten_confounder_does_not() -> None:
    context = context_of(across(1), CROSS_SECTION.format(kind="cross-section"))
    design = linear_design(context.sample, means)
    assert not differs(context, design)
    assert differs(context, linear_design(replace(context.sample, w=context.sample.w * 0), means))
