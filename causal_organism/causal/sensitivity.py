"""How strong a hidden confounder would have to be, and how strong the strongest one that was measured is.

Source: Cinelli and Hazlett 2020, sections 4.2 to 4.4; VanderWeele and Ding 2017 for the E-value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.estimands import SensitivityNumbers
from causal_organism.causal.within import Floats, inverse_of

NOTHING_LEFT = 1e-13  # of a column's squares: rounding
FLOOR = 0.10
"""Robustness that any observed effect must have, however weak its measured confounders are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Shares of variance (0 to 1), except `bias_max` (unit of the effect) and `e_value` (a risk ratio).

    rv: share that a confounder must explain of both treatment and outcome to explain the effect away; rv_alpha: to
    take its significance at 5 %. benchmark: the share that one as strong as `strongest` explains, where both are equal.
    bias_max: the bias that such a one would cause.
    """

    rv: float
    rv_alpha: float
    benchmark: float
    strongest: str
    bias_max: float
    e_value: float

    @property
    def withstands(self) -> bool:
        return self.rv_alpha >= max(self.benchmark, FLOOR)

    def document(self) -> SensitivityNumbers:
        return {
            "rv": self.rv,
            "rv_alpha": self.rv_alpha,
            "benchmark": self.benchmark,
            "strongest": self.strongest,
            "bias_max": self.bias_max,
            "e_value": self.e_value,
        }


def judge_sensitivity(
    y: Floats, t: Floats, w: Floats, names: tuple[str, ...], *, inflation: float, t_critical: float, degrees: int
) -> Sensitivity:
    """Of the effect of t on y given w, all without person and week effects.

    `inflation`: standard error by cluster over the plain one, so that rv_alpha asks as much as the interval does.
    """
    columns = np.column_stack((t, w, y))
    products, sums = columns.T @ columns, columns.sum(axis=0)
    first, last, held = 0, len(products) - 1, list(range(1, len(products) - 1))
    t_left, y_left = (_Left.of(products, place, held) for place in (first, last))
    crossed = t_left.with_(y_left, products)
    effect = crossed / max(t_left.squares, 1e-300)
    r2 = _r2(crossed, t_left.squares, y_left.squares)
    strength = float(np.sqrt(r2 / max(1 - r2, 1e-12)))
    critical = t_critical * inflation / np.sqrt(max(degrees - 1, 1))
    ratio = float(np.sqrt(max(y_left.squares - effect * crossed, 0.0) / max(t_left.squares, 1e-300)))
    factors = {name: _bias_factor(products, place) for place, name in zip(held, names, strict=True)}
    strongest = max(factors, key=lambda name: factors[name], default="")
    factor = factors.get(strongest, 0.0)
    return Sensitivity(
        rv=_robustness(strength),
        rv_alpha=_robustness(max(strength - critical, 0.0)),
        benchmark=_robustness(factor),
        strongest=strongest,
        bias_max=factor * ratio,
        e_value=_e_value(effect * t_left.spread(sums, len(y)) / max(y_left.spread(sums, len(y)), 1e-300)),
    )


def _robustness(strength: float) -> float:
    """The equal share r of both with r^2 / (1 - r) = strength^2."""
    square = strength * strength
    return float((np.sqrt(square * square + 4 * square) - square) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What some columns do not explain of another: by column, what adds up to it; and its squares."""

    parts: Floats
    squares: float

    @classmethod
    def of(cls, products: Floats, place: int, held: list[int]) -> _Left:
        parts = np.zeros(len(products))
        parts[place] = 1.0
        if held:
            parts[held] = -inverse_of(products[np.ix_(held, held)]) @ products[held, place]
        squares = float(parts @ products @ parts)
        return cls(parts=parts, squares=squares if squares > NOTHING_LEFT * products[place, place] else 0.0)

    def with_(self, other: _Left, products: Floats) -> float:
        """The product of both; nothing where nothing is left of either."""
        return float(self.parts @ products @ other.parts) if self.squares * other.squares > 0 else 0.0

    def spread(self, sums: Floats, rows: int) -> float:
        """Its standard deviation; `sums` of the columns."""
        return float(np.sqrt(max(self.squares / rows - float(self.parts @ sums / rows) ** 2, 0.0)))


def _bias_factor(products: Floats, place: int) -> float:
    """sqrt(R2_y R2_t / (1 - R2_t)) of a confounder as strong as the control at `place`: bias over `ratio`."""
    others = [each for each in range(1, len(products) - 1) if each != place]
    with_t = _share(products, place, 0, others)
    with_y = _share(products, place, len(products) - 1, [0, *others])
    share_t = min(with_t / max(1 - with_t, 1e-12), 0.999)
    share_zx = min(with_t * with_t / max((1 - with_t) * (1 - with_t), 1e-12), 0.999)
    share_y = ((1 + np.sqrt(share_zx)) / np.sqrt(1 - share_zx)) ** 2 * with_y / max(1 - with_y, 1e-12)
    return float(np.sqrt(min(share_y, 0.999) * share_t / (1 - share_t)))


def _share(products: Floats, one: int, other: int, held: list[int]) -> float:
    """Of the variance of one column that another explains, with others held equal."""
    left, right = (_Left.of(products, place, held) for place in (one, other))
    return _r2(left.with_(right, products), left.squares, right.squares)


def _r2(crossed: float, one: float, other: float) -> float:
    return crossed * crossed / (one * other) if one * other > 0 else 0.0


def _e_value(standardised: float) -> float:
    """Of a difference in standard deviations of the outcome, through the ratio exp(0.91 d)."""
    ratio = float(np.exp(0.91 * abs(standardised)))
    return ratio + float(np.sqrt(ratio * (ratio - 1)))
