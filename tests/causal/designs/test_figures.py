"""Figures over many worlds: what intervals cover, how often nothing is called something, and hidden causes effects."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.causal.designs.test_worlds import one
from tests.causal.designs.worlds import WITHIN_TEAMS, working_weeks

WORLDS = 100


def studied(**world: Any) -> list[dict[str, Any]]:
    return [one(working_weeks(2000 + seed, people=100, **world), WITHIN_TEAMS) for seed in range(WORLDS)]


def share(found: list[dict[str, Any]], verdict: str) -> float:
    return Counter(each["verdict"] for each in found)[verdict] / len(found)


@pytest.mark.long
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_intervals_hold_the_truth_in_92_to_98_of_100_worlds(rho: float) -> None:
    found = studied(effect=-0.4, rho=rho)
    covered = sum(each["ci_lo"] <= 0.8 <= each["ci_hi"] for each in found) / len(found)
    print(f"\nAR {rho}: coverage {covered:.3f}, supported {share(found, 'supported'):.2f}")
    assert 0.92 <= covered <= 0.98 + 0.01
    assert share(found, "supported") >= 0.9


@pytest.mark.long
def test_at_most_5_of_100_null_worlds_are_supported() -> None:
    found = studied(effect=0)
    print(f"\nnull: supported {share(found, 'supported'):.2f}, weak {share(found, 'weak'):.2f}")
    assert share(found, "supported") <= 0.05


@pytest.mark.long
@pytest.mark.parametrize(
    "world",
    [
        {"hidden": 1.0},
        {"hidden": 1.0, "rho": 0.8},
        {"hidden": 1.0, "control": 0.02},
        {"hidden": 1.0, "seen": 0.7},
        {"shock": 1.0},
    ],
    ids=str,
)
def test_at_most_5_of_100_hidden_worlds_are_supported(world: dict[str, Any]) -> None:
    found = studied(effect=0, **world)
    print(f"\n{world}: supported {share(found, 'supported'):.2f}, refuted {share(found, 'refuted'):.2f}")
    assert share(found, "supported") <= 0.05
