"""Planted cases: each is told by its reason, and what is not planted is as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.data.tables import StudyTable
from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.designs.documents import to_document
from causal_organism.causal.designs.running import run_study
from causal_organism.causal.effects import estimate_effects, judge_all, study_all
from causal_organism.causal.panel import build_panel
from causal_organism.causal.panel_people import coverage_facts
from causal_organism.causal.refutations import refute
from causal_organism.interventions.proposals import propose
from causal_organism.organism.stream.generated_files import write
from causal_organism.synthetic import generate
from causal_organism.synthetic.planted import CASES
from causal_organism.synthetic.weekly import weekly_sums

pytestmark = pytest.mark.large

START = date(2026, 1, 5)


def made(case: Any, seed: int = 7, people: int = 200) -> Any:
    organisation = generate(people, 26, seed, start=START, planted=CASES[case].planted)
    return organisation, build_panel(weekly_sums(organisation), organisation.people, organisation.outcomes)


def on_focus(panel: Any) -> Any:
    """Verdicts and reasons of focus, by segment."""
    found = judge_all(study_all(panel, shipped_study(), agreement=None))
    return {segment: verdict for (outcome, segment), verdict in found.items() if outcome == "focus_h"}


def test_the_honest_case_is_the_organisation_as_it_was() -> None:
    plain, honest = generate(60, 8, 3, start=START), generate(60, 8, 3, start=START, planted=CASES["honest"].planted)
    for one, other in ((plain.outcomes, honest.outcomes), (plain.interactions, honest.interactions)):
        assert all(np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f") for name in one)
    assert honest.truth["cases"]["expected"] == "supported"


@pytest.mark.parametrize("case", ["hidden-person", "hidden-weak-control", "hidden-noisy-control"])
def test_a_hidden_cause_of_persons_is_refused(case: Any) -> None:
    found = on_focus(made(case)[1])
    assert {each.reasons[0] for each in found.values()} == {CASES[case].says}


@pytest.mark.parametrize("case", ["team-shock", "spillover"])
def test_what_is_shared_by_a_team_is_a_doubt(case: Any) -> None:
    found = on_focus(made(case)[1])
    clear = [each for each in found.values() if each.verdict != "inconclusive"]
    assert clear and all(each.verdict == "weak" and CASES[case].says in each.reasons for each in clear)


POLICY_STUDY = """[data]
unit = "id"
time = "week"
cluster = "team"
[design]
kind = "{kind}"
[treatment.rule]
{how}
[outcome.focus]
column = "focus_h"
direction = "up"
"""


@pytest.mark.parametrize(
    ("case", "kind", "how"),
    [
        ("staggered-policy", "staggered", 'column = "focus_policy"'),
        ("staggered-policy", "staggered", 'adopted = "policy_since"'),
        ("sharp-policy", "policy", 'column = "focus_policy"\nfrom = "2026-W15"'),
    ],
)
@pytest.mark.parametrize("seed", [7, 8])
def test_a_rule_is_found_by_the_design_that_fits_it(case: Any, kind: Any, how: Any, seed: Any) -> None:
    organisation = generate(200, 26, seed, start=START, planted=CASES[case].planted)
    columns = {
        name: values.astype(np.float64 if values.dtype.kind in "if" else object)
        for name, values in organisation.policy.items()
    }
    table = StudyTable(columns=columns, rows=len(columns["id"]))
    found = to_document(run_study(parse_study(POLICY_STUDY.format(kind=kind, how=how)), table, reference=False))
    estimate: Any
    (estimate,) = found["estimates"]
    assert (estimate["verdict"], estimate["grade"]) == (CASES[case].says, "B")
    assert estimate["ci_lo"] < organisation.truth["policy"]["focus_h"] == 2.0 < estimate["ci_hi"]


def test_only_a_planted_rule_has_a_table_of_its_own_and_outcomes_can_be_imported_with_it(tmp_path: Path) -> None:
    plain, ruled = (
        generate(60, 12, 3, start=START, planted=CASES[case].planted) for case in ("honest", "sharp-policy")
    )
    assert (plain.policy, list(ruled.outcomes)) == ({}, list(plain.outcomes))
    assert list(write(tmp_path, ruled)) == ["interactions.jsonl", "people.csv", "outcomes.csv", "policy.csv"]
    since = {team: week for team, week in ruled.truth["policy"]["since"].items() if week}
    assert len(since) == len(set(ruled.people["team"])) // 2
    assert len(set(since.values())) == 1


@pytest.mark.parametrize("case", ["staggered-policy", "sharp-policy"])
def test_a_rule_of_teams_moves_no_effect_of_meetings(case: Any) -> None:
    study = study_all(made(case)[1], shipped_study(), agreement=None)[0]
    engineer = next(each for each in study.estimates if each.segment == "engineer")
    assert engineer.effect == pytest.approx(-0.6, abs=0.1)


def test_weeks_on_call_are_held_equal_where_they_are_known() -> None:
    """Without the column, fewer meetings and less focus in the same weeks hide half of the effect."""
    panel = made("on-call", people=400)[1]
    hidden = {name: column for name, column in panel.items() if name != "oncall_days"}
    known, unknown = (study_all(each, shipped_study(), agreement=1e-6)[0] for each in (panel, hidden))
    effects = [
        next(each.effect for each in study.estimates if each.segment == "engineer") for study in (known, unknown)
    ]
    assert effects[0] == pytest.approx(-0.6, abs=0.1)
    assert effects[1] > -0.4
    assert "oncall_days" in known.adjustment.controls
    assert known.problems == (), "DoWhy agrees"


def test_unit_break_is_refused_with_its_name() -> None:
    panel = made("unit-break")[1]
    assert study_all(panel, shipped_study(), agreement=None)[0].problems == ("unit-break",)


@pytest.mark.parametrize("case", ["outages", "holidays"])
def test_what_was_not_seen_is_left_out_and_the_effect_stays(case: Any) -> None:
    panel = made(case, people=400)[1]
    assert coverage_facts(panel)["left_out"]["not-covered"] > 100
    study = study_all(panel, shipped_study(), agreement=None)[0]
    engineer = next(each for each in study.estimates if each.segment == "engineer")
    assert engineer.effect == pytest.approx(-0.6, abs=0.1)


def test_one_role_is_a_case_too() -> None:
    organisation, panel = made("one-role")
    columns, _ = estimate_effects(panel, seed=1)
    document = propose(
        columns, refute(panel, columns, seed=1), degree={"id": columns["id"], "neighbours": np.arange(200)},
        betweenness={"id": columns["id"], "betweenness": np.zeros(200)}, people=organisation.people, evidence={},
    )  # fmt: skip
    assert [each["target"] for each in document["proposals"]] == ["engineer"], document["reason"]


def test_work_in_the_evening_that_would_grow_withholds_the_pilot() -> None:
    organisation, panel = made("late-harm")
    columns, _ = estimate_effects(panel, seed=1)
    document = propose(
        columns, refute(panel, columns, seed=1), degree={"id": columns["id"], "neighbours": np.arange(200)},
        betweenness={"id": columns["id"], "betweenness": np.zeros(200)}, people=organisation.people, evidence={},
    )  # fmt: skip
    assert document["proposals"] == []
    assert "guardrail" in {each["reason"] for each in document["withheld"]}


def test_a_minority_that_is_harmed_is_known_by_its_own_weeks() -> None:
    organisation, panel = made("harmed-minority", people=400)
    columns, _ = estimate_effects(panel, seed=1)
    truth = organisation.truth["effects_per_hour"]["focus_h"]["by_person"]
    harmed = np.array([truth[each] > 0.2 for each in columns["id"]])
    sure = harmed & (columns["lfsr"] < 0.05) & (columns["effect"] < 0)
    assert harmed.sum() > 20
    assert sure.sum() <= 0.05 * harmed.sum()
