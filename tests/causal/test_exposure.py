from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.causal.exposure import exposure_effects, mean_of_others

CONTROLS = ("assigned_load", "deadline", "degree_prev")


def test_the_mean_of_others_leaves_out_the_person_and_who_is_not_known() -> None:
    panel = {
        "team": np.array(["a", "a", "a", "b", "", "a"]),
        "week_index": np.array([1, 1, 1, 1, 1, 2]),
        "meet_load_h": np.array([2.0, 4.0, np.nan, 5.0, 6.0, 7.0]),
    }
    np.testing.assert_array_equal(mean_of_others(panel), [4.0, 2.0, 3.0, np.nan, np.nan, np.nan])


def test_without_spillover_the_total_is_the_own_effect(world: Any) -> None:
    found = exposure_effects(world(7)[1], "focus_h", CONTROLS, min_group=10)
    assert found is not None
    assert not found.spills_over
    assert found.total == pytest.approx(found.own, abs=2 * found.spillover_se)


def test_meetings_of_the_others_that_do_good_turn_the_total_round(world: Any) -> None:
    """Everybody's own hour costs 0.45 hours of focus, an hour of everybody else in the team brings 0.9."""
    panel = world(7)[1]
    spilled = panel | {"focus_h_next": panel["focus_h_next"] + 0.9 * np.nan_to_num(mean_of_others(panel))}
    found = exposure_effects(spilled, "focus_h", CONTROLS, min_group=10)
    assert found is not None
    assert found.spills_over
    assert found.own < -0.3
    assert found.total == pytest.approx(0.9 - 0.45, abs=3 * found.total_se)


def test_people_without_a_team_of_two_spill_over_to_nobody(world: Any) -> None:
    panel = world(7)[1]
    assert exposure_effects(panel | {"team": panel["id"]}, "focus_h", CONTROLS, min_group=10) is None
