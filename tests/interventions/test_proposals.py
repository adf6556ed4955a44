from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.declaration import Limits
from causal_organism.causal.declarations.panel_study import shipped_study, with_group
from causal_organism.interventions.documents import proposal_id
from causal_organism.interventions.proposals import propose

pytestmark = pytest.mark.large

PEOPLE = 120
IDS = np.array([f"p{number:03}" for number in range(PEOPLE)])
ROSTER = {
    "id": IDS,
    "team": np.array([f"team-{number // 12}" for number in range(PEOPLE)]),
    "role": np.where(np.arange(PEOPLE) < 72, "engineer", "sales"),
    "site": np.where(np.arange(PEOPLE) % 2 == 0, "Berlin", "Lisbon"),
}
MIXED = np.array([f"team-{number % 10}" for number in range(PEOPLE)])
DEGREE = {"id": IDS, "neighbours": np.full(PEOPLE, 12)}
LEVEL_BETWEENNESS = {"id": IDS, "betweenness": np.zeros(PEOPLE)}
EVIDENCE = {"views/degree": "views/degree@4", "causal/effects": "causal/effects@2"}


def make_effects(**columns: Any) -> Any:
    """Everybody loses 0.6 h of focus per meeting hour, sure enough, and works late no more than before."""
    effects = {
        "id": IDS, "outcome": np.full(PEOPLE, "focus_h"), "segment": ROSTER["role"],
        "effect": np.full(PEOPLE, -0.6), "effect_sd": np.full(PEOPLE, 0.1), "segment_se": np.full(PEOPLE, 0.04),
        "bias_max": np.full(PEOPLE, 0.15), "verdict": np.full(PEOPLE, "supported"),
        "extrapolates": np.zeros(PEOPLE, dtype=bool),
        "after_hours_share_effect": np.full(PEOPLE, 0.004), "after_hours_share_effect_sd": np.full(PEOPLE, 0.001),
        "after_hours_share_segment_se": np.full(PEOPLE, 0.0003), "after_hours_share_bias_max": np.full(PEOPLE, 0.002),
    }  # fmt: skip
    return effects | columns


def make_refutations(**verdicts: Any) -> Any:
    """Verdict by segment; `engineer` and `sales` survived unless said otherwise."""
    verdicts = {"engineer": "supported", "sales": "supported"} | verdicts
    return {
        "estimands": [
            {"outcome": "focus_h", "segment": segment, "verdict": verdict, "survived": verdict == "supported",
             "reasons": [] if verdict == "supported" else ["lead-placebo"]}
            for segment, verdict in verdicts.items()
        ]
    }  # fmt: skip


def run(effects: Any = None, refutations: Any = None, **options: Any) -> Any:
    given: dict[str, Any] = {"degree": DEGREE, "betweenness": LEVEL_BETWEENNESS, "people": ROSTER, "evidence": EVIDENCE}
    return propose(effects or make_effects(), refutations or make_refutations(), **(given | options))


def targets(document: Any) -> Any:
    return [each["target"] for each in document["proposals"]]


def spilling(per_hour: Any, se: float = 0.05) -> Any:
    return {"spillover": np.full(PEOPLE, per_hour), "spillover_se": np.full(PEOPLE, se)}


def test_a_pilot_says_what_for_whom_and_what_is_expected() -> None:
    best = run(make_effects(**spilling(0.1), outcome_sd=np.full(PEOPLE, 2.0)))["proposals"][0]
    assert (best["rank"], best["type"], best["proposes"], best["grade"]) == (1, "reduce_meetings", "pilot", "C")
    assert best["contrast"] == {"variable": "meet_load_h", "delta": -2.0, "unit": "h/week"}
    expected = best["expected"]
    assert (expected["own"], expected["spillover"], expected["total"]) == (1.2, -0.2, 1.0)
    assert 0.1 < expected["from"] < expected["total"] < expected["to"]
    assert (best["outcome"], best["unit"], best["people"]) == ("focus_h", "h/week", 72)
    assert best["pilot"]["teams"] == best["pilot"]["treated"] + best["pilot"]["held_out"] == 6
    assert best["pilot"]["held_out"] >= 0.2 * best["pilot"]["teams"]
    assert best["pilot"]["power"] > 0.5
    assert best["guardrails"][0]["outcome"] == "after_hours_share"
    assert best["evidence"] == EVIDENCE
    assert "+1.00 h/week" in best["reason"] and "by lot" in best["reason"]


