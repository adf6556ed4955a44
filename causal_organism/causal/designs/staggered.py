"""Units that begin at different times, compared with what they would have done: those not yet treated say it."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.samples import StudySample
from causal_organism.causal.data.tables import Marks
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs import placebos, robustness
from causal_organism.causal.designs.adoption import NEVER, Adoption, find_adoption
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import Finding, refused
from causal_organism.causal.designs.imputation import Imputed, impute
from causal_organism.causal.designs.pre_trends import check_pre_trend
from causal_organism.causal.slopes.student import INTERVAL, quantile, two_sided
from causal_organism.causal.within import Floats, Ints, codes

LEAST_CLUSTERS, LEAST_PERIODS, LEAST_TREATED, LEAST_WEEKS = 20, 3, 5, 12
_DRAWS = 20


def study_staggered(context: StudyContext) -> tuple[Finding, ...]:
    """One finding per treatment: the mean effect on the treated, over all the time that they were."""
    sample = context.sample
    if problems := context.too_few(clusters=LEAST_CLUSTERS, weeks=LEAST_WEEKS, periods=LEAST_PERIODS):
        return tuple(refused(*problems) for _ in sample.treatments)
    return tuple(_find(context, place) for place in range(len(sample.treatments)))


def _find(context: StudyContext, place: int) -> Finding:
    adoption = find_adoption(context, place)
    if adoption is None:
        return refused(Reason.NOT_IDENTIFIED)
    part, began = context.sample.of(adoption.kept), adoption.began[adoption.kept]
    if problem := _adoption_problem(part, began):
        return refused(problem, trimmed=adoption.left_out)
    held = _held(part, place)
    imputed = _impute(part, held, began, part.y)
    if imputed is None:
        return refused(Reason.NO_OVERLAP, trimmed=adoption.left_out)
    degrees = min(part.clusters, max(imputed.treated_clusters, 2)) - 1
    reach = quantile((1 + INTERVAL) / 2, degrees) * imputed.se
    checks = robustness.Checks()
    check_pre_trend(part, held, began, imputed.effect, checks)
    _check_negative_outcomes(context, adoption, place, checks)
    _check_permuted(part, held, began, checks)
    _check_cohorts(part, began, imputed, checks)
    robustness.check_missingness(context, place, checks)
    _check_sign(imputed, checks)
    p = two_sided(imputed.effect / imputed.se if imputed.se > 0 else 0.0, degrees)
    return checks.finding(
        effect=imputed.effect, se=imputed.se, lo=imputed.effect - reach, hi=imputed.effect + reach, p=p,
        notes=context.notes, trimmed=adoption.left_out | _not_predicted(adoption, imputed),
    )  # fmt: skip


def _held(part: StudySample, place: int) -> Floats:
    return np.column_stack((np.delete(part.t, place, axis=1), part.w))


def _impute(part: StudySample, held: Floats, began: Ints, y: Floats) -> Imputed | None:
    return impute(y=y, w=held, unit=part.unit, when=part.when, cluster=part.cluster, treated=part.when >= began)


def _adoption_problem(part: StudySample, began: Ints) -> Reason | None:
    treated = part.when >= began
    if not treated.any() or treated.all():
        return Reason.CONSTANT_TREATMENT
    if len(np.unique(part.unit[treated])) < LEAST_TREATED:
        return Reason.SMALL_GROUP
    return Reason.FEW_CLUSTERS if len(np.unique(part.cluster[treated])) < LEAST_TREATED else None


def _not_predicted(adoption: Adoption, imputed: Imputed) -> dict[Reason, Marks]:
    """Treated rows at times when nobody was untreated any more."""
    marks = np.zeros(len(adoption.began), dtype=bool)
    marks[np.flatnonzero(adoption.kept)[~imputed.used]] = True
    return {Reason.NO_OVERLAP: marks} if marks.any() else {}


def _check_negative_outcomes(context: StudyContext, adoption: Adoption, place: int, checks: robustness.Checks) -> None:
    """What the treatment cannot move must not move where it begins."""
    least, tests = 1.0, 0
    for name in context.declared.negative_outcomes:
        values = context.values(name, context.sample)
        if values is None:
            checks.unchecked = True
            continue
        known = adoption.kept & np.isfinite(values)
        part = context.sample.of(known)
        found = _impute(part, _held(part, place), adoption.began[known], values[known])
        if found is None or not found.se > 0:
            checks.unchecked = True
            continue
        tests += 1
        least = min(least, two_sided(found.effect / found.se, max(found.treated_clusters, 2) - 1))
    if tests:
        checks.details["negative_control_p"] = least
        checks.confirmed = least > placebos.PLACEBO_P / tests
        if not checks.confirmed:
            checks.refuted.append(Reason.NEGATIVE_CONTROL)


def _check_permuted(part: StudySample, held: Floats, began: Ints, checks: robustness.Checks) -> None:
    """Beginnings dealt out anew among the units do nothing."""
    rng = np.random.default_rng(7)
    units = int(part.unit.max()) + 1
    of_unit = np.full(units, NEVER)
    of_unit[part.unit] = began
    effects = []
    for _ in range(_DRAWS):
        found = _impute(part, held, of_unit[rng.permutation(units)][part.unit], part.y)
        if found is not None:
            effects.append(found.effect)
    if len(effects) < _DRAWS / 2:
        return
    low, high = np.quantile(effects, (0.025, 0.975))
    checks.details["permuted_mean"] = float(np.mean(effects))
    if not low <= 0 <= high:
        checks.refuted.append(Reason.PERMUTED_PLACEBO)


def _check_cohorts(part: StudySample, began: Ints, imputed: Imputed, checks: robustness.Checks) -> None:
    """A second estimate: each cohort's change since just before it began, less that of those not yet treated."""
    if part.w.shape[1] or part.t.shape[1] > 1:
        return
    times = codes(part.when)
    grid = np.full((int(part.unit.max()) + 1, int(times.max()) + 1), np.nan)
    grid[part.unit, times] = part.y
    steps = np.unique(part.when)
    of_unit = np.full(len(grid), NEVER)
    of_unit[part.unit] = began
    total, weight = 0.0, 0.0
    for cohort in np.unique(of_unit[of_unit != NEVER]):
        before = int(np.searchsorted(steps, cohort)) - 1
        if before < 0:
            continue
        for place in range(before + 1, len(steps)):
            change = grid[:, place] - grid[:, before]
            own = change[(of_unit == cohort) & np.isfinite(change)]
            others = change[(of_unit > steps[place]) & np.isfinite(change)]
            if len(own) and len(others):
                total += len(own) * float(own.mean() - others.mean())
                weight += len(own)
    if not weight:
        return
    second = total / weight
    checks.details["second_estimate"] = second
    apart = abs(second - imputed.effect)
    if apart > robustness.DIFFERS_Z * imputed.se and apart > 0.5 * abs(imputed.effect):
        checks.doubts.append(Reason.ESTIMATORS_DIFFER)


def _check_sign(imputed: Imputed, checks: robustness.Checks) -> None:
    """The sign must not hang on one cluster."""
    if ((imputed.effect - imputed.influence) * imputed.effect <= 0).any():
        checks.doubts.append(Reason.SIGN_UNCERTAIN)
