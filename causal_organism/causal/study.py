"""One outcome, studied: gates, pooled estimates with verdicts, and the reference by DoWhy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from causal_organism.causal.diagram import Adjustment, Diagram, choose_adjustment
from causal_organism.causal.panel import NEXT, TREATMENT
from causal_organism.causal.pooled import Design, Estimate, draw_design, estimate_pooled, lead_placebo
from causal_organism.causal.reference import reference_effect
from causal_organism.causal.sample import EVERYBODY, Sample, draw_sample
from causal_organism.causal.verdicts import estimate_problems, lead_problems, sample_problems


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
    lead: Mapping[str, Any] | None = None
    references: Mapping[str, Mapping[str, Any]]

    def problems_of(self, segment: str) -> tuple[str, ...]:
        return (*self.problems, *self.segment_problems.get(segment, ()))


def study_outcome(
    panel: Mapping[str, Any], outcome: str, diagram: Diagram, *, min_group: int, agreement: float | None
) -> Study:
    """Everything about one outcome but the verdicts, which need the whole run's family of estimates.

    `agreement`: largest difference to DoWhy's estimates that is believed; None: DoWhy is not asked (refutations repeat
    what was agreed on before).
    """
    adjustment = choose_adjustment(diagram, [name for name in panel if _is_measured(panel, name)])
    if adjustment.problems:
        return _refused(outcome, adjustment, adjustment.problems)
    if _holds_infinity(panel, (outcome + NEXT, TREATMENT, *adjustment.controls)):
        return _refused(outcome, adjustment, ("not-a-number",))
    sample = draw_sample(panel, outcome, adjustment.controls, min_group=min_group)
    if problems := sample_problems(sample):
        return _refused(outcome, adjustment, problems, sample)
    design = draw_design(sample)
    if np.std(design.t) < 1e-9 * max(float(np.abs(sample.t).max()), 1.0):
        return _refused(outcome, adjustment, ("constant-treatment",), sample)
    estimates = estimate_pooled(design)
    treatment_sd = float(np.std(sample.t))
    segment_problems = {
        each.segment: estimate_problems(each, treatment_sd=treatment_sd, min_group=min_group) for each in estimates
    }
    lead = lead_placebo(panel, outcome, adjustment.controls, min_group=min_group)
    sound = [each for each in estimates if not segment_problems[each.segment]]
    asked = sound if agreement is not None else []
    references = {each.segment: _compare(panel, design, each, diagram, agreement or 0.0) for each in asked}
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
    )


def _refused(outcome: str, adjustment: Adjustment, problems: tuple[str, ...], sample: Sample | None = None) -> Study:
    return Study(
        outcome=outcome, adjustment=adjustment, problems=problems, sample=sample, segment_problems={}, references={}
    )


def _is_measured(panel: Mapping[str, Any], name: str) -> bool:
    values = np.asarray(panel[name])
    return values.dtype.kind != "f" or not np.isnan(values).all()


def _holds_infinity(panel: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(np.isinf(np.asarray(panel[name], dtype=np.float64)).any() for name in names)


def _compare(
    panel: Mapping[str, Any], design: Design, estimate: Estimate, diagram: Diagram, agreement: float
) -> dict[str, Any]:
    """DoWhy's estimate of the same, on the same rows."""
    sample = design.sample
    columns = dict(zip(sample.controls, design.w.T, strict=True))
    for name in sorted(diagram.descendants(diagram.treatment) & set(panel)):
        values = np.asarray(panel[name], dtype=np.float64)[sample.rows]
        if np.isfinite(values).all():
            columns[name] = design.effects.taken_out(values)
    if estimate.segment == EVERYBODY:
        treatment, others = design.t, None
    else:
        place = sample.segments.index(estimate.segment)
        treatment, others = design.t_by_segment[:, place], np.delete(design.t_by_segment, place, axis=1)
    value, adjusted = reference_effect(diagram, columns, treatment=treatment, outcome=design.y, others=others)
    difference = None if value is None else abs(value - estimate.effect)
    return {
        "effect": value,
        "difference": difference,
        "agrees": difference is not None and difference <= agreement,
        "adjusted_for": list(adjusted),
    }
