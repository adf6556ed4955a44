"""A policy that came into force at one date: those affected against the others, or before against after."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.samples import StudySample
from causal_organism.causal.data.tables import Marks
from causal_organism.causal.data.times import read_moment
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.declarations.moments import TimeKind
from causal_organism.causal.designs import placebos, robustness
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import Finding, refused
from causal_organism.causal.designs.linear_design import linear_design, units_and_times
from causal_organism.causal.designs.series import LEAST_AFTER, LEAST_BEFORE, TimeSeries, judge_series, series_of
from causal_organism.causal.slopes.intervals import interval_of
from causal_organism.causal.slopes.regression import Slope, slope_of
from causal_organism.causal.within import Floats
from causal_organism.errors import StudyFileError

LEAST_CLUSTERS, LEAST_CLUSTERS_OF_A_SIDE, LEAST_PERIODS_BEFORE = 20, 5, 2
_MOST_PLACEBO_DATES = 8
_DRIFT_P, _JOINT_P = 0.10, 0.01


def study_policy(context: StudyContext) -> tuple[Finding, ...]:
    """One finding per treatment: the effect on those affected by one unit, on average since the date."""
    sample = context.sample
    if sample.units < context.declared.min_group:
        return tuple(refused(Reason.SMALL_GROUP) for _ in sample.treatments)
    return tuple(_find(context, place) for place in range(len(sample.treatments)))


def _find(context: StudyContext, place: int) -> Finding:
    sample = context.sample
    after = sample.moments >= _date(context, place)
    if not after.any() or after.all():
        return refused(Reason.CONSTANT_TREATMENT)
    if _wanders(sample, place, after):
        return refused(Reason.NOT_IDENTIFIED)
    exposure = _exposure(sample, place, after)
    if not exposure.any():
        return refused(Reason.CONSTANT_TREATMENT)
    steps_before = len(np.unique(sample.when[~after]))
    if exposure.std() <= 1e-9 * abs(exposure).max():
        return _interrupted(context, place, after, step=float(exposure[0]))
    if steps_before < LEAST_PERIODS_BEFORE:
        return refused(Reason.FEW_WEEKS)
    affected = exposure > np.median(np.unique(exposure)) if len(np.unique(exposure)) > 2 else exposure == exposure.max()
    sides = [len(np.unique(sample.cluster[side])) for side in (affected, ~affected)]
    if sample.clusters < LEAST_CLUSTERS or min(sides) < LEAST_CLUSTERS_OF_A_SIDE:
        return _few_clusters(context, place, after, exposure)
    return _compared(context, place, after, exposure)


def _date(context: StudyContext, place: int) -> float:
    treatment, times = context.sample.treatments[place], context.study.times
    kind = TimeKind.NUMBER if times is None else times.kind
    date = read_moment(treatment.since, kind)
    if np.isnan(date):
        column = context.declared.data.time
        raise StudyFileError(f"{treatment.since!r}, the date of {treatment.name}, is not a {kind} as {column} has them")
    return date


def _exposure(sample: StudySample, place: int, after: Marks) -> Floats:
    """By row: how much the policy changed for the unit; 1 for everybody where no column says it.

    A column that moves over time says it by how much it moved; one that does not is the unit's share itself.
    """
    raw = sample.t[:, place]
    if sample.treatments[place].column is None:
        return np.ones(len(raw))
    before_mean, after_mean = (_unit_means(raw, sample, side) for side in (~after, after))
    spread = np.abs(after_mean - before_mean)
    moves = np.nanmax(spread) > 1e-9 if np.isfinite(spread).any() else False
    of_unit = after_mean - before_mean if moves else np.where(np.isfinite(after_mean), after_mean, before_mean)
    return np.nan_to_num(of_unit)[sample.unit]


def _wanders(sample: StudySample, place: int, after: Marks) -> bool:
    """Whether the column moves at other times than the date: then it is not the policy's."""
    raw = sample.t[:, place]
    same = (np.diff(sample.unit) == 0) & (np.diff(after.astype(int)) == 0)
    moved = np.abs(np.diff(raw)) > 1e-9 * max(float(np.abs(raw).max()), 1e-300)
    return bool((moved & same).sum() > 0.05 * max(int(same.sum()), 1))


def _unit_means(values: Floats, sample: StudySample, side: Marks) -> Floats:
    units = int(sample.unit.max()) + 1
    seen = np.bincount(sample.unit[side], minlength=units)
    total = np.bincount(sample.unit[side], values[side], minlength=units)
    return np.where(seen > 0, total / np.maximum(seen, 1), np.nan)


