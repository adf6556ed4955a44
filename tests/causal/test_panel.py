from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from causal_organism.causal.panel import build_panel, outcome_metrics, shift, to_panel
from causal_organism.causal.panel_people import people_facts
from causal_organism.causal.person_weeks.weeks import week_indices
from causal_organism.errors import CannotConcludeError, RequestError
from causal_organism.synthetic.weekly import weekly_sums

PEOPLE = {"id": np.array(["ana", "bo", "cy"]), "team": np.array(["red", "red", "blue"])}
WEEKLY = {
    "week": np.array(["2026-W01", "2026-W01", "2026-W01", "2026-W02", "2026-W02", "2026-W03"]),
    "kind": np.array(["meeting", "meeting", "message", "meeting", "message", "message"]),
    "source": np.array(["ana", "bo", "ana", "cy", "bo", "ana"]),
    "target": np.array(["bo", "ana", "cy", "ana", "cy", "bo"]),
    "weight_u": np.array([1, 1, 1, 1, 1, 1]) * 1_000_000,
    "count": np.array([2, 2, 1, 1, 1, 1]),
    "duration_s": np.array([7200.0, 7200.0, 0.0, 1800.0, 600.0, np.nan]),
}
OUTCOMES = {
    "id": np.array(["ana", "ana", "ana", "bo", "bo", "stranger"]),
    "week": np.array(["2026-W01", "2026-W02", "2026-W03", "2026-W01", "2026-W02", "2026-W01"]),
    "focus_h": np.array([10.0, 11.0, 12.0, 20.0, np.nan, 99.0]),
    "note": np.array(["a", "b", "c", "d", "e", "f"]),
}


def of(panel: Any, column: Any, person: Any) -> Any:
    return panel[column][panel["id"] == person].tolist()


def test_one_row_per_person_of_the_roster_and_week_with_outcomes() -> None:
    panel = build_panel(WEEKLY, PEOPLE, OUTCOMES)
    assert list(zip(panel["id"].tolist(), panel["week"].tolist(), strict=True)) == [
        (person, week) for person in ("ana", "bo", "cy") for week in ("2026-W01", "2026-W02", "2026-W03")
    ]
    assert of(panel, "team", "cy") == ["blue"] * 3


def test_meeting_hours_are_the_durations_of_meeting_ties_into_a_person() -> None:
    panel = build_panel(WEEKLY, PEOPLE, OUTCOMES)
    assert of(panel, "meet_load_h", "ana") == [2.0, 0.5, 0.0]
    np.testing.assert_equal(of(panel, "meet_load_h", "bo"), [2.0, np.nan, np.nan])  # no calendar of his from then on
    assert of(panel, "meet_load_h", "cy")[:2] == [0.0, 0.0]  # a message that took ten minutes is not a meeting


def test_bookings_that_overlap_count_once_where_the_sums_know() -> None:
    booked = np.array([3600.0, 5400.0, 0.0, 1800.0, 0.0, np.nan])
    assert of(build_panel(WEEKLY | {"booked_s": booked}, PEOPLE, OUTCOMES), "meet_load_h", "ana") == [1.5, 0.5, 0.0]


def test_where_nothing_of_a_person_was_seen_its_hours_are_not_known() -> None:
    panel = build_panel(WEEKLY, PEOPLE, OUTCOMES)
    np.testing.assert_equal(of(panel, "meet_load_h", "cy"), [0.0, 0.0, np.nan])
    assert of(panel, "coverage", "cy")[2] == 0.0


def test_the_network_is_that_of_the_week_before() -> None:
    panel = build_panel(WEEKLY, PEOPLE, OUTCOMES)
    assert of(panel, "degree", "ana") == [2.0, 1.0, 1.0]
    np.testing.assert_equal(of(panel, "degree_prev", "ana"), [np.nan, 2.0, 1.0])


def test_outcomes_stand_beside_those_of_the_next_week() -> None:
    panel = build_panel(WEEKLY, PEOPLE, OUTCOMES)
    assert outcome_metrics(panel) == ("focus_h",)
    np.testing.assert_equal(of(panel, "focus_h_next", "ana"), [11.0, 12.0, np.nan])
    np.testing.assert_equal(of(panel, "focus_h_next", "bo"), [np.nan, np.nan, np.nan])


def test_a_missing_week_is_not_skipped_over() -> None:
    outcomes = {name: column[[0, 2]] for name, column in OUTCOMES.items()}  # ana in the first and third week
    panel = build_panel(WEEKLY, PEOPLE, outcomes)
    np.testing.assert_equal(of(panel, "focus_h_next", "ana"), [np.nan, np.nan])


def test_coverage_falls_where_much_of_a_week_is_missing(world: Any) -> None:
    organisation, _ = world(7)
    weekly = weekly_sums(organisation)
    weeks = organisation.truth["weeks"]
    kept = (weekly["week"] != weeks[5]) | (np.arange(len(weekly["week"])) % 4 == 0)
    panel = build_panel(
        {name: column[kept] for name, column in weekly.items()}, organisation.people, organisation.outcomes
    )
    thin = panel["coverage"][panel["week"] == weeks[5]]
    assert np.median(thin) < 0.5
    assert np.median(panel["coverage"][panel["week"] == weeks[6]]) > 0.9


