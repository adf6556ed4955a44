"""How strong a hidden confounder would have to be, and how strong the strongest one that was measured is.

Source: Cinelli and Hazlett 2020, sections 4.2 to 4.4; VanderWeele and Ding 2017 for the E-value.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from causal_organism.causal.within import Floats, without

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

    def document(self) -> dict[str, Any]:
        return asdict(self)


def judge_sensitivity(
    y: Floats, t: Floats, w: Floats, names: tuple[str, ...], *, inflation: float, t_critical: float, degrees: int
) -> Sensitivity:
    """Of the effect of t on y given w, all without person and week effects.

    `inflation`: standard error by cluster over the plain one, so that rv_alpha asks as much as the interval does.
    """
    t_left, y_left = without(t, w), without(y, w)
    effect = float(t_left @ y_left / (t_left @ t_left))
    r2 = _r2(y_left, t_left)
    strength = float(np.sqrt(r2 / max(1 - r2, 1e-12)))
    critical = t_critical * inflation / np.sqrt(max(degrees - 1, 1))
    ratio = float(np.linalg.norm(y_left - effect * t_left) / np.linalg.norm(t_left))
    factors = {name: _bias_factor(y, t, w, index) for index, name in enumerate(names)}
    strongest = max(factors, key=lambda name: factors[name], default="")
    factor = factors.get(strongest, 0.0)
    return Sensitivity(
        rv=_robustness(strength),
        rv_alpha=_robustness(max(strength - critical, 0.0)),
        benchmark=_robustness(factor),
        strongest=strongest,
        bias_max=factor * ratio,
        e_value=_e_value(effect * float(np.std(t_left)) / float(np.std(y_left))),
    )


def _robustness(strength: float) -> float:
    """The equal share r of both with r^2 / (1 - r) = strength^2."""
    square = strength * strength
    return float((np.sqrt(square * square + 4 * square) - square) / 2)


def _bias_factor(y: Floats, t: Floats, w: Floats, index: int) -> float:
    """sqrt(R2_y R2_t / (1 - R2_t)) of a confounder as strong as the control at `index`: bias over `ratio`."""
    one, others = w[:, index], np.delete(w, index, axis=1)
    if not np.any(without(one, others)):
        return 0.0
    with_t = _r2(without(t, others), without(one, others))
    both = np.column_stack((others, t))
    with_y = _r2(without(y, both), without(one, both))
    share_t = min(with_t / max(1 - with_t, 1e-12), 0.999)
    share_zx = min(with_t * with_t / max((1 - with_t) * (1 - with_t), 1e-12), 0.999)
    share_y = ((1 + np.sqrt(share_zx)) / np.sqrt(1 - share_zx)) ** 2 * with_y / max(1 - with_y, 1e-12)
    return float(np.sqrt(min(share_y, 0.999) * share_t / (1 - share_t)))


def _r2(one: Floats, other: Floats) -> float:
    squares = float((one @ one) * (other @ other))
    return float((one @ other) ** 2 / squares) if squares > 0 else 0.0


def _e_value(standardised: float) -> float:
    """Of a difference in standard deviations of the outcome, through the ratio exp(0.91 d)."""
    ratio = float(np.exp(0.91 * abs(standardised)))
    return ratio + float(np.sqrt(ratio * (ratio - 1)))
