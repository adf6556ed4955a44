"""Intervals and p values where clusters are few: the wild cluster bootstrap with the null imposed.

Source: Cameron, Gelbach and Miller 2008; MacKinnon and Webb 2018 for six-point weights.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from causal_organism.causal.designs.regression import Slope, sum_by
from causal_organism.causal.within import Floats

DRAWS = 999
_SIX_POINTS = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
_FEWEST_FOR_SIGNS = 13
_BISECTIONS = 40


def wild_interval(slope: Slope, *, seed: int = 20) -> tuple[float, float, float]:
    """(lo, hi, p) of a slope; the interval holds the values that a test at 5 % does not reject."""
    scores = sum_by(slope.cluster, slope.t_left * slope.y_left, len(slope.pull))
    squares = float(slope.t_left @ slope.t_left)
    groups = len(slope.pull)
    rng = np.random.default_rng(seed)
    points = _SIX_POINTS if groups < _FEWEST_FOR_SIGNS else np.array([-1.0, 1.0])
    weights = rng.choice(points, size=(DRAWS, groups))

    def p_of(value: float) -> float:
        return _p(value, scores=scores, squares=squares, slope=slope, weights=weights)

    return _edge(p_of, slope, -1.0), _edge(p_of, slope, 1.0), p_of(0.0)


def _p(value: float, *, scores: Floats, squares: float, slope: Slope, weights: Floats) -> float:
    """Of the hypothesis that the effect is `value`."""
    observed = abs(slope.effect - value) / slope.se
    restricted = scores - value * slope.pull * squares
    drawn = weights * restricted
    moved = drawn.sum(axis=1) / squares
    left = drawn - np.outer(moved * squares, slope.pull)
    se = np.sqrt(slope.factor * (left**2).sum(axis=1)) / squares
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
