from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.effects import estimate_effects, study_all
from causal_organism.causal.refutations import refute
from causal_organism.causal.study import study_outcome

pytestmark = pytest.mark.large


@pytest.fixture(scope="module")
def refutations(world: Any, effects: Any) -> Any:
    return refute(world(7)[1], effects[0], seed=1)


def found(document: Any, segment: Any, outcome: str = "focus_h") -> Any:
    return next(each for each in document["estimands"] if (each["outcome"], each["segment"]) == (outcome, segment))


def check(estimand: Any, name: Any) -> Any:
    return next(each for each in estimand["checks"] if each["name"] == name)


def test_planted_effects_survive_every_check(refutations: Any) -> None:
    engineer = found(refutations, "engineer")
    assert (engineer["verdict"], engineer["survived"], engineer["reasons"]) == ("supported", True, [])
    assert [each["name"] for each in engineer["checks"]] == [
        "permuted-placebo", "random-common-cause", "subset", "lead-placebo", "stability",
    ]  # fmt: skip
    assert all(each["passed"] for each in engineer["checks"])


def test_a_shuffled_treatment_has_no_effect(refutations: Any) -> None:
    placebo = check(found(refutations, "engineer"), "permuted-placebo")
    assert placebo["low"] < 0 < placebo["high"]
    assert placebo["share_beyond_effect"] == 0.0


def test_an_effect_that_is_not_there_is_no_larger_than_its_placebos_and_has_no_sign_to_keep(refutations: Any) -> None:
    manager = found(refutations, "manager")
    assert check(manager, "permuted-placebo")["share_beyond_effect"] > 0.05
    assert check(manager, "stability")["passed"] is None
    assert (manager["verdict"], manager["reasons"]) == ("inconclusive", ["interval-includes-zero"])


def test_adjusting_for_the_outcome_before_changes_little(refutations: Any, effects: Any) -> None:
    engineer = found(refutations, "engineer")
    estimate = next(each for each in effects[1]["estimands"] if each["segment"] == "engineer")
    assert engineer["with_lagged_outcome"] == pytest.approx(estimate["effect"], abs=2 * estimate["se"])


def test_the_document_is_json_and_the_same_for_the_same_seed(world: Any, effects: Any, refutations: Any) -> None:
    assert json.loads(json.dumps(refutations, allow_nan=False)) == refutations
    assert refute(world(7)[1], effects[0], seed=1) == refutations


def test_what_was_refused_is_not_checked_and_keeps_its_reason(world: Any) -> None:
    panel = world(7, hidden=1.0)[1]
    columns, _ = estimate_effects(panel, seed=1)
    engineer = found(refute(panel, columns, seed=1), "engineer")
    assert (engineer["verdict"], engineer["survived"], engineer["checks"]) == ("refused", False, [])
    assert engineer["reasons"] == ["lead-placebo"]


def test_what_the_effects_refused_stays_refused_whatever_the_panel_says(world: Any, effects: Any) -> None:
    columns = effects[0] | {"segment_verdict": np.full(len(effects[0]["id"]), "refused")}
    focus = [each for each in refute(world(7)[1], columns, seed=1)["estimands"] if each["outcome"] == "focus_h"]
    assert {(each["verdict"], each["survived"], len(each["checks"])) for each in focus} == {("refused", False, 0)}


def test_an_effect_that_only_one_half_of_the_weeks_shows_is_refuted(world: Any, effects: Any) -> None:
    """In the first half the engineers' planted effect is turned round; pooled, some of it is left."""
    _, panel = world(7)
    early = panel["week_index"] < np.median(panel["week_index"]) - 2
    turned = np.where(early & (panel["role"] == "engineer"), 0.9 * np.nan_to_num(panel["meet_load_h"]), 0.0)
    panel = panel | {"focus_h_next": panel["focus_h_next"] + turned}
    engineer = found(refute(panel, effects[0], seed=1), "engineer")
    assert engineer["verdict"] == "refuted"
    assert engineer["reasons"] == ["stability"]


def test_outcomes_of_the_same_rows_share_them_and_say_what_each_says_alone(world: Any) -> None:
    panel, declared = world(7)[1], shipped_study()
    first, second = study_all(panel, declared, agreement=None)
    alone = study_outcome(panel, second.outcome, declared, agreement=None)
    assert first.design is not None and second.design is not None and alone.design is not None
    assert second.design.effects is first.design.effects
    assert alone.design.effects is not first.design.effects
    assert (second.estimates, second.checks) == (alone.estimates, alone.checks)


def test_outcomes_of_other_rows_are_checked_by_themselves(world: Any, effects: Any) -> None:
    panel = dict(world(7)[1])
    lost = np.random.default_rng(1).random(len(panel["id"])) < 0.1
    panel["after_hours_share_next"] = np.where(lost, np.nan, panel["after_hours_share_next"])
    first, second = study_all(panel, shipped_study(), agreement=None)
    assert first.design is not None and second.design is not None
    assert second.design.effects is not first.design.effects
    documents = refute(panel, effects[0], seed=1)
    assert found(documents, "engineer", "after_hours_share")["checks"]
    assert found(documents, "engineer") == found(refute(world(7)[1], effects[0], seed=1), "engineer") | {
        "checks": found(documents, "engineer")["checks"]  # other draws
    }
