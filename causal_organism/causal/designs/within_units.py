"""Each unit compared with itself over time: two-way fixed effects, and what could make them lie.

Where units stand in clusters of two or more, a unit is compared with the others of its cluster at the same time, so
that what happens to a whole cluster moves nobody's effect; but for treatments that a cluster has as a whole.
"""

from __future__ import annotations

import numpy as np

from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs import placebos, robustness
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import Finding, refused
from causal_organism.causal.designs.linear_design import (
    LinearDesign,
    linear_design,
    units_and_cluster_times,
    units_and_times,
)
from causal_organism.causal.designs.references import check_reference
from causal_organism.causal.slopes.intervals import interval_of
from causal_organism.causal.within import without

LEAST_CLUSTERS, LEAST_WEEKS, LEAST_PERIODS = 20, 12, 2
LEAST_PULLING = 5.0  # clusters of equal size that the treatment's own movement comes from
LEAST_SHARE_LEFT = 0.05
LEAST_TOGETHER, LEAST_LEFT_IN_CLUSTERS = 0.5, 0.1
NOTHING_LEFT = 1e-7


def study_within(context: StudyContext) -> tuple[Finding, ...]:
    """One finding per treatment of the sample, each with the other treatments held equal."""
    sample = context.sample
    if problems := context.too_few(clusters=LEAST_CLUSTERS, weeks=LEAST_WEEKS, periods=LEAST_PERIODS):
        return tuple(refused(*problems) for _ in sample.treatments)
    by_time = linear_design(sample, units_and_times)
    in_clusters = linear_design(sample, units_and_cluster_times) if _has_company(context) else None
    return tuple(_find(context, by_time, in_clusters, place) for place in range(len(sample.treatments)))


def _has_company(context: StudyContext) -> bool:
    """Whether at least half of the rows have another of their cluster at the same time."""
    sample = context.sample
    together = np.bincount(robustness.cluster_times(sample))[robustness.cluster_times(sample)] >= 2
    return context.study.own_cluster and float(together.mean()) >= LEAST_TOGETHER


def _choose(by_time: LinearDesign, in_clusters: LinearDesign | None, place: int) -> LinearDesign:
    """Within clusters, unless the treatment is the cluster's own: then hardly any of it is left there."""
    if in_clusters is None:
        return by_time
    left, all_left = (
        float(np.std(without(each.t[:, place], each.held_beside(place)))) for each in (in_clusters, by_time)
    )
    return in_clusters if left >= LEAST_LEFT_IN_CLUSTERS * all_left else by_time


def _find(context: StudyContext, by_time: LinearDesign, in_clusters: LinearDesign | None, place: int) -> Finding:
    if problem := treatment_problem(by_time, place):
        return refused(problem)
    design = _choose(by_time, in_clusters, place)
    if problem := design.outcome_problem(place):
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
    if in_clusters is not None:
        robustness.check_spillover(by_time, place, checks)
    if design is in_clusters:
        robustness.check_cluster_shocks(by_time, place, slope, checks)
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
    left = without(design.t[:, place], design.held_beside(place))
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
