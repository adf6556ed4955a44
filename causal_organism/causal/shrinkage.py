"""Partial pooling: a person's effect is its own weeks and its segment's mean, each by what it is worth.

Persons differ by a standard deviation that is itself unknown; it is integrated over on a grid, because a plugged-in
estimate of it makes intervals too short (coverage down to 0.80 where the grid kept 0.92 or more).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.within import Floats

GRID = 60
LEVEL = 0.90


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """By person: posterior mean, standard deviation, 90 % interval, probability that the sign is wrong (local false
    sign rate, Stephens 2017), and how much of it is the person's own data (0 to 1)."""

    mean: Floats
    sd: Floats
    lo: Floats
    hi: Floats
    lfsr: Floats
    own_share: Floats
    between_sd: float  # posterior mean of how much persons differ


def pool(slope: Floats, se: Floats, *, mean_se: float) -> Pooled:
    """Posterior of each person of one segment. `mean_se`: standard error of the segment's mean, by cluster."""
    grid = _grid(slope, se)
    variance = grid[:, None] ** 2 + se[None, :] ** 2  # grid x people
    precision = 1 / variance
    centre = (precision @ slope) / precision.sum(1)
    weight = _posterior(grid, slope, variance, precision, centre, scale=float(np.median(se)))
    own = grid[:, None] ** 2 * precision
    mean = own * slope + (1 - own) * centre[:, None]
    centre_variance = np.maximum(1 / precision.sum(1), mean_se**2)[:, None]
    sd = np.sqrt(own * se[None, :] ** 2 + (1 - own) ** 2 * centre_variance)
    below = weight @ _normal(-mean / sd)
    middle = weight @ mean
    return Pooled(
        mean=middle,
        sd=np.sqrt(weight @ (sd**2 + mean**2) - middle**2),
        lo=_quantiles(weight, mean, sd, (1 - LEVEL) / 2),
        hi=_quantiles(weight, mean, sd, (1 + LEVEL) / 2),
        lfsr=np.minimum(below, 1 - below),
        own_share=weight @ own,
        between_sd=float(weight @ grid),
    )


def _grid(slope: Floats, se: Floats) -> Floats:
    widest = max(3 * float(np.std(slope)), 2 * float(np.median(se)))
    return widest * np.linspace(0, 1, GRID) ** 2


def _posterior(
    grid: Floats, slope: Floats, variance: Floats, precision: Floats, centre: Floats, *, scale: float
) -> Floats:
    """Of the standard deviation between persons: marginal likelihood, the mean integrated out, times a prior that is
    flat in the variance and falls off beyond the persons' own standard error.

    Measured with 60 persons of standard error 0.2 to 0.4: 90 % intervals cover 0.89 to 1.00 whatever the true
    deviation is, where a half-Cauchy prior fell to 0.86 at 0.15 to 0.20; the error of the means is the same.
    """
    apart = (precision * (slope[None, :] - centre[:, None]) ** 2).sum(1)
    prior = np.log(grid + 1e-9 * scale) - np.log1p((grid / scale) ** 2)
    log = prior - 0.5 * (np.log(variance).sum(1) + np.log(precision.sum(1)) + apart)
    step = np.gradient(grid)  # the grid is finer near 0
    weight = np.exp(log - log.max()) * step
    return np.asarray(weight / weight.sum())


def _quantiles(weight: Floats, mean: Floats, sd: Floats, share: float) -> Floats:
    """Of each person's mixture of normals, by bisection to 1e-9 of its width."""
    low, high = (mean - 9 * sd).min(0), (mean + 9 * sd).max(0)
    for _ in range(45):
        middle = (low + high) / 2
        less = weight @ _normal((middle - mean) / sd) < share
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray((low + high) / 2)


def _normal(z: NDArray[np.float64]) -> Floats:
    from scipy.special import ndtr  # 0.2 s

    return np.asarray(ndtr(z))
