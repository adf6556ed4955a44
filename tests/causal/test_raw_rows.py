"""Mistakes planted into our own calculation are found by programs that do not share it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from causal_organism.causal import pooled, study
from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.reference import AGREEMENT
from causal_organism.causal.sample import Sample, draw_sample
from causal_organism.causal.within import Effects, fit

pytestmark = pytest.mark.large


def problems(panel: Any) -> Any:
    found = study.study_outcome(panel, "focus_h", shipped_study(), agreement=AGREEMENT)
    assert len(found.references) == 5, "everybody and four roles were asked for"
    return found.problems


def test_an_honest_calculation_agrees(world: Any) -> None:
    assert problems(world(7)[1]) == ()


def test_effects_of_weeks_that_were_forgotten_are_found(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sample, "effects", lambda sample: Effects(sample.person, np.zeros_like(sample.week)))
    assert "reference-differs" in problems(world(7)[1])


def test_effects_of_teams_weeks_that_were_taken_for_those_of_weeks_are_found(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sample, "effects", lambda sample: Effects(sample.person, sample.week))
    assert "reference-differs" in problems(world(7)[1])


def test_errors_that_are_five_times_too_small_are_found(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def smaller(*args: Any, **kwargs: Any) -> Any:
        found = fit(*args, **kwargs)
        return replace(found, cov=found.cov / 25)

    monkeypatch.setattr(pooled, "fit", smaller)
    assert "reference-differs" in problems(world(7)[1])


@pytest.mark.parametrize("column", ["t", "y"])
def test_what_slipped_by_a_week_is_found(world: Any, monkeypatch: pytest.MonkeyPatch, column: Any) -> None:
    def slipped(*args: Any, **kwargs: Any) -> Any:
        sample = draw_sample(*args, **kwargs)
        moved: Any = {column: np.roll(getattr(sample, column), 1)}
        return replace(sample, **moved)

    monkeypatch.setattr(study, "draw_sample", slipped)
    assert "reference-differs" in problems(world(7)[1])