@pytest.mark.parametrize("verdict", ["supported", "weak"])
def test_what_was_only_observed_never_proposes_an_action(verdict: Any) -> None:
    effects = make_effects(verdict=np.full(PEOPLE, verdict))
    refutations = make_refutations(engineer=verdict)
    refutations["estimands"][0]["survived"] = True
    document = run(effects, refutations)
    assert {each["proposes"] for each in document["proposals"]} == {"pilot"}
    assert next(each for each in document["proposals"] if each["target"] == "engineer")["grade"] in "CD"


def test_one_role_is_a_case_too() -> None:
    effects = make_effects(segment=np.full(PEOPLE, "engineer"))
    refutations = {"estimands": [{"outcome": "focus_h", "segment": "all", "verdict": "supported", "survived": True,
                                  "reasons": []}]}  # fmt: skip
    assert targets(run(effects, refutations)) == ["engineer"]


def test_nobody_is_in_two_pilots() -> None:
    document = run(people=ROSTER | {"team": MIXED})
    everybody = [person for each in document["proposals"] for person in each["target_ids"]]
    assert sorted(everybody) == IDS.tolist()


def test_too_few_people_or_teams_are_no_pilot() -> None:
    assert targets(run()) == ["engineer"], "sales are in four teams"
    assert run(declared=with_group(shipped_study(), 200))["proposals"] == []
    assert "at least 200 people in 6 teams" in run(declared=with_group(shipped_study(), 200))["reason"]


@pytest.mark.parametrize("verdict", ["refused", "refuted", "inconclusive"])
def test_no_pilot_rests_on_a_segment_without_an_effect(verdict: Any) -> None:
    document = run(refutations=make_refutations(engineer=verdict), people=ROSTER | {"team": MIXED})
    assert targets(document) == ["sales"]
    assert [each["about"] for each in document["withheld"]] == ["engineer"]
    assert document["withheld"][0]["reason"] == f"{verdict} lead-placebo"


@pytest.mark.parametrize("verdict", ["refused", "refuted"])
def test_without_any_conclusion_there_is_no_proposal_but_a_reason(verdict: Any) -> None:
    document = run(refutations=make_refutations(engineer=verdict, sales=verdict))
    assert document["proposals"] == []
    assert document["reason"]
    assert "survived" not in document["reason"]


def test_a_refusal_says_why() -> None:
    effects = make_effects(verdict=np.full(PEOPLE, "refused"), effect=np.full(PEOPLE, np.nan))
    document = run(effects, make_refutations(engineer="refused", sales="refused"))
    assert document["reason"].startswith("nothing can be concluded about focus_h")
    assert "later meetings seem to change earlier outcomes" in document["reason"]


@pytest.mark.parametrize(
    "columns",
    [
        {"verdict": np.where(np.arange(PEOPLE) == 3, "inconclusive", "supported")},
        {"extrapolates": np.arange(PEOPLE) == 3},
        {"effect": np.where(np.arange(PEOPLE) == 3, 0.6, -0.6)},
    ],
)
def test_people_who_may_gain_from_meetings_or_never_had_so_few_are_left_out(columns: Any) -> None:
    assert "p003" not in run(make_effects(**columns))["proposals"][0]["target_ids"]


def test_those_who_connect_the_organisation_are_left_out_and_counted() -> None:
    betweenness = {"id": IDS, "betweenness": np.where(np.arange(PEOPLE) == 5, 1.0, 0.0)}
    pilot = run(betweenness=betweenness)["proposals"][0]
    assert pilot["people"] == 71
    assert pilot["network"]["connectors_left_out"] == 1
    assert "p005" not in pilot["target_ids"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"effect": np.full(PEOPLE, -0.1)}, "too-small"),
        ({"segment_se": np.full(PEOPLE, 0.6), "effect_sd": np.full(PEOPLE, 0.6)}, "too-small"),
        (spilling(0.9), "possible-harm"),
        ({"after_hours_share_effect": np.full(PEOPLE, -0.009)}, "guardrail"),
        ({"after_hours_share_effect": np.full(PEOPLE, np.nan)}, "guardrail"),
        ({"mood_effect_sd": np.full(PEOPLE, 0.3), "mood_segment_verdict": np.full(PEOPLE, "supported")},
         "guardrail-undeclared"),
        ({"mood_effect_sd": np.full(PEOPLE, np.nan), "mood_segment_verdict": np.full(PEOPLE, "refused")},
         "guardrail-undeclared"),
    ],
)  # fmt: skip
def test_do_no_harm(columns: Any, reason: Any) -> None:
    document = run(make_effects(**columns))
    assert document["proposals"] == []
    assert {each["reason"] for each in document["withheld"]} == {reason}
    assert "keep from harm" in document["reason"]


def test_an_undeclared_outcome_that_does_not_seem_to_move_is_no_obstacle() -> None:
    columns = {"mood_effect_sd": np.zeros(PEOPLE), "mood_segment_verdict": np.full(PEOPLE, "inconclusive")}
    assert targets(run(make_effects(**columns))) == ["engineer"]


