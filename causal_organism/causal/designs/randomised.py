"""Units treated by lot: the difference in means, and whether the lot looks like one."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.samples import StudySample
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs import placebos, robustness
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import Finding, refused
from causal_organism.causal.designs.linear_design import LinearDesign, linear_design, means, without_confounders
from causal_organism.causal.designs.references import check_reference
from causal_organism.causal.slopes.intervals import interval_of
from causal_organism.causal.slopes.regression import Slope, fit_all, sum_by
from causal_organism.causal.within import without

LEAST_CLUSTERS, LEAST_CLUSTERS_OF_AN_ARM, LEAST_UNITS_OF_AN_ARM = 10, 4, 5
BALANCE_P = 0.001


def study_randomised(context: StudyContext) -> tuple[Finding, ...]:
    """One finding per treatment. Confounders change no estimate; they show whether the arms were alike before."""
    sample = context.sample
    if sample.units < context.declared.min_group:
        return tuple(refused(Reason.SMALL_GROUP) for _ in sample.treatments)
    if sample.clusters < LEAST_CLUSTERS:
        return tuple(refused(Reason.FEW_CLUSTERS) for _ in sample.treatments)
    adjusted = linear_design(sample, means)
    plain = without_confounders(adjusted)
    return tuple(_find(context, plain, adjusted, place) for place in range(len(sample.treatments)))


def _find(context: StudyContext, plain: LinearDesign, adjusted: LinearDesign, place: int) -> Finding:
    sample = context.sample
    if problem := arms_problem(sample, place) or _left_open(plain, place) or plain.outcome_problem(place):
        return refused(problem)
    slope = plain.slope(place)
    if sample.clusters == len(sample.y):
        slope = _by_leverage(plain, place, slope)
    lo, hi, p = interval_of(slope)
    checks = robustness.Checks()
    check_reference(context, plain, place, checks)
    _check_balance(adjusted, place, checks)
    placebos.check_negative_controls(context, plain, place, checks)
    placebos.check_permuted(plain, place, slope, checks)
    robustness.check_random_cause(plain, place, slope, checks)
    if context.study.own_cluster:
        robustness.check_spillover(plain, place, checks)
    if adjusted.w.shape[1]:
        other = adjusted.slope(place)
        checks.details["second_estimate"] = other.effect
        robustness.judge_second(slope, other, checks)
    robustness.check_missingness(context, place, checks)
    return checks.finding(effect=slope.effect, se=slope.se, lo=lo, hi=hi, p=p)


def arms_problem(sample: StudySample, place: int) -> Reason | None:
    """Why the arms cannot be compared: there is one, or one is too small."""
    raw = sample.t[:, place]
    values = np.unique(raw)
    if len(values) < 2:
        return Reason.CONSTANT_TREATMENT
    if len(values) > 2:
        return None
    for value in values:
        inside = raw == value
        if len(np.unique(sample.unit[inside])) < LEAST_UNITS_OF_AN_ARM:
            return Reason.SMALL_GROUP
        if len(np.unique(sample.cluster[inside])) < LEAST_CLUSTERS_OF_AN_ARM:
            return Reason.FEW_CLUSTERS
    return None


def _left_open(design: LinearDesign, place: int) -> Reason | None:
    """Whether the other treatments leave nothing of this one."""
    left = without(design.t[:, place], design.held_beside(place))
    return Reason.NOT_IDENTIFIED if float(np.std(left)) <= 1e-7 * float(np.std(design.t[:, place])) else None


def _by_leverage(design: LinearDesign, place: int, slope: Slope) -> Slope:
    """With the error of Neyman: variances of the arms may differ (HC2)."""
    x = np.column_stack((design.t[:, place], design.held_beside(place)))
    leverage = 1 / len(x) + np.einsum("ij,jk,ik->i", x, np.linalg.pinv(x.T @ x), x)
    fitted = fit_all(x, design.y, design.sample.cluster, design.absorber)
    rows = slope.t_left * fitted.residual / float(slope.t_left @ slope.t_left) / np.sqrt(np.maximum(1 - leverage, 1e-9))
    influence = sum_by(design.sample.cluster, rows, design.sample.clusters)
    se = float(np.sqrt(influence @ influence))
    return Slope(
        effect=slope.effect, se=se, se_plain=slope.se_plain, clusters=slope.clusters, degrees=slope.degrees,
        influence=influence, pull=slope.pull, t_left=slope.t_left, y_left=slope.y_left, cluster=slope.cluster,
        factor=slope.factor * se**2 / max(slope.se**2, 1e-300),
    )  # fmt: skip


def _check_balance(adjusted: LinearDesign, place: int, checks: robustness.Checks) -> None:
    """What was there before cannot depend on the lot: all confounders together say nothing about the treatment."""
    if not adjusted.w.shape[1]:
        return
    fitted = fit_all(adjusted.w, adjusted.t[:, place], adjusted.sample.cluster, adjusted.absorber)
    p = placebos.joint_p(fitted.coef, fitted.cov, adjusted.sample.clusters)
    checks.details["balance_p"] = p
    if p <= BALANCE_P:
        checks.refuted.append(Reason.NEGATIVE_CONTROL)
