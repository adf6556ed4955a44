"""Slopes of single persons, and the standard errors that weeks which resemble each other allow."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.pooled import Design
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
    t: Floats  # by row: treatment and outcome with everything else taken out, for the reference
    y: Floats


def person_slopes(design: Design) -> Slopes:
    """Least squares by person, after taking out the pooled controls and weeks.

    The errors of neighbouring weeks are alike, which makes naive standard errors too small; theirs are those of an
    AR(1) with the pooled, bias-corrected autocorrelation (coverage: tests/causal/test_persons.py).
    """
    sample, effects = design.sample, design.effects
    fitted = design.fit(design.by_segment)
    segments = design.t_by_segment.shape[1]
    rest = sample.y - sample.w @ fitted.coef[segments:]
    own = np.array([fitted.coef[sample.segments.index(name)] for name in sample.segments])
    slopes_by_row = own[np.searchsorted(sample.segments, sample.segment)]
    t = effects.centred(sample.t)
    expected = slopes_by_row * t
    different = effects.centred(rest) - expected - effects.cell_part(rest - slopes_by_row * sample.t)
    y = expected + effects.centred(different * _of_others(effects.cell))
    people = sample.persons
    squares = np.bincount(sample.person, t * t, minlength=people)
    constant = squares <= 1e-9 * np.bincount(sample.person, sample.t**2, minlength=people) + 1e-12
    slope = np.where(
        constant, np.nan, np.bincount(sample.person, t * y, minlength=people) / np.where(constant, 1, squares)
    )
    residual = y - np.nan_to_num(slope)[sample.person] * t
    weeks = np.bincount(sample.person, minlength=people)
    segment = _first_of_each(sample.segment, sample.person)
    rho = _autocorrelation(residual, sample.person, sample.week_index, float(weeks.mean()))
    spread = _long_run_squares(t, sample.person, sample.week_index, rho)
    every = _long_run_squares(np.ones(len(t)), sample.person, sample.week_index, rho)
    degrees = weeks - every / weeks - np.where(constant, 0.0, spread / np.where(constant, 1, squares))
    variance = _variances(residual, sample.person, np.maximum(degrees, 1.0), segment)
    low, high = _own_range(sample.t, sample.person)
    return Slopes(
        slope=slope,
        se=np.where(
            constant, np.nan, np.sqrt(variance * np.maximum(spread, 0.1 * squares)) / np.where(constant, 1, squares)
        ),
        weeks=weeks,
        segment=segment,
        t_low=low,
        t_high=high,
        t_mean=np.bincount(sample.person, sample.t) / weeks,
        autocorrelation=rho,
        t=t,
        y=y,
    )


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


def _variances(residual: Floats, person: Ints, degrees: Floats, segment: NDArray[np.str_]) -> Floats:
    """Residual variance of each person, drawn towards the segment's.

    `degrees`: how many times the variance a person's squares add up to on average. A mean and a slope take more than
    two where weeks are alike, as both take what lasts.
    """
    squares = np.bincount(person, residual**2, minlength=len(degrees))
    pooled = np.empty(len(degrees))
    for name in np.unique(segment):
        inside = segment == name
        pooled[inside] = squares[inside].sum() / max(degrees[inside].sum(), 1.0)
    return (PRIOR_DEGREES * pooled + squares) / (PRIOR_DEGREES + degrees)


def _long_run_squares(t: Floats, person: Ints, week_index: Ints, rho: float) -> Floats:
    """Sum over pairs of weeks of t t' rho^distance, by person."""
    people, weeks = int(person.max()) + 1, np.unique(week_index)
    grid = np.zeros((people, len(weeks)))
    grid[person, np.searchsorted(weeks, week_index)] = t
    alike = rho ** np.abs(weeks[:, None] - weeks[None, :]).astype(np.float64)
    return np.asarray(((grid @ alike) * grid).sum(1))


def _own_range(t: Floats, person: Ints) -> tuple[Floats, Floats]:
    order = np.lexsort((t, person))
    starts = np.searchsorted(person[order], np.arange(int(person.max()) + 2))
    parts = [np.percentile(t[order[low:high]], (5, 95)) for low, high in pairwise(starts)]
    low, high = np.array(parts).T
    return low, high
