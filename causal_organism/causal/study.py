"""One outcome, studied: gates, pooled estimates with verdicts, and the reference by DoWhy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from causal_organism.causal.data.breaks import has_unit_break
from causal_organism.causal.declarations.declaration import Declaration, base_column
from causal_organism.causal.declarations.identification import declared_problems
from causal_organism.causal.declarations.panel_study import (
    declared_outcome,
    diagram_for,
    held_treatments,
    hold_on_call,
    hold_treatments,
    treatment_of,
)
from causal_organism.causal.declared_checks import check_declared
from causal_organism.causal.diagram import Adjustment, Diagram, bad_controls, choose_adjustment
from causal_organism.causal.estimands import LeadPlacebo, RawComparison
from causal_organism.causal.exposure import Exposure, exposure_effects
from causal_organism.causal.panel import NEXT, TREATMENT
from causal_organism.causal.pooled import Design, Estimate, draw_design, estimate_pooled, lead_placebo
from causal_organism.causal.raw_rows import compare_raw
from causal_organism.causal.sample import Sample, draw_sample
from causal_organism.causal.verdicts import estimate_problems, lead_problems, sample_problems
from causal_organism.causal.within import Columns, codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """`problems` hold for every segment; with no `design` nothing could be estimated. `references`, by segment."""

    outcome: str
    adjustment: Adjustment
    problems: tuple[str, ...]
    sample: Sample | None = None
    design: Design | None = None
    estimates: tuple[Estimate, ...] = ()
    segment_problems: Mapping[str, tuple[str, ...]]
    lead: LeadPlacebo | None = None
    references: Mapping[str, RawComparison]
    exposure: Exposure | None = None  # None: not known
    refuted: tuple[str, ...] = ()  # checks that failed
    doubts: tuple[str, ...] = ()  # why no estimate is more than weak
    checks: Mapping[str, float | None] = field(default_factory=dict)  # their numbers

    def problems_of(self, segment: str) -> tuple[str, ...]:
        return (*self.problems, *self.segment_problems.get(segment, ()))


def study_outcome(
    panel: Columns,
    outcome: str,
    declared: Declaration,
    *,
    agreement: float | None,
    like: Design | None = None,
) -> Study:
    """Everything about one outcome but the verdicts, which need the whole run's family of estimates.

    `agreement`: largest difference to DoWhy's estimates that is believed, as a share; None: DoWhy is not asked
    (refutations repeat what was agreed on before). `like`: the design of another outcome of the same panel.
    """
    min_group, panel = declared.min_group, _with_squares(panel, declared)
    measured = [name for name in panel if _is_measured(panel, name)]
    asked = _held_equal(panel, declared, outcome, measured)
    if asked is None:
        return _refused(outcome, Adjustment(controls=(), problems=("not-identified",)), ("not-identified",))
    diagram, confounders = asked
    adjustment = choose_adjustment(diagram, measured, confounders)
    treatment = treatment_of(declared)
    if unseen := declared_problems(declared, treatment, declared_outcome(declared, outcome)):
        return _refused(outcome, adjustment, tuple(each.value for each in unseen))
    if _apart(panel, outcome):
        return _refused(outcome, adjustment, ("gaps",))
    if adjustment.problems:
        return _refused(outcome, adjustment, adjustment.problems)
    if _holds_infinity(panel, (outcome + NEXT, TREATMENT, *adjustment.controls)):
        return _refused(outcome, adjustment, ("not-a-number",))
    if any(_has_break(panel, name) for name in (outcome, TREATMENT)):
        return _refused(outcome, adjustment, ("unit-break",))
    sample = draw_sample(panel, outcome, adjustment.controls, min_group=min_group)
    if problems := sample_problems(sample):
        return _refused(outcome, adjustment, problems, sample)
    design = draw_design(sample, like)
    sample = design.sample
    for left, given, reason in ((design.t, sample.t, "constant-treatment"), (design.y, sample.y, "no-outcomes")):
        if np.std(left) < 1e-9 * max(float(np.abs(given).max()), 1.0):  # the same for whole teams, or everybody
            return _refused(outcome, adjustment, (reason,), sample)
    estimates = estimate_pooled(design)
    treatment_sd = float(np.std(sample.t))
    segment_problems = {
        each.segment: estimate_problems(
            each, treatment_sd=treatment_sd, contrast=treatment.contrast, min_group=min_group
        )
        for each in estimates
    }
    lead = lead_placebo(panel, outcome, adjustment.controls, min_group=min_group)
    sound = [each for each in estimates if not segment_problems[each.segment]]
    repeated = sound if agreement is not None else []
    references = {each.segment: compare_raw(panel, design, each, diagram, agreement or 0.0) for each in repeated}
    made = check_declared(panel, declared, outcome, adjustment.controls)
    differ = any(not each["agrees"] for each in references.values())
    return Study(
        outcome=outcome,
        adjustment=adjustment,
        problems=(*lead_problems(lead), *(("reference-differs",) if differ else ())),
        sample=sample,
        design=design,
        estimates=estimates,
        segment_problems=segment_problems,
        lead=lead,
        references=references,
        refuted=tuple(each.value for each in made.refuted),
        doubts=tuple(each.value for each in made.doubts),
        checks=made.details,
        exposure=exposure_effects(panel, outcome, adjustment.controls, min_group=min_group),
    )


def _held_equal(
    panel: Columns, declared: Declaration, outcome: str, measured: Collection[str]
) -> tuple[Diagram, tuple[str, ...]] | None:
    """The outcome's diagram and what is declared to be held equal. None: the diagram does not have the outcome, or says
    that the treatment causes another one, which is held equal beside it."""
    diagram, others = diagram_for(declared, outcome), held_treatments(declared)
    if diagram is None or bad_controls(diagram, others):
        return None
    varying = [each for each in measured if _varies(panel, each)]
    return hold_treatments(*hold_on_call(diagram, declared.confounders, varying), others)


def without_treatment(outcome: str, treatment: str) -> Study:
    """Of an outcome where the panel has no such treatment."""
    return _refused(outcome, Adjustment(controls=()), (f"variable-missing: {treatment}",))


def _refused(outcome: str, adjustment: Adjustment, problems: tuple[str, ...], sample: Sample | None = None) -> Study:
    return Study(
        outcome=outcome, adjustment=adjustment, problems=problems, sample=sample, segment_problems={}, references={}
    )


def _with_squares(panel: Columns, declared: Declaration) -> Columns:
    """The panel with the squares that the file holds equal."""
    squares = [name for name in declared.confounders if base_column(name) != name and base_column(name) in panel]
    return {**panel, **{name: np.asarray(panel[base_column(name)], dtype=np.float64) ** 2 for name in squares}}


def _apart(panel: Columns, outcome: str) -> bool:
    """Whether the outcome was measured, but never in the week after another: in every second one, say."""
    known = np.isfinite(np.asarray(panel.get(outcome, []), dtype=np.float64))
    return bool(known.any() and not np.isfinite(np.asarray(panel[outcome + NEXT], dtype=np.float64)).any())


def _has_break(panel: Columns, name: str) -> bool:
    """Whether a column changes its unit of measurement, or its definition, on the way."""
    times = np.asarray(panel["week_index"], dtype=np.float64)
    return name in panel and has_unit_break(np.asarray(panel[name], dtype=np.float64), codes(panel["id"]), times)


def _is_measured(panel: Columns, name: str) -> bool:
    values = np.asarray(panel[name])
    return values.dtype.kind != "f" or not np.isnan(values).all()


def _varies(panel: Columns, name: str) -> bool:
    values = np.asarray(panel[name])
    return bool((values != values[0]).any())


def _holds_infinity(panel: Columns, names: tuple[str, ...]) -> bool:
    return any(np.isinf(np.asarray(panel[name], dtype=np.float64)).any() for name in names)
