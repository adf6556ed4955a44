"""What the study file says is what the panel is asked: outcomes, directions, the change, and what is held equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.description import list_problems
from causal_organism.causal.declarations.panel_study import (
    diagram_for,
    measure_of,
    outcomes_in_order,
    parse_panel_study,
    shipped_study,
    shipped_text,
)
from causal_organism.causal.effects import study_all
from causal_organism.causal.person_effects import effects_by_person
from causal_organism.causal.study import study_outcome
from causal_organism.errors import StudyFileError

pytestmark = pytest.mark.large

TEXT = shipped_text()


def declared(was: str = "", now: str = "") -> Any:
    assert was in TEXT
    return parse_panel_study(TEXT.replace(was, now))


def problems(panel: Any, study: Any, outcome: str = "focus_h") -> Any:
    return study_outcome(panel, outcome, study, agreement=None).problems


def test_the_file_that_ships_has_nothing_against_it(world: Any) -> None:
    assert list_problems(shipped_study()) == []
    assert problems(world(7)[1], shipped_study()) == ()


def test_outcomes_come_in_the_order_of_the_file_guardrails_after_them_and_undeclared_ones_last() -> None:
    metrics = ("after_hours_share", "mood", "focus_h", "assigned_load", "pulse")
    assert outcomes_in_order(shipped_study(), metrics) == ("focus_h", "after_hours_share", "mood", "pulse")
    other = declared("[outcome.focus]", '[outcome.pulse]\ncolumn = "pulse"\ndirection = "up"\n\n[outcome.focus]')
    assert outcomes_in_order(other, metrics) == ("pulse", "focus_h", "after_hours_share", "mood")
    controls = declared("[treatment", '[checks]\nnegative_outcomes = ["mood"]\n\n[treatment')
    assert "mood" not in outcomes_in_order(controls, metrics), "a negative control is none"


def test_who_is_on_call_is_held_equal_unless_the_file_says_how_it_acts(world: Any) -> None:
    panel = world(7)[1]
    rng = np.random.default_rng(1)
    panel = panel | {"oncall_days": rng.integers(0, 2, len(panel["id"])).astype(float)}
    held = study_outcome(panel, "focus_h", shipped_study(), agreement=None).adjustment.controls
    assert "oncall_days" in held
    own = declared("deadline -> assigned_load", "meet_load_h -> oncall_days   deadline -> assigned_load")
    assert "oncall_days" not in study_outcome(panel, "focus_h", own, agreement=None).adjustment.controls
    nobody = panel | {"oncall_days": np.zeros(len(panel["id"]))}
    assert "oncall_days" not in study_outcome(nobody, "focus_h", shipped_study(), agreement=None).adjustment.controls
    assert "oncall_days" not in outcomes_in_order(shipped_study(), ("focus_h", "oncall_days"))


def test_directions_and_what_matters_are_those_of_the_file() -> None:
    found = measure_of(declared('direction = "up"\nleast = 0.25', 'direction = "down"\nleast = 2'), "focus_h")
    assert (found.better, found.least, found.unit) == (-1, 2.0, "h/week")
    assert measure_of(shipped_study(), "mood").better == 0


def test_an_outcome_from_the_source_of_the_treatment_is_refused(world: Any) -> None:
    same = declared('column = "focus_h"', 'column = "focus_h"\nsource = "calendar"')
    assert problems(world(7)[1], same) == ("same-source",)
    assert problems(world(7)[1], same, "after_hours_share") == ()


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (', "degree_prev"]', "]", ("not-identified",)),
        (', "degree_prev"]', ', "degree"]', ("not-identified",)),
        (', "degree_prev"]', ', "degree_prev", "assigned_load^2"]', ()),
        (', "degree_prev"]', ', "degree_prev", "oncall"]', ("variable-missing: oncall",)),
    ],
)
def test_what_is_held_equal_is_judged_by_the_diagram(world: Any, was: Any, now: Any, expected: Any) -> None:
    assert problems(world(7)[1], declared(was, now)) == expected


def test_squares_that_are_declared_are_held_equal(world: Any) -> None:
    found = study_outcome(world(7)[1], "focus_h", declared('"assigned_load",', '"assigned_load", "assigned_load^2",'),
                          agreement=None)  # fmt: skip
    assert found.sample is not None
    assert found.sample.controls == ("assigned_load", "assigned_load^2", "deadline", "degree_prev")
    load = found.sample.w[:, :2]
    np.testing.assert_allclose(load[:, 1], load[:, 0] ** 2)


def test_without_a_diagram_the_file_is_taken_at_its_word(world: Any) -> None:
    plain = replace(shipped_study(), diagram=None)
    assert problems(world(7)[1], plain) == ()
    taken = diagram_for(plain, "focus_h")
    assert taken is not None and ("assigned_load", "OUTCOME") in taken.edges


def test_a_diagram_without_the_outcome_leaves_it_open(world: Any) -> None:
    own = declared().diagram
    edges = tuple((cause, "focus_h" if effect == "OUTCOME" else effect) for cause, effect in own.edges)
    only_focus = replace(shipped_study(), diagram=replace(own, edges=edges, outcome="focus_h"))
    assert problems(world(7)[1], only_focus) == ()
    assert problems(world(7)[1], only_focus, "after_hours_share") == ("not-identified",)


def test_the_change_spoken_of_is_the_declared_one(world: Any) -> None:
    panel = world(7)[1]
    large = declared("contrast = -2", "contrast = -20")
    (study, *_) = study_all(panel, large, agreement=None)
    assert set(sum(study.segment_problems.values(), ())) == {"no-overlap"}
    small = declared("contrast = -2", "contrast = -0.1")
    (study, *_) = study_all(panel, small, agreement=None)
    few = effects_by_person(panel, study, _judged(study), small)["extrapolates"]
    (study, *_) = study_all(panel, shipped_study(), agreement=None)
    many = effects_by_person(panel, study, _judged(study), shipped_study())["extrapolates"]
    assert few.sum() < many.sum()


def _judged(study: Any) -> Any:
    from causal_organism.causal.effects import judge_all

    return judge_all((study,))


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ('kind = "within"', 'kind = "cross-section"', 'kind = "within"'),
        ('column = "meet_load_h"', 'adopted = "since"', "names no column of the panel"),
    ],
)
def test_what_the_panel_cannot_be_asked_says_so(was: Any, now: Any, message: Any) -> None:
    with pytest.raises(StudyFileError, match=message) as refused:
        declared(was, now)
    assert "organism study run" in str(refused.value.hint)
