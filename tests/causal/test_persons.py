from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.causal.persons import person_slopes
from causal_organism.causal.pooled import draw_design
from causal_organism.causal.sample import Sample, draw_sample
from causal_organism.causal.shrinkage import Group, pool, pool_groups

pytestmark = pytest.mark.large

CONTROLS = ("assigned_load", "deadline", "degree_prev")


def planted(organisation: Any) -> Any:
    by_person = organisation.truth["effects_per_hour"]["focus_h"]["by_person"]
    return np.array([by_person[person] for person in sorted(by_person)])


def slopes_of(panel: Any) -> Any:
    design = draw_design(draw_sample(panel, "focus_h", CONTROLS, min_group=10))
    places = np.searchsorted(np.unique(panel["id"]), np.unique(panel["id"][design.sample.rows]))
    return person_slopes(design), places


def test_single_slopes_are_unbiased_and_their_standard_errors_honest_though_weeks_resemble_each_other(
    world: Any,
) -> None:
    """Over 6 worlds with autocorrelated errors: 95 % intervals cover 92 to 98 %."""
    z = []
    for seed in range(40, 46):
        organisation, panel = world(seed)
        slopes, places = slopes_of(panel)
        z.append((slopes.slope - planted(organisation)[places]) / slopes.se)
    z = np.concatenate(z)
    z = z[np.isfinite(z)]
    assert abs(z.mean()) < 0.12
    assert 0.92 <= (np.abs(z) < 1.96).mean() <= 0.98


def autocorrelated(rng: Any, people: Any, weeks: Any, rho: Any) -> Any:
    series = rng.normal(size=(people, weeks))
    for week in range(1, weeks):
        series[:, week] = rho * series[:, week - 1] + np.sqrt(1 - rho * rho) * series[:, week]
    return series


def test_standard_errors_grow_where_treatment_and_errors_both_last() -> None:
    """With an autocorrelation of 0.7 in both, naive standard errors are 1.5 times too small."""
    rng, people, weeks = np.random.default_rng(2), 400, 26
    person, week = (each.ravel() for each in np.indices((people, weeks)))
    t = autocorrelated(rng, people, weeks, 0.7).ravel()
    y = -0.5 * t + autocorrelated(rng, people, weeks, 0.7).ravel()
    sample = Sample(
        outcome="y", controls=(), rows=np.arange(len(t)), y=y, t=t, w=np.empty((len(t), 0)), person=person, week=week,
        team=person // 10, segment=np.full(len(t), "all"), week_index=week + 2900,
    )  # fmt: skip
    slopes = person_slopes(draw_design(sample))
    assert np.std((slopes.slope + 0.5) / slopes.se) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8])
def test_standard_errors_hold_though_a_persons_mean_takes_most_of_what_lasts(rho: Any) -> None:
    """With weeks as much alike as 0.8, the squares that are left of 26 are those of about 18 weeks and not of 24:
    errors that count 24 are 1.14 times too small."""
    rng, people, weeks = np.random.default_rng(3), 900, 26
    person, week = (each.ravel() for each in np.indices((people, weeks)))
    t = rng.normal(size=people * weeks)
    y = -0.5 * t + autocorrelated(rng, people, weeks, rho).ravel()
    sample = Sample(
        outcome="y", controls=(), rows=np.arange(len(t)), y=y, t=t, w=np.empty((len(t), 0)), person=person, week=week,
        team=person // 10, segment=np.full(len(t), "all"), week_index=week + 2900,
    )  # fmt: skip
    slopes = person_slopes(draw_design(sample))
    assert np.std((slopes.slope + 0.5) / slopes.se) == pytest.approx(1.0, abs=0.07)


