"""What must not be concluded: each case spoils one sound panel in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.effects import estimate_effects
from causal_organism.causal.estimands import LeadPlacebo
from causal_organism.causal.panel import shift
from causal_organism.causal.person_effects import repeat_persons
from causal_organism.causal.pooled import draw_design, estimate_pooled, lead_placebo
from causal_organism.causal.sample import draw_sample
from causal_organism.causal.study import study_outcome
from causal_organism.causal.verdicts import REASONS, discovery_rates, lead_problems
from causal_organism.errors import CannotConcludeError

pytestmark = pytest.mark.large

CONTROLS = ("assigned_load", "deadline", "degree_prev")


def rows(panel: Any, kept: Any) -> Any:
    return {name: column[kept] for name, column in panel.items()}


def first_weeks(panel: Any, count: Any) -> Any:
    return rows(panel, panel["week_index"] < panel["week_index"].min() + count)


def few_teams(panel: Any) -> Any:
    return rows(panel, np.isin(panel["team"], np.unique(panel["team"])[:19]))


def constant(panel: Any) -> Any:
    return panel | {"meet_load_h": np.full(len(panel["id"]), 7.0)}


def constant_by_person(panel: Any) -> Any:
    _, person = np.unique(panel["id"], return_inverse=True)
    return panel | {"meet_load_h": person.astype(float)}


def hardly_varying(panel: Any) -> Any:
    return panel | {"meet_load_h": 7 + 0.1 * (panel["meet_load_h"] - 7)}


def the_same_in_teams(panel: Any) -> Any:
    return panel | {name: panel["deadline"].astype(float) for name in ("focus_h", "focus_h_next")}


def the_same_everywhere(panel: Any) -> Any:
    return panel | {name: np.full(len(panel["id"]), 20.0) for name in ("focus_h", "focus_h_next")}


def infinite(panel: Any) -> Any:
    values = panel["focus_h_next"].copy()
    values[3] = np.inf
    return panel | {"focus_h_next": values}


def without(name: Any) -> Any:
    return lambda panel: {each: column for each, column in panel.items() if not each.startswith(name)}


def unknown(name: Any) -> Any:
    return lambda panel: panel | {name: np.full(len(panel["id"]), np.nan)}


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda panel: first_weeks(panel, 12), "few-weeks"),
        (few_teams, "few-clusters"),
        (constant, "constant-treatment"),
        (constant_by_person, "constant-treatment"),
        (hardly_varying, "no-overlap"),
        (the_same_in_teams, "no-outcomes"),
        (the_same_everywhere, "no-outcomes"),
        (infinite, "not-a-number"),
        (without("assigned_load"), "not-identified"),
        (unknown("assigned_load"), "not-identified"),
        (unknown("meet_load_h"), "variable-missing: meet_load_h"),
    ],
)
def test_a_refusal_is_a_result_without_numbers(world: Any, spoil: Any, reason: Any) -> None:
    columns, metadata = estimate_effects(spoil(world(7)[1]), seed=1)
    assert set(columns["verdict"]) == {"refused"}
    assert all(reason in codes for codes in columns["reason_codes"])
    assert np.isnan(columns["effect"]).all() and np.isnan(columns["segment_effect"]).all()
    assert metadata["verdict"] == "refused"
    assert all(
        each["effect"] is None and each["dowhy"] is None
        for each in metadata["estimands"]
        if each["outcome"] == "focus_h"
    )


def test_a_hidden_confounder_is_seen_by_the_lead_placebo_and_refused(world: Any) -> None:
    for seed in (7, 8, 9):
        columns, metadata = estimate_effects(world(seed, hidden=1.0)[1], seed=1)
        found: Any = metadata["outcomes"][0]
        assert set(columns["verdict"]) == {"refused"}
        assert set(columns["reason_codes"]) == {"lead-placebo"}
        assert found["lead_placebo"]["p"] < 0.01


def test_the_placebo_looks_ahead_and_not_back(world: Any) -> None:
    """What meetings do after three weeks is not a sign of confounding; outcomes that follow later meetings are."""
    panel = world(8)[1]
    lasting = panel | {"focus_h_next": panel["focus_h_next"] - 0.3 * shift(panel, "meet_load_h", -2)}
    foreseen = panel | {"focus_h_next": panel["focus_h_next"] - 0.3 * shift(panel, "meet_load_h", 2)}
    nothing, seen = (lead_placebo(each, "focus_h", CONTROLS, min_group=10)["p"] for each in (lasting, foreseen))
    assert nothing is not None and nothing > 0.01
    assert seen is not None and seen < 1e-4


def test_a_hidden_confounder_would_have_misled(world: Any) -> None:
    """Why the gate matters: in the hidden world the role without effect seems to have a large one."""
    sample = draw_sample(world(7, hidden=1.0)[1], "focus_h", CONTROLS, min_group=10)
    managers = next(each for each in estimate_pooled(draw_design(sample)) if each.segment == "manager")
    assert managers.hi < -0.1


def test_a_diagram_with_a_hidden_common_cause_is_refused(world: Any) -> None:
    shipped: Any = shipped_study().diagram
    edges = (*shipped.edges, ("U", "meet_load_h"), ("U", "OUTCOME"))
    diagram = replace(shipped, edges=edges, latent=frozenset({"U"}))
    columns, _ = estimate_effects(world(7)[1], seed=1, declared=replace(shipped_study(), diagram=diagram))
    assert set(columns["reason_codes"]) == {"not-identified"}


def test_where_dowhy_differs_nothing_is_believed(world: Any) -> None:
    """No two computations agree to less than nothing."""
    columns, metadata = estimate_effects(world(7)[1], seed=1, agreement=-1.0)
    assert set(columns["reason_codes"]) == {"reference-differs"}
    assert np.isnan(columns["effect"]).all()
    assert metadata["verdict"] == "refused"


def test_the_pooled_estimates_and_the_slopes_of_persons_are_each_compared_with_dowhys(world: Any) -> None:
    panel = world(7)[1]
    assert study_outcome(panel, "focus_h", shipped_study(), agreement=-1.0).problems == ("reference-differs",)
    sound = study_outcome(panel, "focus_h", shipped_study(), agreement=None)
    assert sound.problems == ()
    assert repeat_persons(sound, seed=1, agreement=-1.0)[0].problems == ("reference-differs",)
    assert repeat_persons(sound, seed=1, agreement=1e-8)[0].problems == ()


def test_people_with_too_few_weeks_are_refused_alone(world: Any) -> None:
    _, panel = world(7)
    late = np.isin(panel["id"], ["p0002", "p0003"]) & (panel["week_index"] < panel["week_index"].max() - 8)
    values = panel["focus_h_next"].copy()
    values[late] = np.nan
    columns, metadata = estimate_effects(panel | {"focus_h_next": values}, seed=1)
    spoiled = np.isin(columns["id"], ["p0002", "p0003"])
    assert set(columns["verdict"][spoiled]) == {"refused"}
    assert set(columns["reason_codes"][spoiled]) == {"few-weeks"}
    assert metadata["verdict"] == "supported"


def test_people_without_outcomes_are_refused_alone(world: Any) -> None:
    _, panel = world(7)
    values = np.where(panel["id"] == "p0002", np.nan, panel["focus_h_next"])
    columns, _ = estimate_effects(panel | {"focus_h_next": values}, seed=1)
    assert columns["reason_codes"][columns["id"] == "p0002"].tolist() == ["no-data"]


def test_roles_of_few_people_stand_together_and_are_refused_if_still_too_few(world: Any) -> None:
    _, panel = world(7)
    role = panel["role"].astype(object)
    role[np.isin(panel["id"], ["p0002", "p0003", "p0004"])] = "wizard"
    columns, _ = estimate_effects(panel | {"role": role}, seed=1)
    wizards = columns["segment"] == "other roles"
    assert wizards.sum() == 3
    assert all("small-group" in codes for codes in columns["reason_codes"][wizards])
    assert (columns["verdict"][~wizards] == "supported").any()


def test_a_panel_without_roles_has_one_segment(world: Any) -> None:
    _, panel = world(7)
    columns, metadata = estimate_effects(panel | {"role": np.full(len(panel["id"]), "")}, seed=1)
    assert set(columns["segment"]) == {"all"}
    assert [each["segment"] for each in metadata["estimands"]] == ["all", "all"]
    assert (columns["verdict"] == "supported").mean() > 0.5


def test_a_cause_of_whole_teams_that_nobody_measured_looks_like_spillover(world: Any, effects: Any) -> None:
    _, panel = world(7)
    columns, _ = estimate_effects(panel | {"deadline": np.zeros(len(panel["id"]))}, seed=1)
    refused = columns["verdict"] == "refused"  # somebody of whom too little is known
    assert set(columns["reason_codes"][refused]) <= {"few-weeks"} and refused.sum() <= 2
    clear = ~refused & (columns["verdict"] != "inconclusive")
    assert set(columns["verdict"][clear]) == {"weak"}
    assert all("spillover" in codes for codes in columns["reason_codes"][clear])
    np.testing.assert_allclose(columns["effect"], effects[0]["effect"], atol=0.05)


def test_metrics_that_are_all_confounders_are_no_outcomes(world: Any) -> None:
    panel = {name: column for name, column in world(7)[1].items() if not name.startswith(("focus", "after"))}
    with pytest.raises(CannotConcludeError) as refused:
        estimate_effects(panel, seed=1)
    assert refused.value.reasons == ("no-outcomes",)


def test_an_outcome_that_nobody_described_is_estimated(world: Any) -> None:
    _, panel = world(7)
    renamed = {
        name.replace("focus_h", "cycle time [b]"): column for name, column in panel.items() if "after" not in name
    }
    columns, metadata = estimate_effects(renamed, seed=1)
    assert metadata["outcome"] == "cycle time [b]"
    assert (columns["verdict"] == "supported").any()


def test_a_placebo_that_cannot_be_computed_is_not_passed() -> None:
    found: LeadPlacebo = {"effect": 0.1, "se": 0.1, "p": None, "rows": 10}
    assert lead_problems(found) == ("few-weeks",)
    assert lead_problems({**found, "p": float("nan")}) == ("lead-placebo",)
    assert lead_problems({**found, "p": 0.011}) == ()


def test_discovery_rates_are_benjamini_and_hochbergs() -> None:
    from statsmodels.stats.multitest import multipletests

    p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.04]
    assert discovery_rates(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_every_reason_is_explained_to_people() -> None:
    assert all(text and text[0].islower() for text in REASONS.values())
