"""Intervals and p values where clusters are few: the wild cluster bootstrap with the null imposed.

Source: Cameron, Gelbach and Miller 2008; MacKinnon and Webb 2018 for six-point weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from causal_organism.causal.slopes.regression import Slope, sum_by
from causal_organism.causal.within import Floats

DRAWS = 999
_SIX_POINTS = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
_FEWEST_FOR_SIGNS = 13
_BISECTIONS = 40


def wild_interval(slope: Slope, *, seed: int = 20) -> tuple[float, float, float]:
    """(lo, hi, p) of a slope; the interval holds the values that a test at 5 % does not reject."""
    groups = len(slope.pull)
    rng = np.random.default_rng(seed)
    points = _SIX_POINTS if groups < _FEWEST_FOR_SIGNS else np.array([-1.0, 1.0])
    test = _Test.of(slope, rng.choice(points, size=(DRAWS, groups)))
    return _edge(test.p_of, slope, -1.0), _edge(test.p_of, slope, 1.0), test.p_of(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """Of the hypothesis that the effect is some value, which every draw's effect and error are polynomials of."""

    slope: Slope
    moved: tuple[Floats, Floats]  # coefficients of 1 and the value, by draw
    variance: tuple[Floats, Floats, Floats]

    @classmethod
    def of(cls, slope: Slope, weights: Floats) -> _Test:
        squares = float(slope.t_left @ slope.t_left)
        scores = sum_by(slope.cluster, slope.t_left * slope.y_left, len(slope.pull)) / squares
        moved = weights @ scores, -(weights @ slope.pull)
        left = [
            weights * each - np.outer(sums, slope.pull) for each, sums in ((scores, moved[0]), (-slope.pull, moved[1]))
        ]
        variance = ((left[0] ** 2).sum(axis=1), 2 * (left[0] * left[1]).sum(axis=1), (left[1] ** 2).sum(axis=1))
        return cls(slope=slope, moved=moved, variance=variance)

    def p_of(self, value: float) -> float:
        observed = abs(self.slope.effect - value) / self.slope.se
        moved = self.moved[0] + value * self.moved[1]
        variance = self.variance[0] + value * self.variance[1] + value**2 * self.variance[2]
        se = np.sqrt(self.slope.factor * np.maximum(variance, 0.0))
        statistic = np.abs(moved) / np.maximum(se, 1e-300)
        return float((1 + (statistic >= observed - 1e-12).sum()) / (1 + len(statistic)))


def _edge(p_of: Callable[[float], float], slope: Slope, side: float) -> float:
    """Where the test begins to reject, on one side of the estimate."""
    inner, outer = 0.0, slope.critical * slope.se
    while p_of(slope.effect + side * outer) > 0.05 and outer < 1e3 * slope.se:
        inner, outer = outer, outer * 2
    for _ in range(_BISECTIONS):
        middle = (inner + outer) / 2
        if p_of(slope.effect + side * middle) > 0.05:
            inner = middle
        else:
            outer = middle
    return slope.effect + side * outer