def _compared(context: StudyContext, place: int, after: Marks, exposure: Floats) -> Finding:
    """Difference in differences, and whether the difference had moved before, or moves at dates when nothing was."""
    sample = context.sample
    slope = _difference(sample, place, exposure * after)
    if not slope.se > 0:
        return refused(Reason.NOT_IDENTIFIED)
    lo, hi, p = interval_of(slope)
    checks = robustness.Checks()
    _check_before(sample, place, after, exposure, slope, checks)
    _check_negative_outcomes(context, place, after, exposure, checks)
    robustness.check_missingness(context, place, checks)
    if ((slope.effect - slope.influence) * slope.effect <= 0).any():
        checks.doubts.append(Reason.SIGN_UNCERTAIN)
    return checks.finding(effect=slope.effect, se=slope.se, lo=lo, hi=hi, p=p, notes=context.notes)


def _difference(sample: StudySample, place: int, treated: Floats, y: Floats | None = None) -> Slope:
    design = linear_design(sample, units_and_times)
    t = design.absorber.taken_out(treated)
    target = design.y if y is None else design.absorber.taken_out(y)
    return slope_of(t, design.held_beside(place), target, sample.cluster, design.absorber)


def _check_before(
    sample: StudySample, place: int, after: Marks, exposure: Floats, slope: Slope, checks: robustness.Checks
) -> None:
    """Before the date: no drift of those affected against the others, and no effect at a date when nothing began."""
    before = sample.of(~after)
    steps = np.unique(before.when)
    if len(steps) < 3:
        checks.unchecked = True
        return
    share = exposure[~after]
    drift = _difference(before, place, share * before.when)
    reach = float(sample.when[after].mean() - before.when.mean())
    checks.details["pre_trend_p"], checks.details["pre_trend_slope"] = drift.p, drift.effect
    checks.details["bias_max"] = abs(drift.effect) * reach  # if it went on as it was
    moves = drift.p <= _DRIFT_P and abs(drift.effect) * reach >= abs(slope.effect) / 3
    dates = _placebo_dates(steps)
    found = [_difference(before, place, share * (before.when >= date)) for date in dates]
    least = min((each.p for each in found if each.se > 0), default=1.0)
    checks.details["placebo_dates_p"] = least
    jumps = least <= _JOINT_P / max(len(found), 1)
    if moves or drift.p <= _JOINT_P or jumps:
        checks.refuted.append(Reason.PRE_TREND)


def _placebo_dates(steps: np.ndarray) -> list[int]:
    """Dates with at least two times on either side, evenly spread."""
    possible = steps[2:-1] if len(steps) > 3 else steps[1:-1]
    places = np.unique(np.linspace(0, len(possible) - 1, min(_MOST_PLACEBO_DATES, len(possible))).astype(int))
    return [int(possible[place]) for place in places]


def _check_negative_outcomes(
    context: StudyContext, place: int, after: Marks, exposure: Floats, checks: robustness.Checks
) -> None:
    tests = []
    for name in context.declared.negative_outcomes:
        values = context.values(name, context.sample)
        if values is None or not np.isfinite(values).any():
            checks.unchecked = True
            continue
        known = np.isfinite(values)
        part = context.sample.with_outcome(values)
        tests.append(_difference(part, place, (exposure * after)[known]))
    placebos.judge_negative_controls(tests, checks)


def _few_clusters(context: StudyContext, place: int, after: Marks, exposure: Floats) -> Finding:
    """Too few groups for errors by group: the difference of both sides over time is one series, judged as such."""
    sample = context.sample
    if len(np.unique(exposure)) > 2:
        return refused(Reason.FEW_CLUSTERS)
    affected = exposure == exposure.max()
    times = np.unique(sample.when)
    with_it, without_it = (series_of(sample.of(side), times) for side in (affected, ~affected))
    step = float(exposure.max() - exposure.min())
    return _judged_series(context, place, after, TimeSeries(steps=times, values=with_it - without_it), step)


def _interrupted(context: StudyContext, place: int, after: Marks, *, step: float) -> Finding:
    """Everybody was affected: what the time before says would have gone on, against what came."""
    times = np.unique(context.sample.when)
    series = TimeSeries(steps=times, values=series_of(context.sample, times))
    return _judged_series(context, place, after, series, step)


def _judged_series(context: StudyContext, place: int, after: Marks, series: TimeSeries, step: float) -> Finding:
    date = int(context.sample.when[after].min())
    usable = np.isfinite(series.values)
    series = TimeSeries(steps=series.steps[usable], values=series.values[usable] / step)
    before = int((series.steps < date).sum())
    if before < LEAST_BEFORE or len(series.steps) - before < LEAST_AFTER:
        return refused(Reason.FEW_WEEKS)
    found = judge_series(series, date)
    checks = robustness.Checks()
    checks.unchecked = before < LEAST_BEFORE + LEAST_AFTER
    checks.details["placebo_dates_p"], checks.details["autocorrelation"] = found.placebo_p, found.autocorrelation
    if found.placebo_p <= _JOINT_P:
        checks.refuted.append(Reason.PRE_TREND)
    robustness.check_missingness(context, place, checks)
    return checks.finding(effect=found.effect, se=found.se, lo=found.lo, hi=found.hi, p=found.p, notes=context.notes)
