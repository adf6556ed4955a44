"""Several treatments of the panel, each with the others held equal; and what is proposed of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import parse_panel_study, shipped_text
from causal_organism.causal.effects import estimate_effects, judge_treatments, study_treatments
from causal_organism.causal.panel import build_panel, shift
from causal_organism.causal.reference import AGREEMENT
from causal_organism.causal.refutations import refute
from causal_organism.synthetic.weekly import weekly_sums
from tests.interventions.test_proposals import PEOPLE, make_effects, make_refutations, run

pytestmark = pytest.mark.large

TICKETS = '[treatment.tickets]\ncolumn = "tickets"\nsource = "desk"\ncontrast = 1\n\n[outcome.focus]'
CAUSES = "meet_load_h -> OUTCOME\ntickets -> OUTCOME person -> tickets week -> tickets\n"


def study(text: str = TICKETS, causes: str = CAUSES) -> Any:
    found = shipped_text().replace("[outcome.focus]", text).replace("meet_load_h -> OUTCOME\n", causes, 1)
    return parse_panel_study(found)


def with_tickets(world: Any, seed: int = 7, *, gives: float = 0.5) -> Any:
    """The world's panel with tickets, each of which gives that much focus in the week after; more meetings, fewer."""
    organisation, panel = world(seed)
    rng = np.random.default_rng(1)
    tickets = 8 - 0.4 * np.nan_to_num(panel["meet_load_h"], nan=6.0) + rng.normal(size=len(panel["id"]))
    focus = panel["focus_h"] + gives * np.nan_to_num(shift({**panel, "tickets": tickets}, "tickets", -1))
    outcomes = {"id": panel["id"], "week": panel["week"], "tickets": tickets, "focus_h": focus}
    kept = {name: panel[name] for name in ("assigned_load", "deadline", "after_hours_share")}
    return build_panel(weekly_sums(organisation), organisation.people, outcomes | kept)


def found_of(panel: Any, declared: Any) -> Any:
    """(treatment, outcome, segment) -> (estimate, verdict), DoWhy not asked."""
    studied = study_treatments(panel, declared, agreement=None)
    verdicts = judge_treatments([studies for _, studies in studied])
    return {
        (view.column, each.outcome, each.segment): (each, judged[each.outcome, each.segment])
        for (view, studies), judged in zip(studied, verdicts, strict=True)
        for one in studies
        for each in one.estimates
    }


def test_each_treatment_has_its_effect_with_the_others_held_equal(world: Any) -> None:
    found = found_of(with_tickets(world), study())
    tickets, verdict = found["tickets", "focus_h", "all"]
    assert (verdict.verdict, verdict.grade) == ("supported", "C")
    assert tickets.lo < 0.5 < tickets.hi
    alone = found_of(world(7)[1], study("[outcome.focus]", "meet_load_h -> OUTCOME\n"))
    meetings, engineers = found["meet_load_h", "focus_h", "engineer"], alone["meet_load_h", "focus_h", "engineer"]
    assert meetings[0].effect == pytest.approx(engineers[0].effect, abs=0.05)
    assert {outcome for _, outcome, _ in found} == {"focus_h", "after_hours_share"}, "a treatment is no outcome"


def test_dowhy_agrees_on_each_and_everybody_has_a_row_of_each(world: Any) -> None:
    panel, declared = with_tickets(world), study()
    columns, facts = estimate_effects(panel, seed=1, declared=declared, agreement=AGREEMENT)
    shown: Any = [each for each in facts["estimands"] if each["dowhy"] is not None]
    assert {each["treatment"] for each in shown} == {"meet_load_h", "tickets"}
    assert all(each["dowhy"]["agrees"] for each in shown)
    people = len(np.unique(panel["id"]))
    assert columns["treatment"].tolist() == ["meet_load_h"] * people + ["tickets"] * people
    left = refute(panel, columns, seed=1, declared=declared)["estimands"]
    survived = {(each["treatment"], each["segment"]): each["survived"] for each in left if each["outcome"] == "focus_h"}
    assert survived["tickets", "engineer"] and survived["meet_load_h", "engineer"]


def test_a_treatment_that_the_panel_has_not_is_refused_alone(world: Any) -> None:
    found = study_treatments(world(7)[1], study(), agreement=None)
    problems = {view.column: studies[0].problems for view, studies in found}
    assert problems["tickets"] == ("variable-missing: tickets",)
    assert problems["meet_load_h"][0] == "variable-missing: tickets", "what is held equal has to be there too"


def test_what_one_treatment_causes_cannot_be_held_equal_beside_it(world: Any) -> None:
    causes = CAUSES.replace("tickets -> OUTCOME", "tickets -> OUTCOME meet_load_h -> tickets")
    found = study_treatments(with_tickets(world), study(causes=causes), agreement=None)
    assert {view.column: studies[0].problems for view, studies in found} == {
        "meet_load_h": ("not-identified",), "tickets": (),
    }  # fmt: skip


def stacked(*, tickets: float) -> Any:
    """Effects of meetings, -0.6, and of tickets on the same people."""
    one = make_effects(treatment=np.full(PEOPLE, "meet_load_h"))
    other = make_effects(treatment=np.full(PEOPLE, "tickets"), effect=np.full(PEOPLE, tickets))
    return {name: np.concatenate((one[name], other[name])) for name in one}


@pytest.mark.parametrize(("tickets", "kind"), [(0.8, "reduce_meetings"), (2.4, "add_tickets")])
def test_the_same_people_are_in_one_proposal_that_of_the_treatment_which_is_worth_more(tickets: Any, kind: Any) -> None:
    verdicts = make_refutations()["estimands"]
    both = [{"treatment": name, **each} for name in ("meet_load_h", "tickets") for each in verdicts]
    document = run(stacked(tickets=tickets), {"estimands": both}, declared=study())
    engineers = [each for each in document["proposals"] if each["target"] == "engineer"]
    assert [each["type"] for each in engineers] == [kind]
    assert "another-change" in [each["reason"] for each in document["withheld"]]


def test_a_change_of_another_treatment_is_told_in_its_own_words() -> None:
    only = make_effects(treatment=np.full(PEOPLE, "tickets"), effect=np.full(PEOPLE, 1.0))
    verdicts = [{"treatment": "tickets", **each} for each in make_refutations()["estimands"]]
    best = run(only, {"estimands": verdicts}, declared=study())["proposals"][0]
    assert best["contrast"] == {"variable": "tickets", "delta": 1.0, "unit": ""}
    assert "tickets by +1" in best["title"] and "meetings" not in best["reason"]
    assert best["cost_h"] is None
