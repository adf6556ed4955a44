"""The panel after a change equals the one made in full: new weeks, late meetings, other outcomes, absences."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from causal_organism.catalog import panel as panel_asset
from causal_organism.causal.panel import build_panel, update_panel
from causal_organism.synthetic import generate
from causal_organism.synthetic.weekly import weekly_sums
from causal_organism.testing import check_update

WORLD = generate(60, 16, 5, start=date(2026, 1, 5))
LABELS = WORLD.truth["weeks"]
IDS = WORLD.people["id"]
DEGREE = {"id": IDS, "neighbours": np.arange(len(IDS))}


def some(table: Any, kept: Any) -> dict[str, Any]:
    return {name: column[kept] for name, column in table.items()}


def inputs(*, weeks: int = 16, ties: Any = None, outcomes: Any = None, people: Any = None) -> dict[str, Any]:
    ties, outcomes = ties or weekly_sums(WORLD), outcomes or WORLD.outcomes
    return {
        "weekly": some(ties, np.isin(ties["week"], LABELS[:weeks])),
        "people": people or dict(WORLD.people),
        "outcomes": some(outcomes, np.isin(outcomes["week"], LABELS[:weeks])),
        "degree": DEGREE,
    }


def without(rows: Any) -> Any:
    ties = weekly_sums(WORLD)
    return some(ties, ~rows(ties))


LATE = {
    "a week more": (inputs(weeks=15), inputs()),
    "outcomes of weeks that were there": (inputs(weeks=14) | {"weekly": inputs()["weekly"]}, inputs()),
    "one tie more": (inputs(ties=without(lambda ties: np.arange(len(ties["week"])) == 2000)), inputs()),
    "a tie less": (inputs(), inputs(ties=without(lambda ties: np.arange(len(ties["week"])) == 2000))),
    "a calendar less": (inputs(), inputs(ties=without(
        lambda ties: (ties["target"] == IDS[7]) & (ties["week"] == LABELS[9]) & (ties["kind"] == "meeting")
    ))),
    "days off": (inputs(), inputs(outcomes=dict(WORLD.outcomes) | {
        "pto_days": np.where((WORLD.outcomes["id"] == IDS[3]) & (WORLD.outcomes["week"] == LABELS[5]), 5.0, 0.0)
    })),
    "another outcome": (inputs(), inputs(outcomes=dict(WORLD.outcomes) | {"focus_h": WORLD.outcomes["focus_h"] + 1})),
}  # fmt: skip


@pytest.mark.parametrize("change", LATE)
def test_an_update_equals_the_panel_in_full(change: str) -> None:
    before, after = LATE[change]
    whole = build_panel(after["weekly"], after["people"], after["outcomes"], {"degree": DEGREE})
    found = update_panel(
        build_panel(before["weekly"], before["people"], before["outcomes"], {"degree": DEGREE}),
        after["weekly"], after["people"], after["outcomes"], {"degree": DEGREE},
    )  # fmt: skip
    assert found is not None
    assert list(found) == list(whole)
    for name, column in whole.items():
        if column.dtype.kind == "f":
            np.testing.assert_allclose(found[name], column, rtol=1e-12, atol=0, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], column, err_msg=name)


@pytest.mark.parametrize("change", ["a week more", "a calendar less"])
def test_the_asset_takes_its_update(change: str) -> None:
    before, after = LATE[change]
    check_update(panel_asset, before, after)


def test_a_tie_touches_the_weeks_of_its_two_ends_alone() -> None:
    before, after = LATE["one tie more"]
    roster = after["people"]
    made = build_panel(before["weekly"], roster, before["outcomes"])
    moved = [
        (person, week)
        for person, week, was, now in zip(
            made["id"].tolist(), made["week"].tolist(), made["ties_print"].tolist(),
            build_panel(after["weekly"], roster, after["outcomes"])["ties_print"].tolist(), strict=True,
        )
        if was != now
    ]  # fmt: skip
    ties = weekly_sums(WORLD)
    assert sorted(moved) == sorted((str(ties[end][2000]), str(ties["week"][2000])) for end in ("source", "target"))


def test_another_roster_is_made_in_full() -> None:
    team = WORLD.people["team"].copy()
    team[0] = "elsewhere"
    before = build_panel(*(inputs()[name] for name in ("weekly", "people", "outcomes")))
    after = inputs(people=dict(WORLD.people) | {"team": team})
    assert update_panel(before, after["weekly"], after["people"], after["outcomes"]) is None
    fewer = inputs(people=some(WORLD.people, np.arange(len(IDS)) > 0))
    assert update_panel(before, fewer["weekly"], fewer["people"], fewer["outcomes"]) is None


def test_what_a_person_is_exposed_to_is_the_mean_of_its_team_and_of_whom_it_met_the_week_before() -> None:
    people = {"id": np.array(["ana", "bo", "cy"]), "team": np.array(["red", "red", "red"])}
    weekly = {
        "week": np.array(["2026-W01"] * 2 + ["2026-W02"] * 3),
        "kind": np.array(["message", "message", "meeting", "meeting", "meeting"]),
        "source": np.array(["ana", "cy", "bo", "cy", "ana"]),
        "target": np.array(["bo", "ana", "ana", "bo", "cy"]),
        "count": np.array([3, 1, 1, 1, 1]),
        "duration_s": np.array([0.0, 0.0, 3600.0, 7200.0, 18000.0]),
    }
    ids, weeks = np.repeat(people["id"], 2), np.tile(["2026-W01", "2026-W02"], 3)
    found = build_panel(weekly, people, {"id": ids, "week": weeks, "focus_h": np.arange(6.0)})
    late = {name: column[found["week"] == "2026-W02"].tolist() for name, column in found.items()}
    assert late["meet_load_h"] == [1.0, 2.0, 5.0]
    assert late["team_meet_h"] == [3.5, 3.0, 1.5]
    assert late["neighbour_meet_h"] == pytest.approx([(3 * 2 + 1 * 5) / 4, 1.0, 1.0])
