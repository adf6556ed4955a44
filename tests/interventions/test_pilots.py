from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import measure_of, shipped_study
from causal_organism.interventions.pilots import DURATIONS, draw_lots, plan_pilot
from causal_organism.interventions.results import measure_pilot

TEAMS = tuple(f"t{number:02}" for number in range(16))


def test_a_small_change_needs_a_longer_pilot() -> None:
    large, small = (plan_pilot(teams=20, people=160, expected=each, week_sd=2.0) for each in (1.5, 0.6))
    assert (large.weeks, small.weeks) == (DURATIONS[0], DURATIONS[-1]) or large.weeks < small.weeks
    assert large.power is not None
    assert large.power > 0.8
    assert plan_pilot(teams=20, people=160, expected=1.0, week_sd=float("nan")).power is None


def test_the_power_is_the_share_of_pilots_that_find_the_change() -> None:
    pilot = plan_pilot(teams=16, people=128, expected=0.7, week_sd=2.0)
    found = [played(seed, change=0.7, weeks=pilot.weeks)["measured"]["from"] > 0 for seed in range(200)]
    assert np.mean(found) == pytest.approx(pilot.power, abs=0.12)


def test_the_lot_is_the_same_again_and_holds_out_as_many_as_it_should() -> None:
    treated, held_out = draw_lots(TEAMS, held_out=8, seed="abc")
    assert (treated, held_out) == draw_lots(tuple(reversed(TEAMS)), held_out=8, seed="abc")
    assert sorted(treated + held_out) == list(TEAMS)
    assert (len(held_out), draw_lots(TEAMS, held_out=8, seed="abd")[0] != treated) == (8, True)


def played(seed: Any, change: Any, weeks: int = 8, teams: Any = TEAMS, metric: str = "focus_h") -> Any:
    """A pilot of 128 people that began after week 20, in a world where everything changes in week 21 anyway."""
    rng = np.random.default_rng(seed)
    lots = draw_lots(teams, held_out=len(teams) // 2, seed=str(seed))
    team = np.repeat(np.array(teams), 8 * 40)
    week = np.tile(np.arange(40), 8 * len(teams))
    cell = np.unique(team, return_inverse=True)[1] * 40 + week
    values = 20 + rng.normal(0, 2 * np.sqrt(0.95), len(week)) + rng.normal(0, 2 * np.sqrt(0.05), 40 * len(teams))[cell]
    values += 3.0 * (week > 20) + change * (week > 20) * np.isin(team, lots[0])
    panel = {"week_index": week, "team": team, "role": np.full(len(week), "engineer"), metric: values}
    return measure_pilot(panel, lots, measure=measure_of(shipped_study(), metric), began=20, ended=20 + weeks)


@pytest.mark.parametrize(("change", "verdict"), [(1.5, "effective"), (-1.5, "harmful")])
def test_what_a_pilot_did_is_told_from_what_happened_to_everybody(change: Any, verdict: Any) -> None:
    found = played(1, change)
    assert found["verdict"] == verdict
    assert found["measured"]["from"] < change < found["measured"]["to"]
    assert (found["treated"], found["held_out"]) == (8, 8)


def test_intervals_hold_the_change_in_95_of_100() -> None:
    found = [played(seed, 0.5)["measured"] for seed in range(200)]
    assert np.mean([each["from"] <= 0.5 <= each["to"] for each in found]) == pytest.approx(0.95, abs=0.04)


def test_too_few_teams_are_inconclusive() -> None:
    found = played(1, 1.5, teams=TEAMS[:4])
    assert (found["verdict"], found["measured"]["effect"]) == ("inconclusive", None)