def test_slopes_are_as_exact_as_weeks_that_resemble_each_other_allow() -> None:
    """What lasts says nothing about the effect of what changes: plain least squares would spread 1.4 times as much,
    even from all weeks."""
    rng, people, weeks = np.random.default_rng(4), 400, 26
    person, week = (each.ravel() for each in np.indices((people, weeks)))
    t, noise = rng.normal(size=(people, weeks)), autocorrelated(rng, people, weeks, 0.8)
    y = (-0.5 * t + noise).ravel()
    kept = rng.random(people * weeks) > 0.15  # some weeks of everybody were not seen
    sample = Sample(
        outcome="y", controls=(), rows=np.flatnonzero(kept), y=y[kept], t=t.ravel()[kept], w=np.empty((kept.sum(), 0)),
        person=person[kept], week=week[kept], team=person[kept] // 10, segment=np.full(kept.sum(), "all"),
        week_index=week[kept] + 2900,
    )  # fmt: skip
    slopes = person_slopes(draw_design(sample))
    plain = ((t - t.mean(1, keepdims=True)) * noise).sum(1) / ((t - t.mean(1, keepdims=True)) ** 2).sum(1)
    assert np.std(slopes.slope) < 0.8 * np.std(plain)
    assert np.std((slopes.slope + 0.5) / slopes.se) == pytest.approx(1.0, abs=0.1)


