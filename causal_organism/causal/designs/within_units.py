"""Each unit compared with itself over time: two-way fixed effects, and what could make them lie."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs import placebos, robustness
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import Finding, refused
from causal_organism.causal.designs.intervals import interval_of
from causal_organism.causal.designs.linear_design import LinearDesign, linear_design, units_and_times
from causal_organism.causal.designs.references import check_reference

LEAST_CLUSTERS, LEAST_WEEKS, LEAST_PERIODS = 20, 12, 2
LEAST_PULLING = 5.0  # clusters of equal size that the treatment's own movement comes from
LEAST_SHARE_LEFT = 0.05
NOTHING_LEFT = 1e-7


def study_within(context: StudyContext) -> tuple[Finding, ...]:
    """One finding per treatment of the sample, each with the other treatments held equal."""
    sample = context.sample
    if problems := _sample_problems(context):
        return tuple(refused(*problems) for _ in sample.treatments)
    design = linear_design(sample, units_and_times)
    return tuple(_find(context, design, place) for place in range(len(sample.treatments)))


def _sample_problems(context: StudyContext) -> tuple[Reason, ...]:
    sample = context.sample
    found = []
    if sample.units < context.declared.min_group:
        found.append(Reason.SMALL_GROUP)
    if sample.clusters < LEAST_CLUSTERS:
        found.append(Reason.FEW_CLUSTERS)
    if sample.periods < (LEAST_WEEKS if context.weekly else LEAST_PERIODS):
        found.append(Reason.FEW_WEEKS)
    return tuple(found)


def _find(context: StudyContext, design: LinearDesign, place: int) -> Finding:
    if problem := treatment_problem(design, place) or design.outcome_problem(place):
        return refused(problem)
    slope = design.slope(place)
    if 1 / float((slope.pull**2).sum()) < LEAST_PULLING:
        return refused(Reason.FEW_CLUSTERS)
    lo, hi, p = interval_of(slope)
    checks = robustness.Checks()
    check_reference(context, design, place, checks)
    placebos.check_lead(context, design, place, abs(slope.effect), checks)
    placebos.check_negative_controls(context, design, place, checks)
    placebos.check_permuted(design, place, slope, checks)
    robustness.check_random_cause(design, place, slope, checks)
    robustness.check_cluster_shocks(context, design, place, slope, checks)
    robustness.check_second_estimator(design, place, slope, checks)
    robustness.check_stability(design, place, slope, checks)
    robustness.check_missingness(context, place, checks)
    robustness.check_sensitivity(design, place, slope, checks)
    robustness.check_reliability(design, place, slope, (lo, hi), checks)
    return checks.finding(effect=slope.effect, se=slope.se, lo=lo, hi=hi, p=p, notes=context.notes)


def treatment_problem(design: LinearDesign, place: int) -> Reason | None:
    """Why a treatment's effect cannot be told from this sample."""
    raw, treatment = design.sample.t[:, place], design.sample.treatments[place]
    spread = float(np.std(raw))
    by_unit = raw - (np.bincount(design.sample.unit, raw) / np.bincount(design.sample.unit))[design.sample.unit]
    inside = float(np.std(by_unit))
    if spread <= NOTHING_LEFT * max(float(np.abs(raw).max()), 1e-300) or inside <= NOTHING_LEFT * spread:
        return Reason.CONSTANT_TREATMENT
    held = design.held_beside(place)
    left = design.t[:, place]
    if held.shape[1]:
        left = left - held @ np.linalg.lstsq(held, left, rcond=None)[0]
    if float(np.std(left)) <= NOTHING_LEFT * inside:
        return Reason.NOT_IDENTIFIED
    if float(np.std(left)) < LEAST_SHARE_LEFT * spread and float(np.std(left)) < LEAST_SHARE_LEFT * inside * 4:
        return Reason.CONSTANT_TREATMENT
    ends = np.full((2, int(design.sample.unit.max()) + 1), (np.inf,)) * np.array([[1.0], [-1.0]])
    np.minimum.at(ends[0], design.sample.unit, raw)
    np.maximum.at(ends[1], design.sample.unit, raw)
    if float(np.max(ends[1] - ends[0])) < 0.999 * abs(treatment.contrast):
        return Reason.NO_OVERLAP
    return None
