import json
from datetime import date

import numpy as np
import pytest

from causal_organism.interventions.proposals import proposal_id, propose

PEOPLE = 120
IDS = np.array([f"p{number:03}" for number in range(PEOPLE)])
ROSTER = {
    "id": IDS,
    "team": np.array([f"team-{number // 12}" for number in range(PEOPLE)]),
    "role": np.where(np.arange(PEOPLE) < 72, "engineer", "sales"),
    "site": np.where(np.arange(PEOPLE) % 2 == 0, "Berlin", "Lisbon"),
}
DEGREE = {"id": IDS, "neighbours": np.full(PEOPLE, 12)}
LEVEL_BETWEENNESS = {"id": IDS, "betweenness": np.zeros(PEOPLE)}
EVIDENCE = {"views/degree": "views/degree@4", "causal/effects": "causal/effects@2"}


def make_effects(**columns):
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


def make_refutations(**verdicts):
    """Verdict by segment; `engineer` and `sales` survived unless said otherwise."""
    verdicts = {"engineer": "supported", "sales": "supported"} | verdicts
    return {
        "estimands": [
            {"outcome": "focus_h", "segment": segment, "verdict": verdict, "survived": verdict == "supported",
             "reasons": [] if verdict == "supported" else ["lead-placebo"]}
            for segment, verdict in verdicts.items()
        ]
    }  # fmt: skip


def run(effects=None, refutations=None, **options):
    given = {"degree": DEGREE, "betweenness": LEVEL_BETWEENNESS, "people": ROSTER, "evidence": EVIDENCE} | options
    return propose(effects or make_effects(), refutations or make_refutations(), **given)


def targets(document):
    return [each["target"] for each in document["proposals"]]


def test_a_proposal_says_what_for_whom_and_what_is_expected():
    best = run()["proposals"][0]
    assert (best["rank"], best["type"], best["status"], best["grade"]) == (1, "reduce_meetings", "proposed", "C")
    assert best["contrast"] == {"variable": "meet_load_h", "delta": -2.0, "unit": "h/week"}
    expected = best["expected"]
    assert expected["outcome"] == "focus_h"
    assert expected["mean"] == pytest.approx(1.2)
    assert 0.25 < expected["lo"] < expected["mean"] < expected["hi"]
    assert best["guardrails"][0]["outcome"] == "after_hours_share"
    assert best["evidence"] == EVIDENCE
    assert "+1.20 h/week" in best["reason"] and "Observational" in best["reason"]


def test_teams_come_before_wider_groups_and_nobody_is_in_two():
    document = run()
    assert {each["target_kind"] for each in document["proposals"]} == {"team"}
    everybody = [person for each in document["proposals"] for person in each["target_ids"]]
    assert sorted(everybody) == IDS.tolist()


def test_groups_below_the_minimum_are_never_named():
    document = run(min_group=20)
    assert {each["target_kind"] for each in document["proposals"]} == {"role at site"}
    assert all(each["people"] >= 20 for each in document["proposals"])
    assert run(min_group=200)["proposals"] == []
    assert "at least 200 people" in run(min_group=200)["reason"]


