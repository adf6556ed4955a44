"""What the study file declares is checked on the panel, and no check makes more of an effect than there was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.effects import judge_all, study_all
from causal_organism.causal.panel import shift
from causal_organism.causal.refutations import refute
from causal_organism.causal.verdicts import STRENGTH, lower

pytestmark = pytest.mark.large


def judged(panel: Any, declared: Any) -> Any:
    """Verdicts on focus, by segment."""
    found = judge_all(study_all(panel, declared, agreement=None))
    return {segment: verdict for (outcome, segment), verdict in found.items() if outcome == "focus_h"}


def with_control(panel: Any, values: Any) -> Any:
    return panel | {"badges": values, "badges_next": shift(panel | {"badges": values}, "badges", 1)}


def declared_control() -> Any:
    return replace(shipped_study(), negative_outcomes=("badges",))


def test_a_negative_control_that_moves_refutes_every_segment(world: Any) -> None:
    panel = world(7)[1]
    rng = np.random.default_rng(1)
    moved = np.nan_to_num(shift(panel, "meet_load_h", -1)) + rng.normal(size=len(panel["id"]))
    found = judged(with_control(panel, moved), declared_control())
    clear = [each for each in found.values() if each.verdict not in ("inconclusive", "refused")]
    assert clear and all((each.verdict, each.reasons[0]) == ("refuted", "negative-control") for each in clear)


def test_a_negative_control_that_does_not_move_changes_nothing(world: Any) -> None:
    panel = world(7)[1]
    still = np.random.default_rng(2).normal(size=len(panel["id"]))
    assert judged(with_control(panel, still), declared_control()) == judged(panel, shipped_study())


def test_noise_that_is_declared_leaves_the_size_open(world: Any) -> None:
    study = shipped_study()
    noisy = replace(study, treatments=(replace(study.treatments[0], reliability=0.6),))
    found = judged(world(7)[1], noisy)["engineer"]
    assert (found.verdict, found.reasons) == ("weak", ("measurement-error",))


def test_outcomes_that_are_lost_where_meetings_were_many_are_a_selection(world: Any) -> None:
    panel = world(7)[1]
    hours, rng = np.nan_to_num(panel["meet_load_h"]), np.random.default_rng(3)
    lost = rng.random(len(hours)) < np.where(hours > np.median(hours), 0.4, 0.05)
    found = judged(panel | {"focus_h_next": np.where(lost, np.nan, panel["focus_h_next"])}, shipped_study())
    assert "missing-not-at-random" in found["engineer"].reasons


@pytest.mark.parametrize("one", STRENGTH)
@pytest.mark.parametrize("other", [*STRENGTH, None])
def test_the_lower_verdict_is_never_more_than_either(one: Any, other: Any) -> None:
    found = lower(one, other)
    assert found in (one, other)
    assert STRENGTH.index(found) <= min(STRENGTH.index(each) for each in (one, other) if each is not None)


@pytest.mark.parametrize("given", STRENGTH)
def test_a_refutation_only_lowers_a_verdict(world: Any, effects: Any, given: Any) -> None:
    panel, columns = world(7)[1], effects[0]
    spoiled = columns | {"segment_verdict": np.full(len(columns["id"]), given)}
    own = judged(panel, shipped_study())
    for each in refute(panel, spoiled, seed=1)["estimands"]:
        if each["outcome"] == "focus_h":
            most = own[each["segment"]].verdict
            most = most if each["segment"] == "all" and given != "refused" else lower(most, given)
            assert STRENGTH.index(each["verdict"]) <= STRENGTH.index(most), each["segment"]
