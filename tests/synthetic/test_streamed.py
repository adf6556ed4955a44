"""Interactions of organisations that are too large to be drawn at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.panel import build_panel
from causal_organism.synthetic import generate, organisation, streamed
from causal_organism.synthetic.organisation import WEEK_US
from causal_organism.synthetic.planted import CASES
from causal_organism.synthetic.streamed import Streamed, spans_of
from causal_organism.synthetic.weekly import weekly_sums

START = date(2026, 1, 5)
PEOPLE, WEEKS = 60, 9


@pytest.fixture(autouse=True)
def three_weeks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (streamed, organisation):
        monkeypatch.setattr(module, "PERSON_WEEKS", 3 * PEOPLE)


def drawn(**more: Any) -> Any:
    made = generate(PEOPLE, WEEKS, 5, start=START, **more)
    assert isinstance(made.interactions, Streamed)
    return made


def test_no_more_than_a_few_weeks_are_there_at_once_and_all_of_them_are_in_order_of_time() -> None:
    rows = drawn().interactions
    weeks = [np.unique((part.at_us - rows.first_us) // WEEK_US).tolist() for part in rows.parts()]
    assert weeks == [[0, 1], [2, 3, 4], [5, 6, 7], [8]], "the lead-in is in the first"
    assert (np.diff(rows["at_us"]) >= 0).all()


def test_they_are_the_same_whenever_they_are_asked_for_and_numbered_in_order() -> None:
    made, again = drawn(), drawn()
    for name in made.interactions:
        np.testing.assert_array_equal(made.interactions[name], again.interactions[name])
    written = [row["id"] for row in made.each_interaction()]
    assert written == [f"g5-{number:08}" for number in range(1, len(written) + 1)]


def test_outcomes_follow_from_the_hours_that_the_interactions_hold() -> None:
    made = drawn()
    panel = build_panel(weekly_sums(made), made.people, made.outcomes)
    hours = made.interactions.meeting_hours()
    person = np.searchsorted(made.people["id"], panel["id"])
    known = np.isfinite(panel["meet_load_h"])
    week = panel["week_index"] - panel["week_index"].min() + 1
    assert known.mean() > 0.9
    np.testing.assert_allclose(panel["meet_load_h"][known], hours[person, week][known], atol=1e-9)


def test_what_was_planted_is_in_every_part_of_them() -> None:
    planted = next(case.planted for case in CASES.values() if case.planted.outages)
    kept = [part.rows for part in drawn(planted=planted).interactions.parts()]
    whole = [part.rows for part in drawn().interactions.parts()]
    assert all(few < many for few, many in zip(kept, whole, strict=True))


def test_what_changes_later_leaves_the_weeks_before_as_they_are() -> None:
    assert spans_of(PEOPLE, WEEKS, apart_from=4) == (range(3), range(3, 5), range(5, 6), range(6, 9), range(9, 10))