def test_the_largest_sure_gain_ranks_first():
    effect = np.where(ROSTER["team"] == "team-3", -1.0, -0.6)
    document = run(make_effects(effect=effect))
    assert document["proposals"][0]["target"] == "team-3"
    assert [each["rank"] for each in document["proposals"]] == list(range(1, 11))
    scores = [each["score"] for each in document["proposals"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("verdict", ["refused", "refuted", "weak", "inconclusive"])
def test_no_proposal_rests_on_a_segment_that_is_less_than_supported(verdict):
    document = run(refutations=make_refutations(engineer=verdict))
    roles = dict(zip(IDS.tolist(), ROSTER["role"].tolist(), strict=True))
    assert {roles[person] for each in document["proposals"] for person in each["target_ids"]} == {"sales"}
    assert [each["about"] for each in document["withheld"]] == ["engineer"]
    assert document["withheld"][0]["reason"] == f"{verdict} lead-placebo"


@pytest.mark.parametrize("verdict", ["refused", "refuted"])
def test_without_any_conclusion_there_is_no_proposal_but_a_reason(verdict):
    document = run(refutations=make_refutations(engineer=verdict, sales=verdict))
    assert document["proposals"] == []
    assert document["reason"]
    assert "survived" not in document["reason"]


def test_a_refusal_says_why():
    effects = make_effects(verdict=np.full(PEOPLE, "refused"), effect=np.full(PEOPLE, np.nan))
    document = run(effects, make_refutations(engineer="refused", sales="refused"))
    assert document["reason"].startswith("nothing can be concluded about focus_h")
    assert "later meetings seem to change earlier outcomes" in document["reason"]


def test_people_whose_own_effect_is_uncertain_are_left_out():
    verdict = np.where(np.arange(PEOPLE) < 60, "supported", "inconclusive")
    people = [person for each in run(make_effects(verdict=verdict))["proposals"] for person in each["target_ids"]]
    assert sorted(people) == IDS[:60].tolist()


def test_nobody_is_taken_beyond_what_was_observed():
    extrapolates = np.arange(PEOPLE) < 12
    assert "team-0" not in targets(run(make_effects(extrapolates=extrapolates)))


def test_people_who_gain_from_meetings_are_left_out():
    effect = np.where(np.arange(PEOPLE) == 3, 0.6, -0.6)
    team = next(
        each for each in run(make_effects(effect=effect), min_group=11)["proposals"] if each["target"] == "team-0"
    )
    assert "p003" not in team["target_ids"]
    assert team["people"] == 11


def test_those_who_connect_the_organisation_are_left_out_and_counted():
    betweenness = {"id": IDS, "betweenness": np.where(np.arange(PEOPLE) == 5, 1.0, 0.0)}
    document = run(betweenness=betweenness, min_group=11)
    team = next(each for each in document["proposals"] if each["target"] == "team-0")
    assert team["people"] == 11
    assert team["network"]["connectors_left_out"] == 1
    assert "p005" not in team["target_ids"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"bias_max": np.full(PEOPLE, 0.6)}, "too-small"),
        ({"effect": np.full(PEOPLE, -0.13)}, "too-small"),
        ({"segment_se": np.full(PEOPLE, 0.3), "effect_sd": np.full(PEOPLE, 0.3)}, "too-small"),
        ({"after_hours_share_effect": np.full(PEOPLE, -0.009)}, "guardrail"),
        ({"after_hours_share_effect": np.full(PEOPLE, np.nan)}, "guardrail"),
        ({"after_hours_share_bias_max": np.full(PEOPLE, 0.02)}, "guardrail"),
    ],
)
def test_do_no_harm(columns, reason):
    document = run(make_effects(**columns))
    assert document["proposals"] == []
    assert {each["reason"] for each in document["withheld"]} == {reason}
    assert "keep from harm" in document["reason"]


def test_a_gain_that_a_part_of_the_group_pays_for_is_withheld():
    """Sales are as good as unaffected and may lose: their share of every mixed group stops it."""
    sales = ROSTER["role"] == "sales"
    columns = {
        "effect": np.where(sales, -0.05, -1.5), "effect_sd": np.where(sales, 0.2, 0.1),
        "segment_se": np.where(sales, 0.15, 0.04), "bias_max": np.where(sales, 0.05, 0.15),
    }  # fmt: skip
    mixed = ROSTER | {"team": np.array([f"team-{number % 5}" for number in range(PEOPLE)])}
    document = run(make_effects(**columns), people=mixed, min_group=8)
    assert document["proposals"] == []
    assert {each["reason"] for each in document["withheld"]} == {"possible-harm"}


def test_an_outcome_of_unknown_direction_is_not_proposed_on():
    outcome = np.full(PEOPLE, "cycle_time")
    refutations = make_refutations()
    for each in refutations["estimands"]:
        each["outcome"] = "cycle_time"
    document = run(make_effects(outcome=outcome), refutations)
    assert document["proposals"] == []
    assert document["reason"] == "nobody has said whether more or less cycle_time is better"


def test_ids_stay_the_same_when_evidence_and_estimates_change():
    before = {each["target"]: each["id"] for each in run()["proposals"]}
    after = run(make_effects(effect=np.full(PEOPLE, -0.7)), evidence={"causal/effects": "causal/effects@3"})
    assert {each["target"]: each["id"] for each in after["proposals"]} == before
    assert len(set(before.values())) == len(before)
    assert proposal_id("a", "b", "c", -2) != proposal_id("a", "b", "c", -3)


def test_people_missing_from_views_or_roster_are_no_obstacle():
    document = run(
        degree={"id": IDS[:3], "neighbours": np.array([1, None, 3], dtype=object)},
        betweenness={"id": IDS[:0], "betweenness": np.zeros(0)},
        people={name: column[:60] for name, column in ROSTER.items()},
    )
    assert sorted(person for each in document["proposals"] for person in each["target_ids"]) == IDS[:60].tolist()


def test_proposals_of_a_generated_organisation_are_json_and_raise_focus():
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