def test_who_differs_from_a_small_team_differs_by_all_of_it() -> None:
    """In teams of four, with each week's shock taken out, persons would seem to differ by a quarter less."""
    rng, people, weeks = np.random.default_rng(6), 400, 26
    person, week = (each.ravel() for each in np.indices((people, weeks)))
    team = person // 4
    own = -0.5 + 0.5 * rng.normal(size=people)
    t = rng.normal(size=people * weeks)
    y = own[person] * t + rng.normal(size=(people // 4, weeks))[team, week] + 0.1 * rng.normal(size=len(t))
    sample = Sample(
        outcome="y", controls=(), rows=np.arange(len(t)), y=y, t=t, w=np.empty((len(t), 0)), person=person, week=week,
        team=team, segment=np.full(len(t), "all"), week_index=week + 2900,
    )  # fmt: skip
    slopes = person_slopes(draw_design(sample)).slope
    assert np.polyfit(own, slopes, 1)[0] == pytest.approx(1.0, abs=0.05)


def test_the_autocorrelation_is_found(world: Any) -> None:
    assert slopes_of(world(7)[1])[0].autocorrelation == pytest.approx(0.3, abs=0.08)


def test_a_person_whose_meetings_never_vary_has_no_slope(world: Any) -> None:
    _, panel = world(7)
    hours = panel["meet_load_h"].copy()
    hours[panel["id"] == "p0002"] = 5.0
    slopes, _ = slopes_of(panel | {"meet_load_h": hours})
    assert np.isnan(slopes.slope[1]) and np.isnan(slopes.se[1])
    assert np.isfinite(slopes.slope[2:]).mean() > 0.95


@pytest.mark.parametrize("between", [0.0, 0.1, 0.2, 0.5])
def test_pooled_effects_are_nearer_to_the_truth_and_their_intervals_cover(between: Any) -> None:
    rng = np.random.default_rng(5)
    raw_error = pooled_error = covered = people = 0
    for _ in range(60):
        truth = -0.4 + between * rng.normal(size=60)
        se = rng.uniform(0.2, 0.4, 60)
        slope = truth + se * rng.normal(size=60)
        found = pool(slope, se, mean_se=0.03)
        raw_error += ((slope - truth) ** 2).sum()
        pooled_error += ((found.mean - truth) ** 2).sum()
        covered += ((found.lo <= truth) & (truth <= found.hi)).sum()
        people += 60
    assert pooled_error < 0.9 * raw_error
    assert covered / people >= 0.87


def worlds_of(draw: Any, worlds: int = 30, people: int = 60) -> Any:
    """(truth, what is found) of persons whose slopes are known to 0.2 to 0.4."""
    rng = np.random.default_rng(5)
    for _ in range(worlds):
        truth, se = draw(rng, people), rng.uniform(0.2, 0.4, people)
        yield truth, pool(truth + se * rng.normal(size=people), se, mean_se=0.04)


@pytest.mark.parametrize("between", [0.1, 0.2, 0.4])
def test_who_is_said_to_differ_by_so_much_does(between: Any) -> None:
    """The slope of the truth on the estimate, about the mean: 0.48 at 0.1 with a prior that nobody is like the rest."""
    shared = squares = 0.0
    for truth, found in worlds_of(lambda rng, people: -0.6 + between * rng.normal(size=people)):
        estimate = found.mean - found.mean.mean()
        shared += estimate @ (truth - truth.mean())
        squares += estimate @ estimate
    assert 0.8 < shared / squares < 1.2


def test_three_segments_of_50_are_told_apart_as_little_as_they_differ() -> None:
    """By themselves the slope is about 0.8, and they are further from the truth: the segments that seem to differ most
    are those that do so by luck."""
    rng = np.random.default_rng(5)
    shared, squares, error, alone = 0.0, 0.0, 0.0, 0.0
    for _ in range(60):  # over 30 it moves by 0.15
        truths = [centre + 0.1 * rng.normal(size=50) for centre in (-0.6, -0.45, -0.3)]
        errors = [rng.uniform(0.2, 0.25, 50) for _ in truths]
        groups = [
            Group(slope=truth + se * rng.normal(size=50), se=se, mean_se=0.04)
            for truth, se in zip(truths, errors, strict=True)
        ]
        for truth, group, found in zip(truths, groups, pool_groups(groups), strict=True):
            estimate, own = found.mean - found.mean.mean(), pool(group.slope, group.se, mean_se=0.04).mean
            true = truth - truth.mean()
            shared, squares = shared + estimate @ true, squares + estimate @ estimate
            error += ((estimate - true) ** 2).sum()
            alone += ((own - own.mean() - true) ** 2).sum()
    assert 0.8 < shared / squares < 1.2
    assert error < alone


def test_a_minority_whom_it_harms_is_not_drawn_into_the_rest() -> None:
    """One in ten has the opposite effect; with one kind of person, intervals of those covered it in 0.48 of cases."""

    def draw(rng: Any, people: Any) -> Any:
        return np.where(rng.random(people) < 0.1, 0.6, -0.6) + 0.1 * rng.normal(size=people)

    covered, wronged = [], []
    for truth, found in worlds_of(draw, people=120):
        harmed = truth > 0
        covered += ((found.lo <= truth) & (truth <= found.hi))[harmed].tolist()
        wronged += ((found.mean < 0) & (found.lfsr < 0.05))[harmed].tolist()
    assert np.mean(covered) >= 0.85
    assert np.mean(wronged) <= 0.05


def test_a_minority_near_the_rest_is_covered_though_it_is_rare() -> None:
    """One in ten, about three errors away: by how rare they are, they would be taken for the rest too often."""

    def draw(rng: Any, people: Any) -> Any:
        return np.where(rng.random(people) < 0.1, 0.5, -0.5) + 0.1 * rng.normal(size=people)

    covered, everybody = [], []
    for truth, found in worlds_of(draw, worlds=60, people=120):
        inside = (found.lo <= truth) & (truth <= found.hi)
        covered += inside[truth > 0].tolist()
        everybody += inside.tolist()
    assert np.mean(covered) >= 0.8
    assert 0.88 <= np.mean(everybody) <= 0.97


def test_the_false_sign_rate_is_a_probability_that_comes_true() -> None:
    """Of effects said to be of one sign with at most 10 % doubt, at most about 10 % are of the other."""
    rng = np.random.default_rng(6)
    wrong = said = 0
    for _ in range(40):
        truth = 0.1 + 0.3 * rng.normal(size=80)
        se = np.full(80, 0.3)
        found = pool(truth + se * rng.normal(size=80), se, mean_se=0.05)
        sure = found.lfsr < 0.1
        wrong += (np.sign(found.mean[sure]) != np.sign(truth[sure])).sum()
        said += sure.sum()
    assert said > 100
    assert wrong / said < 0.12


def test_the_more_a_person_is_known_the_more_its_own_data_counts() -> None:
    slope = np.array([-1.0, -0.2, -0.5, -0.4, -0.9, -0.1])
    found = pool(slope, np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5]), mean_se=0.05)
    assert (np.diff(found.own_share) < 0).all()
    assert ((found.lo < found.mean) & (found.mean < found.hi)).all()
