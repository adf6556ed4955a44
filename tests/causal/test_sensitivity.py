from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.causal.sensitivity import judge_sensitivity


def make(confounding: Any, effect: float = 1.0, rows: int = 20_000, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    w, hidden = rng.normal(size=(2, rows))
    t = confounding * w + confounding * hidden + rng.normal(size=rows)
    y = effect * t + confounding * w + confounding * hidden + rng.normal(size=rows)
    return y, t, w[:, None]


def judge(y: Any, t: Any, w: Any, **options: Any) -> Any:
    given = {"inflation": 1.0, "t_critical": 1.96, "degrees": len(y) - 2} | options
    return judge_sensitivity(y, t, w, ("w",), **given)


def test_the_bias_of_a_hidden_confounder_as_strong_as_the_measured_one_is_foreseen() -> None:
    """The hidden one is exactly as strong as w: the bound must come to its bias, within what the formula leaves out."""
    y, t, w = make(confounding=0.5)
    biased = judge(y, t, w)
    left = t - w[:, 0] * (t @ w[:, 0]) / (w[:, 0] @ w[:, 0])
    bias = float(left @ y / (left @ left)) - 1.0
    assert bias == pytest.approx(0.2, abs=0.02)  # 0.25 / 1.25
    assert bias * 0.9 <= biased.bias_max <= bias * 1.5


def test_a_strong_effect_withstands_and_a_weak_one_does_not() -> None:
    assert judge(*make(confounding=0.3, effect=1.0)).withstands
    y, t, w = make(confounding=0.8, effect=-0.35)  # what the hidden one leaves of it is +0.04
    assert not judge(y, t, w).withstands


def test_a_confounder_at_the_robustness_value_explains_the_effect_away() -> None:
    found = judge(*make(confounding=0.3, effect=0.4))
    strength = found.rv / np.sqrt(1 - found.rv)
    y, t, w = make(confounding=0.3, effect=0.4)
    left, rest = (each - w[:, 0] * (each @ w[:, 0]) / (w[:, 0] @ w[:, 0]) for each in (t, y))
    effect = left @ rest / (left @ left)
    assert strength * np.linalg.norm(rest - effect * left) / np.linalg.norm(left) == pytest.approx(
        abs(effect), rel=1e-6
    )


def test_wider_intervals_ask_for_less_to_lose_significance() -> None:
    y, t, w = make(confounding=0.3, effect=0.1, rows=500)
    assert judge(y, t, w, inflation=2.0).rv_alpha < judge(y, t, w).rv_alpha < judge(y, t, w).rv


def test_a_control_that_never_varies_is_no_benchmark() -> None:
    y, t, _ = make(confounding=0.3)
    found = judge(y, t, np.zeros((len(y), 1)))
    assert (found.benchmark, found.bias_max) == (0.0, 0.0)
