"""Units compared with others that are alike in what was measured, where there are such."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.tables import Marks
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs import placebos, robustness
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import Finding, refused
from causal_organism.causal.designs.linear_design import LinearDesign, linear_design, means
from causal_organism.causal.designs.propensity import combine_both, propensities
from causal_organism.causal.designs.randomised import arms_problem
from causal_organism.causal.designs.references import check_reference
from causal_organism.causal.sensitivity import FLOOR
from causal_organism.causal.slopes.intervals import interval_of
from causal_organism.causal.slopes.regression import Slope
from causal_organism.causal.within import without

LEAST_CLUSTERS = 20
OVERLAP = (0.05, 0.95)
LEAST_SHARE_OVERLAPPING = 0.5
LEAST_OF_AN_ARM = 20
LEAST_SHARE_OF_CONTRAST = 0.25
NEVER = 1.0  # of the robustness value: nothing stands against a hidden cause where no negative control was passed


def study_cross_section(context: StudyContext) -> tuple[Finding, ...]:
    """One finding per treatment, each with the other treatments held equal."""
    sample = context.sample
    found = [*context.too_few(clusters=LEAST_CLUSTERS)]
    if not context.declared.confounders and len(sample.treatments) == 1:
        found.append(Reason.NOT_IDENTIFIED)  # a mere difference between people who differ
    if found:
        return tuple(refused(*found) for _ in sample.treatments)
    return tuple(_find(context, place) for place in range(len(sample.treatments)))


def _find(context: StudyContext, place: int) -> Finding:
    sample = context.sample
    if problem := arms_problem(sample, place):
        return refused(problem)
    design = linear_design(sample, means)
    left = without(design.t[:, place], design.held_beside(place))
    if float(np.std(left)) <= 1e-7 * float(np.std(design.t[:, place])):
        return refused(Reason.NOT_IDENTIFIED)
    if problem := design.outcome_problem(place):
        return refused(problem)
    if len(np.unique(sample.t[:, place])) == 2:
        return _find_binary(context, design, place)
    if float(np.std(left)) < LEAST_SHARE_OF_CONTRAST * abs(sample.treatments[place].contrast):
        return refused(Reason.NO_OVERLAP)
    slope = design.slope(place)
    return _checked(context, design, place, slope, None, {})


def _find_binary(context: StudyContext, design: LinearDesign, place: int) -> Finding:
    """Doubly robust, on the rows that have their like in the other arm."""
    sample = context.sample
    outside = _outside(design, place)
    trimmed = {Reason.NO_OVERLAP: outside} if outside.any() else {}
    kept = sample.of(~outside)
    low, high = np.unique(sample.t[:, place])
    arms = [int((kept.t[:, place] == value).sum()) for value in (low, high)]
    least = min(LEAST_OF_AN_ARM, *((sample.t[:, place] == value).sum() for value in (low, high)))
    if outside.mean() > 1 - LEAST_SHARE_OVERLAPPING or min(arms) < least or kept.clusters < LEAST_CLUSTERS:
        return refused(Reason.NO_OVERLAP)
    design = linear_design(kept, means)
    treated = kept.t[:, place] == high
    slope = combine_both(treated, design.held_beside(place), kept.y, kept.cluster, step=float(high - low))
    return _checked(context, design, place, slope, design.slope(place), trimmed)


def _outside(design: LinearDesign, place: int) -> Marks:
    raw = design.sample.t[:, place]
    held = design.held_beside(place)
    if not held.shape[1]:
        return np.zeros(len(raw), dtype=bool)
    chance = propensities(raw == raw.max(), held)
    return np.asarray((chance < OVERLAP[0]) | (chance > OVERLAP[1]), dtype=bool)


def _checked(
    context: StudyContext,
    design: LinearDesign,
    place: int,
    slope: Slope,
    other: Slope | None,
    trimmed: dict[Reason, Marks],
) -> Finding:
    """`other`: what least squares says where the estimate is not its; its columns are what is checked."""
    linear = other or slope
    lo, hi, p = interval_of(slope) if other is None else _by_student(slope)
    checks = robustness.Checks()
    check_reference(context, design, place, checks)
    placebos.check_negative_controls(context, design, place, checks)
    placebos.check_permuted(design, place, linear, checks)
    robustness.check_random_cause(design, place, linear, checks)
    robustness.check_stability(design, place, slope, checks)
    robustness.check_missingness(context, place, checks)
    if other is None:
        robustness.check_second_estimator(design, place, slope, checks)
    else:
        checks.details["second_estimate"] = other.effect
        robustness.judge_second(slope, other, checks)
    floor = FLOOR if checks.confirmed else NEVER
    robustness.check_sensitivity(design, place, linear, checks, floor=floor)
    robustness.check_reliability(design, place, linear, (lo, hi), checks)
    return checks.finding(effect=slope.effect, se=slope.se, lo=lo, hi=hi, p=p, trimmed=trimmed)


def _by_student(slope: Slope) -> tuple[float, float, float]:
    reach = slope.critical * slope.se
    return slope.effect - reach, slope.effect + reach, slope.p
