"""Calendars with holes, holidays, breaks of unit, growth: the planted effect is found, or refused with its name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.effects import study_all
from causal_organism.causal.panel import build_panel
from causal_organism.causal.panel_people import coverage_facts
from causal_organism.synthetic.weekly import weekly_sums

pytestmark = pytest.mark.large


@pytest.fixture
def tables(world: Any) -> Any:
    """(weekly sums, people, outcomes) of a world, to be spoiled."""
    organisation = world(7)[0]
    people, outcomes = ({name: np.array(column) for name, column in each.items()} for each in
                        (organisation.people, organisation.outcomes))  # fmt: skip
    return weekly_sums(organisation), people, outcomes


def focus_of(panel: Any) -> Any:
    return study_all(panel, shipped_study(), agreement=None)[0]


def engineers(panel: Any) -> Any:
    return next(each for each in focus_of(panel).estimates if each.segment == "engineer").effect


def without_calendar(ties: Any, people: Any, share: Any, seed: int = 3) -> Any:
    """Some person-weeks without any meeting, as when a calendar was not taken in."""
    rng = np.random.default_rng(seed)
    weeks, ids = np.unique(ties["week"]), people["id"]
    lost = {(person, week) for person in ids for week in weeks if rng.random() < share}
    gone = np.array([
        kind == "meeting" and (target, week) in lost
        for kind, target, week in zip(ties["kind"], ties["target"], ties["week"], strict=True)
    ])  # fmt: skip
    return {name: column[~gone] for name, column in ties.items()}


def test_weeks_without_a_calendar_are_unknown_and_not_zero(tables: Any) -> None:
    ties, people, outcomes = tables
    panel = build_panel(without_calendar(ties, people, 0.3), people, outcomes)
    left_out = coverage_facts(panel)["left_out"]["not-covered"] / len(panel["id"])
    assert 0.25 < left_out < 0.4
    assert (panel["meet_load_h"] == 0).mean() < 0.002
    assert engineers(panel) == pytest.approx(-0.6, abs=0.12)


def test_a_calendar_that_is_said_to_be_covered_in_part_is_unknown(tables: Any) -> None:
    ties, people, outcomes = tables
    share = np.where(np.arange(len(outcomes["id"])) % 5 == 0, 0.5, 1.0)
    panel = build_panel(ties, people, outcomes | {"calendar_coverage": share})
    assert np.isnan(panel["meet_load_h"]).mean() > 0.19
    assert "calendar_coverage" not in panel, "it is not an outcome"


def test_a_holiday_of_a_site_is_left_out_before_and_after(tables: Any) -> None:
    """In two weeks a site did little and focused little; taken for effects, that would turn the sign round."""
    ties, people, outcomes = tables
    free = np.isin(outcomes["week"], np.unique(outcomes["week"])[[8, 17]])
    at_site = np.isin(outcomes["id"], people["id"][people["site"] == "Lisbon"])
    holiday = {name: column.copy() for name, column in outcomes.items()}
    holiday["focus_h"][free & at_site] *= 0.2
    away = np.isin(ties["week"], np.unique(ties["week"])[[8, 17]])
    gone = away & np.isin(ties["target"], people["id"][people["site"] == "Lisbon"]) & (np.arange(len(away)) % 4 > 0)
    panel = build_panel({name: column[~gone] for name, column in ties.items()}, people, holiday)
    weeks = np.isin(panel["week"], np.unique(panel["week"])[[8, 17]]) & (panel["site"] == "Lisbon")
    assert (panel["left_out"][weeks] == "not-covered").all()
    assert np.isnan(panel["focus_h"][weeks]).all()
    assert engineers(panel) == pytest.approx(-0.6, abs=0.12)


def test_days_off_that_were_imported_leave_their_weeks_out(tables: Any) -> None:
    ties, people, outcomes = tables
    off = np.zeros(len(outcomes["id"]))
    off[::7] = 3.0
    lower = outcomes["focus_h"] - 4 * off
    panel = build_panel(ties, people, outcomes | {"pto_days": off, "focus_h": lower})
    assert engineers(panel) == pytest.approx(-0.6, abs=0.12)


def test_more_hours_than_a_week_has_are_implausible(tables: Any) -> None:
    ties, people, outcomes = tables
    longer = {**ties, "duration_s": ties["duration_s"].copy()}
    longer["duration_s"][np.flatnonzero(ties["kind"] == "meeting")[:3]] = 90 * 3600.0
    panel = build_panel(longer, people, outcomes)
    assert 1 <= coverage_facts(panel)["left_out"]["implausible"] <= 3
    assert np.nanmax(panel["meet_load_h"]) <= 80


def test_a_break_of_unit_is_refused_with_its_name(tables: Any) -> None:
    ties, people, outcomes = tables
    late = outcomes["week"] > np.unique(outcomes["week"])[12]
    panel = build_panel(ties, people, outcomes | {"focus_h": np.where(late, 60, 1) * outcomes["focus_h"]})
    assert focus_of(panel).problems == ("unit-break",)


def test_outcomes_of_every_second_week_are_gaps(tables: Any) -> None:
    ties, people, outcomes = tables
    numbers = np.unique(outcomes["week"], return_inverse=True)[1]
    even = numbers % 2 == 0
    panel = build_panel(ties, people, {name: column[even] for name, column in outcomes.items()})
    assert coverage_facts(panel)["weeks_missing"] == 12
    assert focus_of(panel).problems == ("gaps",)


def test_an_organisation_that_grows_loses_no_week(tables: Any) -> None:
    """Half of the people come one after the other; every week there is less to see than in the last."""
    ties, people, outcomes = tables
    weeks = np.unique(outcomes["week"])
    begins = {person: weeks[min(place // 8, len(weeks) - 1)] for place, person in enumerate(people["id"][100:])}
    there = np.array([begins.get(person, weeks[0]) <= week for person, week in
                      zip(outcomes["id"], outcomes["week"], strict=True)])  # fmt: skip
    known = np.array([
        begins.get(source, weeks[0]) <= week and begins.get(target, weeks[0]) <= week
        for source, target, week in zip(ties["source"], ties["target"], ties["week"], strict=True)
    ])  # fmt: skip
    panel = build_panel(
        {name: column[known] for name, column in ties.items()},
        people,
        {name: column[there] for name, column in outcomes.items()},
    )
    seen = np.isfinite(panel["meet_load_h"]) & np.isfinite(panel["focus_h"])
    assert len(np.unique(panel["week"][seen])) == len(weeks)
