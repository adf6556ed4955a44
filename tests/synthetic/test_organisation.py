from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from causal_organism.errors import RequestError
from causal_organism.organism.stream.generated_files import write
from causal_organism.synthetic import generate
from causal_organism.synthetic.organisation import WEEK_US, iso_week
from causal_organism.synthetic.structure import HOSTILE
from causal_organism.synthetic.weekly import weekly_sums

pytestmark = pytest.mark.large

START = date(2026, 1, 7)  # a Wednesday


@pytest.fixture(scope="module")
def organisation() -> Any:
    return generate(200, 26, 7, start=START)


def equal(one: Any, other: Any) -> Any:
    return all(np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f") for name in one)


def test_senders_ids_are_numbered_in_order() -> None:
    ids = generate(30, 2, 5, start=date(2026, 1, 5)).interactions["id"].tolist()
    assert ids == [f"g5-{number:08}" for number in range(1, len(ids) + 1)]


def test_the_same_seed_gives_the_same_organisation(organisation: Any) -> None:
    again = generate(200, 26, 7, start=START)
    assert equal(organisation.people, again.people)
    assert equal(organisation.interactions, again.interactions)
    assert equal(organisation.outcomes, again.outcomes)
    assert organisation.truth == again.truth


def test_another_seed_gives_another_organisation(organisation: Any) -> None:
    assert not equal(organisation.outcomes, generate(200, 26, 8, start=START).outcomes)


def test_the_default_size_is_moderate(organisation: Any) -> None:
    assert 60_000 <= len(organisation.interactions["id"]) <= 100_000


def test_there_are_enough_teams_to_conclude_and_each_has_one_manager_and_5_to_12_people(organisation: Any) -> None:
    teams, sizes = np.unique(organisation.people["team"], return_counts=True)
    assert len(teams) >= 20
    assert sizes.min() >= 5 and sizes.max() <= 12
    managers = organisation.people["team"][organisation.people["role"] == "manager"]
    assert sorted(managers) == sorted(teams)


@pytest.mark.parametrize("people", [2, 3, 9, 10, 11, 13, 14, 29, 61])
def test_small_organisations_are_whole(people: Any) -> None:
    small = generate(people, 2, 1, start=START)
    assert len(small.people["id"]) == people
    assert set(small.interactions["source"]) | set(small.interactions["target"]) <= set(small.people["id"])


def test_every_manager_is_somebody_else_of_the_roster_and_one_person_has_none(organisation: Any) -> None:
    people = organisation.people
    assert (people["manager"] == "").sum() == 1
    assert set(people["manager"]) - {""} <= set(people["id"])
    assert not (people["manager"] == people["id"]).any()


def test_interactions_are_valid_ordered_and_within_the_weeks(organisation: Any) -> None:
    rows = organisation.interactions
    start_us = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1e6)
    assert not (rows["source"] == rows["target"]).any()
    assert (np.diff(rows["at_us"]) >= 0).all()
    assert rows["at_us"].min() >= start_us and rows["at_us"].max() < start_us + 26 * WEEK_US
    assert len(set(rows["id"])) == len(rows["id"])
    assert (rows["weight"] > 0).all()
    assert (np.isnan(rows["duration_s"]) == (rows["kind"] != "meeting")).all()


def test_nobody_sits_in_two_meetings_at_once(organisation: Any) -> None:
    rows = organisation.interactions
    meeting = rows["kind"] == "meeting"
    seats = list(zip(rows["target"][meeting], rows["at_us"][meeting], strict=True))
    assert len(set(seats)) == len(seats)


def test_late_joiners_take_part_in_nothing_before_they_start(organisation: Any) -> None:
    late = organisation.truth["cases"]["joined_late"]
    assert late
    rows = organisation.interactions
    started_on = dict(zip(organisation.people["id"], organisation.people["started_on"], strict=True))
    for person in late:
        theirs = (rows["source"] == person) | (rows["target"] == person)
        assert datetime.fromtimestamp(rows["at_us"][theirs].min() / 1e6, UTC).date().isoformat() >= started_on[person]
        weeks = organisation.outcomes["week"][organisation.outcomes["id"] == person].tolist()
        assert min(weeks) == iso_week(date.fromisoformat(started_on[person]))


def test_outcomes_follow_from_the_meeting_hours_in_the_interactions() -> None:
    """Take the planted effect of recovered hours out of focus: what is left no longer depends on the hours."""
    organisation = generate(300, 26, 3, start=START)
    weekly, outcomes, weeks = weekly_sums(organisation), organisation.outcomes, organisation.truth["weeks"]
    ids = organisation.people["id"].tolist()
    grid = np.full((4, len(ids), len(weeks)), np.nan)
    grid[0] = 0.0
    meeting = weekly["kind"] == "meeting"
    at = (
        [ids.index(person) for person in weekly["target"][meeting]],
        [weeks.index(week) for week in weekly["week"][meeting]],
    )
    np.add.at(grid[0], at, weekly["duration_s"][meeting] / 3600)
    place = [ids.index(person) for person in outcomes["id"]], [weeks.index(week) for week in outcomes["week"]]
    for row, name in enumerate(("assigned_load", "deadline", "focus_h"), start=1):
        grid[row][place] = outcomes[name]
    there = np.isfinite(grid[3, :, 0])  # not the late joiners
    hours, load, deadline = grid[:3, there, :-1]
    tau = np.array(list(organisation.truth["effects_per_hour"]["focus_h"]["by_person"].values()))[there, None]
    rest = grid[3, there, 1:] - tau * hours

    def within(values: Any) -> Any:
        return (values - values.mean(0) - values.mean(1, keepdims=True)).ravel()

    design = np.column_stack([within(hours), within(load), within(deadline), np.ones(hours.size)])
    found = np.linalg.lstsq(design, within(rest), rcond=None)[0]
    assert found[0] == pytest.approx(0.0, abs=0.05)
    assert found[1] == pytest.approx(-0.6 / 3, abs=0.03)
    assert found[2] == pytest.approx(-1.2, abs=0.25)


def test_managers_have_exactly_no_effect(organisation: Any) -> None:
    effects = organisation.truth["effects_per_hour"]["focus_h"]["by_person"]
    managers = organisation.people["id"][organisation.people["role"] == "manager"]
    assert {effects[person] for person in managers} == {0.0}
    assert organisation.truth["cases"]["null_role"] == "manager"


def test_hostile_names_are_there_but_sparse(organisation: Any) -> None:
    assert sum(name in HOSTILE for name in organisation.people["name"]) == len(HOSTILE)


def test_files_hold_what_was_generated(organisation: Any, tmp_path: Path) -> None:
    rows = write(tmp_path / "made", organisation)
    lines = (tmp_path / "made" / "interactions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(organisation.each_interaction())
    assert rows["interactions.jsonl"] == len(lines) == len(organisation.interactions["id"])
    with (tmp_path / "made" / "people.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == organisation.people["name"].tolist()
    with (tmp_path / "made" / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        assert [float(row["focus_h"]) for row in csv.DictReader(file)] == organisation.outcomes["focus_h"].tolist()
    assert json.loads((tmp_path / "made" / "truth.json").read_text()) == organisation.truth


@pytest.mark.parametrize(("people", "weeks"), [(1, 5), (0, 5), (5, 0)])
def test_an_organisation_of_nobody_or_no_time_is_refused(people: Any, weeks: Any) -> None:
    with pytest.raises(RequestError):
        generate(people, weeks, 1, start=START)
