"""One series over time that is interrupted at a date: the jump of its level, beside its trend.

Errors follow from how much the residuals hang together over time (first-order autocorrelation), and are no smaller
than what the same calculation finds at dates when nothing happened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.data.samples import StudySample
from causal_organism.causal.slopes.student import INTERVAL, quantile, two_sided
from causal_organism.causal.within import Floats, Ints

LEAST_BEFORE, LEAST_AFTER = 8, 3
_SWEEPS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    steps: Ints
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """placebo_p: the smallest p of a jump at a date before, for all of them together."""

    effect: float
    se: float
    lo: float
    hi: float
    p: float
    placebo_p: float
    autocorrelation: float


def series_of(sample: StudySample, times: Ints) -> Floats:
    """The level of every time with who was there taken into account; not-a-number where nobody was."""
    place = np.searchsorted(times, sample.when)
    counts = np.bincount(place, minlength=len(times)).astype(np.float64)
    units = np.maximum(np.bincount(sample.unit), 1).astype(np.float64)
    level = np.zeros(len(times))
    for _ in range(_SWEEPS):
        of_unit = np.bincount(sample.unit, sample.y - level[place]) / units
        new = np.bincount(place, sample.y - of_unit[sample.unit], minlength=len(times)) / np.maximum(counts, 1)
        moved = float(np.abs(new - level).max())
        level = new
        if moved < 1e-12 * (float(np.std(sample.y)) or 1.0):
            break
    return np.where(counts > 0, level, np.nan)


def judge_series(series: TimeSeries, date: int) -> Jump:
    """The jump at a date, with an interval that autocorrelation widens."""
    effect, se, degrees, correlation = _jump(series, date)
    before = TimeSeries(steps=series.steps[series.steps < date], values=series.values[series.steps < date])
    candidates = before.steps[4 : len(before.steps) - LEAST_AFTER + 1]
    found = [_jump(before, int(each)) for each in candidates] if len(candidates) >= 2 else []
    placebos = [two_sided(each[0] / each[1], each[2]) for each in found if each[1] > 0]
    placebo_p = min(1.0, min(placebos) * max(len(placebos) / 2, 1)) if placebos else 1.0
    reach = quantile((1 + INTERVAL) / 2, degrees) * se
    return Jump(
        effect=effect, se=se, lo=effect - reach, hi=effect + reach,
        p=two_sided(effect / se if se > 0 else 0.0, degrees), placebo_p=placebo_p, autocorrelation=correlation,
    )  # fmt: skip


def _jump(series: TimeSeries, date: int) -> tuple[float, float, float, float]:
    """(effect, se, degrees of freedom, autocorrelation) by generalised least squares with first-order errors."""
    steps = series.steps.astype(np.float64)
    x = np.column_stack((np.ones(len(steps)), steps - steps.mean(), steps >= date))
    inverse = np.linalg.pinv(x.T @ x)
    left = series.values - x @ (inverse @ (x.T @ series.values))
    rho = _autocorrelation(left, x.shape[1])
    gaps = np.abs(steps[:, None] - steps[None, :])
    shape = rho**gaps / (1 - rho**2) if rho > 0 else np.eye(len(steps))
    weights = np.linalg.inv(shape)
    inverse = np.linalg.pinv(x.T @ weights @ x)
    coef = inverse @ (x.T @ weights @ series.values)
    left = series.values - x @ coef
    degrees = max((len(steps) - x.shape[1]) * (1 - rho) / (1 + rho), 2.0)
    variance = float(left @ weights @ left) / max(len(steps) - x.shape[1], 1)
    return float(coef[2]), float(np.sqrt(max(variance * inverse[2, 2], 0.0))), degrees, rho


def _autocorrelation(left: Floats, parameters: int) -> float:
    """Of first order, with what fitting took away given back (Kendall 1954); between 0 and 0.9."""
    squares = float(left @ left)
    if squares <= 0 or len(left) < 6:
        return 0.0
    rows = len(left)
    raw = float(left[1:] @ left[:-1]) / squares
    return float(np.clip((raw * rows + parameters) / max(rows - parameters - 1, 1), 0.0, 0.9))
