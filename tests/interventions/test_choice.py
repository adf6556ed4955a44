"""What is proposed where not all of it fits: as good as the best of all subsets, and within every limit."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.causal.declarations.declaration import Limits
from causal_organism.causal.measures import Measure
from causal_organism.interventions.choice import Option, choose
from causal_organism.interventions.expectation import Expectation

pytestmark = pytest.mark.large

OPTIONS = st.builds(
    Option,
    value=st.integers(-20, 200).map(float),
    hours=st.integers(0, 60).map(float),
    people=st.integers(1, 50),
    teams=st.sets(st.sampled_from("abcd"), max_size=3).map(lambda names: tuple(sorted(names))),
)
LIMITS = st.builds(
    Limits,
    hours=st.none() | st.integers(1, 150).map(float),
    people=st.none() | st.integers(1, 120),
    per_team=st.none() | st.integers(1, 3),
    proposals=st.integers(1, 8),
)


def fits(chosen: Any, limits: Any) -> bool:
    teams = [team for each in chosen for team in each.teams]
    return (
        len(chosen) <= limits.proposals
        and (limits.hours is None or sum(each.hours for each in chosen) <= limits.hours)
        and (limits.people is None or sum(each.people for each in chosen) <= limits.people)
        and (limits.per_team is None or all(teams.count(team) <= limits.per_team for team in teams))
    )


def worth(options: Any, taken: Any) -> float:
    return float(sum(each.value for each, take in zip(options, taken, strict=True) if take))


@given(st.lists(OPTIONS, max_size=8), LIMITS)
def test_no_subset_that_fits_is_worth_more(options: Any, limits: Any) -> None:
    taken = choose(options, limits)
    assert fits([each for each, take in zip(options, taken, strict=True) if take], limits)
    best = max(
        worth(options, subset)
        for subset in product((False, True), repeat=len(options))
        if fits([each for each, take in zip(options, subset, strict=True) if take], limits)
    )
    assert worth(options, taken) == best


def test_two_that_fit_together_go_before_the_one_that_is_worth_most() -> None:
    options = [Option(value=each, hours=h, people=10, teams=()) for each, h in ((10.0, 8.0), (7.0, 5.0), (6.0, 5.0))]
    assert choose(options, Limits(hours=10)) == (False, True, True)
    assert choose(options, Limits()) == (True, True, True)


@pytest.mark.parametrize("seed", [8, 10, 16])
def test_of_thirty_that_differ_by_little_it_is_the_best_and_not_one_that_is_nearly_as_good(seed: Any) -> None:
    """Against the best of all subsets, by adding one option after another at every number of hours."""
    rng = np.random.default_rng(seed)
    hours = rng.integers(100, 1000, 30)
    value = hours * 100 + rng.integers(0, 300, 30)
    best = np.zeros(hours.sum() // 2 + 1)
    for takes, gives in zip(hours, value, strict=True):
        best[takes:] = np.maximum(best[takes:], best[:-takes] + gives)
    options = [Option(value=float(v), hours=float(h), people=1, teams=()) for v, h in zip(value, hours, strict=True)]
    taken = choose(options, Limits(hours=float(hours.sum() // 2), proposals=30))
    assert worth(options, taken) == best[-1]


@pytest.mark.parametrize(("mean", "sd", "error"), [(0.5, 1.0, 0.0), (0.5, 1.0, 0.7), (-0.4, 0.3, 0.1), (0.0, 1.0, 2.0)])
def test_the_value_of_a_measurement_is_what_deciding_after_it_is_worth_more(mean: Any, sd: Any, error: Any) -> None:
    """Played a million times: truth, measurement, and then the better of the change and none by what is believed."""
    rng = np.random.default_rng(5)
    truth = rng.normal(mean, sd, 1_000_000)
    seen = truth + rng.normal(0, error, len(truth))
    believed = mean + sd**2 / (sd**2 + error**2) * (seen - mean)
    gained = np.where(believed > 0, truth, 0.0).mean() - max(mean, 0.0)
    expected = Expectation(measure=Measure(name="focus_h", unit="h", better=1, least=0.0), mean=mean, sd=sd)
    assert expected.value_of_knowing(error=error) == pytest.approx(gained, abs=0.004)


def test_what_measures_nothing_is_worth_nothing() -> None:
    expected = Expectation(measure=Measure(name="focus_h", unit="h", better=1, least=0.0), mean=0.1, sd=1.0)
    assert expected.value_of_knowing(error=None) == 0.0
    assert expected.value_of_knowing(error=1e9) == pytest.approx(0.0, abs=1e-6)
    assert expected.value_of_knowing() == pytest.approx(1.0 * 0.39695 - 0.1 * 0.46017, abs=1e-4)
    assert math.isclose(expected.value_of_knowing(), expected.value_of_knowing(error=0.0))
