"""Slopes of single persons, and the standard errors that weeks which resemble each other allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.pooled import Design
from causal_organism.causal.slopes.cross_products import Persons
from causal_organism.causal.within import Floats, Ints

PRIOR_DEGREES = 20.0
"""Weight of the segment's residual variance in a person's own, in degrees of freedom: about as much as 22 weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """By person code of the sample. Not-a-number where the person's treatment never varied."""

    slope: Floats
    se: Floats
    weeks: Ints
    segment: NDArray[np.str_]
    t_low: Floats  # 5th and 95th percentile and mean of the person's own meeting hours
    t_high: Floats
    t_mean: Floats
    autocorrelation: float
    t: Floats  # by row, for the reference: treatment, outcome with everything else taken out, and what a constant
    y: Floats  # becomes, each less what the weeks before lead one to expect
    level: Floats


def person_slopes(design: Design) -> Slopes:
    """Generalised least squares by person, after taking out the pooled controls and weeks.

    The errors of neighbouring weeks are alike, by a pooled, bias-corrected autocorrelation. Each row is less what the
    weeks before it lead one to expect: what is left are independent errors, so that slopes are as exact as they can be
    and their standard errors are those of plain least squares (coverage: tests/causal/test_persons.py).
    """
    sample = design.sample
    people, person = sample.persons, sample.person
    t, y, scale = _own_rows(design)
    weeks = np.bincount(person, minlength=people)
    rho = _autocorrelation(_Lines.of(t, y, np.ones(len(t)), person).residual, person, sample.week_index, weeks.mean())
    t, y, level = (_whitened(each, person, sample.week_index, rho) for each in (t, y, np.ones(len(t))))
    lines = _Lines.of(t, y, level, person)
    segment = _first_of_each(sample.segment, person)
    variance = _variances(lines.residual, person, weeks - 2, segment, scale=scale)
    low, high = _own_range(sample.t, person)
    return Slopes(
        slope=lines.slope,
        se=np.sqrt(variance / lines.squares),
        weeks=weeks,
        segment=segment,
        t_low=low,
        t_high=high,
        t_mean=np.bincount(person, sample.t) / weeks,
        autocorrelation=rho,
        t=t,
        y=y,
        level=level,
    )


def _own_rows(design: Design) -> tuple[Floats, Floats, Floats]:
    """By row: treatment and outcome less the person's mean, the outcome without controls and what happened to the team;
    and how many times the variance of a person's own errors those of the outcome have."""
    sample, effects = design.sample, design.effects
    fitted = design.fit(design.by_segment)
    segments = design.t_by_segment.shape[1]
    rest = sample.y - sample.w @ fitted.coef[segments:]
    own = np.array([fitted.coef[sample.segments.index(name)] for name in sample.segments])
    slopes_by_row = own[np.searchsorted(sample.segments, sample.segment)]
    t = effects.centred(sample.t)
    expected = slopes_by_row * t
    different = effects.centred(rest) - expected - effects.cell_part(rest - slopes_by_row * sample.t)
    scale = _of_others(effects.cell)
    return t, expected + effects.centred(different * scale), scale


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """A line by person: not-a-number where the treatment never varies. `squares`: of the treatment about its level."""

    slope: Floats
    squares: Floats
    residual: Floats

    @classmethod
    def of(cls, t: Floats, y: Floats, level: Floats, person: Ints) -> _Lines:
        people = int(person.max()) + 1
        weight = np.bincount(person, level * level, minlength=people)

        def about_level(values: Floats) -> Floats:
            return values - level * (np.bincount(person, level * values, minlength=people) / weight)[person]

        t_left, y_left = about_level(t), about_level(y)
        every = np.bincount(person, t_left * t_left, minlength=people)
        constant = every <= 1e-9 * np.bincount(person, t * t, minlength=people) + 1e-12
        squares: Floats = np.where(constant, np.nan, every)
        slope = np.bincount(person, t_left * y_left, minlength=people) / squares
        return cls(slope=slope, squares=squares, residual=y_left - np.nan_to_num(slope)[person] * t_left)


def _whitened(values: Floats, person: Ints, week_index: Ints, rho: float) -> Floats:
    """Less what the weeks before lead one to expect, however many lie between; all of one variance."""
    order = np.lexsort((week_index, person))
    x, who, when = values[order], person[order], week_index[order].astype(np.float64)
    alike = np.zeros(len(x))
    alike[1:] = np.where(who[1:] == who[:-1], rho ** np.abs(np.diff(when)), 0.0)
    left = np.empty(len(x))
    left[order] = (x - alike * np.roll(x, 1)) * np.sqrt((1 - rho**2) / (1 - alike**2))
    return left


def _of_others(cell: Ints) -> Floats:
    """By row: what makes the difference from the mean of a team's week that from the mean of the others in it.

    Else a person who is different moves the mean that it is compared with, and seems to differ by 1 / size less.
    """
    size = np.bincount(cell)[cell].astype(np.float64)
    return np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)


def _first_of_each(values: NDArray[np.str_], person: Ints) -> NDArray[np.str_]:
    return values[np.unique(person, return_index=True)[1]]


def _autocorrelation(residual: Floats, person: Ints, week_index: Ints, weeks: float) -> float:
    """Of neighbouring weeks, pooled over persons; between 0 and 0.9.

    Mean and slope were fitted to each person's few weeks, which pulls the raw figure down by about (1 + 3 rho) / weeks.
    """
    order = np.lexsort((week_index, person))
    e, who, when = residual[order], person[order], week_index[order]
    follows = (who[1:] == who[:-1]) & (when[1:] == when[:-1] + 1)
    if not follows.any() or not residual.any():
        return 0.0
    raw = float((e[1:] * e[:-1])[follows].mean() / (e * e).mean())
    return float(np.clip((raw + 1 / weeks) / max(1 - 3 / weeks, 0.5), 0.0, 0.9))


def _variances(residual: Floats, person: Ints, degrees: Ints, segment: NDArray[np.str_], *, scale: Floats) -> Floats:
    """Residual variance of each person, drawn towards the segment's.

    Who is compared with few others varies more (`scale`), which is no luck and is not drawn anywhere.
    """
    people = len(degrees)
    mean_scale = np.bincount(person, scale, minlength=people) / np.bincount(person, minlength=people)
    squares, degrees = np.bincount(person, residual**2, minlength=people) / mean_scale, np.maximum(degrees, 1)
    pooled = np.empty(people)
    for name in np.unique(segment):
        inside = segment == name
        pooled[inside] = squares[inside].sum() / degrees[inside].sum()
    return mean_scale * (PRIOR_DEGREES * pooled + squares) / (PRIOR_DEGREES + degrees)


def _own_range(t: Floats, person: Ints) -> tuple[Floats, Floats]:
    low, high = np.empty((2, int(person.max()) + 1))
    for block in Persons.of(person).blocks:
        low[person[block[:, 0]]], high[person[block[:, 0]]] = np.percentile(t[block], (5, 95), axis=1)
    return low, high