def test_an_outcome_of_unknown_direction_is_not_proposed_on() -> None:
    outcome = np.full(PEOPLE, "cycle_time")
    refutations = make_refutations()
    for each in refutations["estimands"]:
        each["outcome"] = "cycle_time"
    document = run(make_effects(outcome=outcome), refutations)
    assert document["proposals"] == []
    assert document["reason"] == "nobody has said whether more or less cycle_time is better"


@pytest.mark.parametrize(
    ("limits", "proposed"),
    [
        ({}, ["engineer", "sales"]),
        ({"hours": 300.0}, ["engineer"]),
        ({"hours": 200.0}, ["sales"]),
        ({"hours": 100.0}, []),
        ({"people": 60}, ["sales"]),
        ({"proposals": 1}, ["engineer"]),
        ({"per_team": 1}, ["engineer"]),
    ],
)
def test_proposals_fit_the_declared_limits_and_what_does_not_is_withheld(limits: Any, proposed: Any) -> None:
    """72 engineers and 48 in sales, two hours each, four weeks, half of ten teams: 288 and 192 hours."""
    declared = replace(shipped_study(), limits=Limits(**limits))
    effects = make_effects(outcome_sd=np.full(PEOPLE, 1.0))
    document = run(effects, people=ROSTER | {"team": MIXED}, declared=declared)
    assert targets(document) == proposed
    assert sum(each["cost_h"] for each in document["proposals"]) <= limits.get("hours", 480.0)
    left = {(each["about"], each["reason"]) for each in document["withheld"]}
    assert left == {(each, "over-limit") for each in {"engineer", "sales"} - set(proposed)}
    assert proposed or document["reason"] == "the declared limits leave no room for any proposal"


def test_what_a_pilot_is_worth_knowing_falls_with_what_it_cannot_tell() -> None:
    """Where the outcome's spread is not known, nor how well it would be measured, it is worth nothing."""
    doubtful = {"effect": np.full(PEOPLE, -0.35), "bias_max": np.full(PEOPLE, 0.35)}
    sure, unsure, unknown = (
        run(make_effects(**doubtful, outcome_sd=np.full(PEOPLE, sd)))["proposals"][0]["value_of_information"]
        for sd in (0.5, 8.0, np.nan)
    )
    assert sure > unsure > unknown == 0


def test_ids_stay_the_same_when_evidence_and_estimates_change() -> None:
    before = {each["target"]: each["id"] for each in run()["proposals"]}
    after = run(make_effects(effect=np.full(PEOPLE, -0.7)), evidence={"causal/effects": "causal/effects@3"})
    assert {each["target"]: each["id"] for each in after["proposals"]} == before
    assert len(set(before.values())) == len(before)
    assert proposal_id("a", "b", "c", -2) != proposal_id("a", "b", "c", -3)


def test_people_missing_from_views_or_roster_are_no_obstacle() -> None:
    document = run(
        degree={"id": IDS[:3], "neighbours": np.array([1, None, 3], dtype=object)},
        betweenness={"id": IDS[:0], "betweenness": np.zeros(0)},
        people={name: column[:60] for name, column in (ROSTER | {"team": MIXED}).items()},
    )
    assert sorted(person for each in document["proposals"] for person in each["target_ids"]) == IDS[:60].tolist()


def test_proposals_of_a_generated_organisation_are_json_and_raise_focus() -> None:
    from causal_organism.causal.effects import estimate_effects
    from causal_organism.causal.panel import build_panel
    from causal_organism.causal.refutations import refute
    from causal_organism.synthetic import generate
    from causal_organism.synthetic.weekly import weekly_sums

    organisation = generate(200, 26, 7, start=date(2026, 1, 5))
    panel = build_panel(weekly_sums(organisation), organisation.people, organisation.outcomes)
    effects, _ = estimate_effects(panel, seed=1)
    ids = organisation.people["id"]
    document = propose(
        effects, refute(panel, effects, seed=1), degree={"id": ids, "neighbours": np.arange(200)},
        betweenness={"id": ids, "betweenness": np.arange(200.0)}, people=organisation.people, evidence=EVIDENCE,
    )  # fmt: skip
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert len(document["proposals"]) >= 2
    truth = organisation.truth["effects_per_hour"]["focus_h"]["by_person"]
    for each in document["proposals"]:
        realised = np.mean([-2 * truth[person] for person in each["target_ids"]])
        assert each["expected"]["lo"] <= realised <= each["expected"]["hi"]
    managers = set(ids[organisation.people["role"] == "manager"].tolist())
    assert not managers & {person for each in document["proposals"] for person in each["target_ids"]}