def test_views_describe_people(world: Any) -> None:
    views = {"degree": {"id": np.array(["bo", "ana", "ghost"]), "neighbours": np.array([3, 5, 9])}}
    panel = build_panel(WEEKLY, PEOPLE, OUTCOMES, views)
    np.testing.assert_equal(of(panel, "degree_neighbours", "ana"), [5.0] * 3)
    np.testing.assert_equal(of(panel, "degree_neighbours", "cy"), [np.nan] * 3)


def test_tables_may_be_mappings_pandas_or_arrow() -> None:
    expected = build_panel(WEEKLY, PEOPLE, OUTCOMES)
    for convert in (
        pd.DataFrame,
        lambda table: pd.DataFrame(table).set_index("id"),
        lambda table: pa.table(dict(table)),
    ):
        panel = build_panel(pd.DataFrame(WEEKLY), convert(PEOPLE), convert(OUTCOMES))
        assert panel.keys() == expected.keys()
        for name, column in expected.items():
            np.testing.assert_array_equal(panel[name], column)


@pytest.mark.parametrize(
    ("weekly", "people", "outcomes", "reason"),
    [
        (WEEKLY, PEOPLE, None, "no-outcomes"),
        (WEEKLY, PEOPLE, {"id": np.array([]), "week": np.array([])}, "no-outcomes"),
        (WEEKLY, PEOPLE, {name: column[5:] for name, column in OUTCOMES.items()}, "no-outcomes"),
        (WEEKLY, None, OUTCOMES, "no-people"),
        ({name: column[:0] for name, column in WEEKLY.items()}, PEOPLE, OUTCOMES, "no-interactions"),
        (WEEKLY, PEOPLE, OUTCOMES | {"week": np.array(["2020-W01", "2020-W02", "2020-W03"] * 2)}, "no-common-weeks"),
        (WEEKLY, PEOPLE, OUTCOMES | {"week": np.array(["2026-W01"] * 6)}, "duplicate-outcomes"),
    ],
)
def test_what_is_missing_is_named(weekly: Any, people: Any, outcomes: Any, reason: Any) -> None:
    with pytest.raises(CannotConcludeError) as refused:
        build_panel(weekly, people, outcomes)
    assert refused.value.reasons == (reason,)


def test_weeks_are_counted_across_years() -> None:
    assert np.diff(week_indices(np.array(["2026-W53", "2027-W01", "2027-W02"]))).tolist() == [1, 1]
    assert week_indices(np.array(["2026-W07"])) == week_indices(np.array(["2026-02-11"]))


def test_a_week_that_is_none_is_an_error() -> None:
    with pytest.raises(RequestError, match="2026-W99"):
        week_indices(np.array(["2026-W99"]))


def test_shift_finds_the_same_person_in_another_week_whatever_the_order(world: Any) -> None:
    _, panel = world(7)
    order = np.random.default_rng(0).permutation(len(panel["id"]))
    mixed = to_panel({name: column[order] for name, column in panel.items()})
    np.testing.assert_array_equal(shift(mixed, "focus_h", 1), panel["focus_h_next"][order])
    np.testing.assert_array_equal(shift(mixed, "degree", -1), panel["degree_prev"][order])


def test_team_is_that_of_the_week_and_weeks_outside_all_periods_are_left_out() -> None:
    people = {
        "id": np.array(["a", "a", "b"], dtype=object),
        "team": np.array(["x", "y", "z"], dtype=object),
        "role": np.array([None, None, None], dtype=object),
        "started_on": np.array(["2026-01-05", "2026-01-12", "2026-01-12"], dtype=object),
        "ended_on": np.array(["2026-01-11", None, "2026-01-18"], dtype=object),
    }
    weeks = ["2026-W02", "2026-W03", "2026-W04"]
    outcomes = {
        "id": np.array(["a"] * 3 + ["b"] * 3, dtype=object),
        "week": np.array(weeks * 2, dtype=object),
        "mood": np.arange(6.0),
    }
    weekly = {
        "week": np.array(weeks, dtype=object),
        "kind": np.array(["email"] * 3, dtype=object),
        "source": np.array(["a"] * 3, dtype=object),
        "target": np.array(["b"] * 3, dtype=object),
        "count": np.array([1, 1, 1]),
        "duration_s": np.zeros(3),
    }
    panel = build_panel(weekly, people, outcomes)
    rows = list(zip(panel["id"], panel["week"], panel["team"], panel["mood"], strict=True))
    assert rows == [
        ("a", "2026-W02", "x", 0.0),
        ("a", "2026-W03", "y", 1.0),
        ("a", "2026-W04", "y", 2.0),
        ("b", "2026-W03", "z", 4.0),
    ]


def test_who_is_nearly_somebody_else_is_a_fact_of_the_panel() -> None:
    weekly = {"source": np.array(["Ana"], dtype=object), "target": np.array(["ben"], dtype=object)}
    people, outcomes = ({"id": np.array(ids, dtype=object)} for ids in (["ana", "ben"], ["ana", "cy"]))
    assert people_facts(weekly, people, outcomes) == {
        "near_duplicates": 1,
        "near_duplicates_examples": [["ana", "Ana"]],
        "unmatched": 1,
        "unmatched_examples": ["cy"],
    }
    assert people_facts({}, people, people) == {}
