"""What follows from a pilot that ended: the action, nothing more, or another pilot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.declaration import Limits
from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.interventions.evaluation import evaluate_all
from causal_organism.interventions.pilots import draw_lots
from causal_organism.interventions.worlds import World
from tests.interventions.test_proposals import IDS, MIXED, PEOPLE, ROSTER, make_effects, make_refutations, run, targets

MIXED_ROSTER = ROSTER | {"team": MIXED}
NOTHING: Any = {"effect": None, "from": None, "to": None, "error": None}


def measured(effect: float, reach: float = 0.3) -> Any:
    return {"effect": effect, "from": effect - reach, "to": effect + reach, "error": reach / 2}


def result(**changes: Any) -> Any:
    """A finished pilot of engineers, of two hours less: 1 h of focus more, work in the evening as before."""
    evening = {"outcome": "after_hours_share", "unit": "share", "better": -1, "least": 0.01}
    expected = {"total": 1.2, "from": 0.8, "to": 1.6, "sd": 0.25, "better": 1, "least": 0.25}
    teams = sorted(set(MIXED.tolist()))
    return {
        "id": "pilot1", "type": "reduce_meetings", "proposes": "pilot", "target": "engineer", "delta": -2.0,
        "outcome": "focus_h", "unit": "h/week", "people": 72, "cost_h": 288.0, "teams": teams, "ended": "2026-W20",
        "expected": expected, "state": "finished", "measured": measured(1.0), "verdict": "effective",
        "others": [evening | {"measured": measured(0.001, 0.004), "verdict": "no-effect"}], "treated": 5, "held_out": 5,
        "alarm": False,
    } | changes  # fmt: skip


def after(*results: Any, types: Any = None, **options: Any) -> Any:
    return run(people=MIXED_ROSTER, results={"results": list(results), "types": types or {}}, **options)


def of_engineers(document: Any) -> Any:
    (found,) = [each for each in document["proposals"] if each["target"] == "engineer"]
    return found


def why_not(document: Any) -> Any:
    assert "engineer" not in targets(document)
    return [each["reason"] for each in document["withheld"] if each["about"] == "engineer"]


def test_an_effective_pilot_leads_to_the_action_as_it_was_measured() -> None:
    document = after(result())
    action = of_engineers(document)
    kinds = {each["target"]: (each["proposes"], each["grade"]) for each in document["proposals"]}
    assert kinds == {"engineer": ("action", "A"), "sales": ("pilot", "C")}
    assert (action["expected"]["total"], action["expected"]["own"], action["after"]) == (1.0, None, "pilot1")
    assert action["expected"]["sd"] == pytest.approx(0.3 / 1.96, abs=1e-4)
    assert (action["pilot"]["held_out"], action["pilot"]["treated"]) == (3, 7), (
        "as few teams as can be measured go on without"
    )
    assert action["guardrails"][0]["mean"] == 0.001
    assert action["contrast"]["delta"] == -2.0
    assert "pilot1" in action["reason"] and "grade A" in action["reason"]
    assert action["id"] != of_engineers(run(people=MIXED_ROSTER))["id"]


def test_the_action_is_for_everybody_of_the_segment_but_those_whom_it_clearly_harms() -> None:
    number = np.arange(PEOPLE)
    effects = make_effects(
        verdict=np.where(number == 3, "inconclusive", "supported"), effect=np.where(number == 4, 0.6, -0.6),
        extrapolates=number == 5,
    )  # fmt: skip
    action = of_engineers(after(result(), effects=effects))
    assert sorted(set(IDS[:72].tolist()) - set(action["target_ids"])) == ["p004", "p005"]


def test_a_pilot_is_evidence_where_observing_gave_none() -> None:
    document = after(result(), refutations=make_refutations(engineer="refuted"))
    assert of_engineers(document)["grade"] == "A"
    assert [each["about"] for each in document["withheld"]] == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verdict": "harmful", "measured": measured(-1.0)}, "pilot-harmful"),
        ({"verdict": "harmful", "measured": measured(-1.0), "state": "stopped"}, "pilot-harmful"),
        ({"verdict": "no-effect", "measured": measured(0.0, 0.1)}, "pilot-no-effect"),
        ({"proposes": "action"}, "done"),
        ({"state": "awaited", "verdict": None, "measured": NOTHING}, "awaited"),
        ({"measured": measured(0.2, 0.1)}, "too-small"),
    ],
)
def test_after_a_clear_answer_nothing_more_is_proposed(changes: Any, reason: Any) -> None:
    assert why_not(after(result(**changes))) == [reason]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"measured": measured(0.02, 0.01)}, "guardrail"),
        ({"measured": NOTHING}, "guardrail"),
        ({"better": 0, "measured": measured(0.02, 0.01)}, "guardrail-undeclared"),
        ({"better": 0, "measured": NOTHING}, "guardrail-undeclared"),
    ],
)
def test_an_action_does_no_harm_as_far_as_the_pilot_could_see(other: Any, reason: Any) -> None:
    others = [result()["others"][0] | other]
    assert why_not(after(result(others=others))) == [reason]


@pytest.mark.parametrize("changes", [{"verdict": "inconclusive", "measured": measured(0.4, 0.6)}, {"state": "stopped"}])
def test_without_an_answer_another_pilot_is_proposed_under_an_id_of_its_own(changes: Any) -> None:
    first = of_engineers(after())["id"]
    second = of_engineers(after(result(id=first, **changes)))
    assert (second["proposes"], second["grade"]) == ("pilot", "C")
    third = of_engineers(after(result(id=first, **changes), result(id=second["id"], **changes)))
    assert len({first, second["id"], third["id"]}) == 3


def test_the_last_answer_counts() -> None:
    harmful = result(id="later", verdict="harmful", measured=measured(-1.0), ended="2026-W40")
    assert why_not(after(result(), harmful)) == ["pilot-harmful"]
    assert of_engineers(after(harmful, result(id="last")))["after"] == "last"


def test_a_result_of_another_change_is_none_of_this_one() -> None:
    assert of_engineers(after(result(delta=-4.0)))["proposes"] == "pilot"


def test_nothing_of_a_type_is_proposed_that_twice_did_something_else() -> None:
    document = after(result(), types={"reduce_meetings": {"suspended": True}})
    assert document["proposals"] == []
    assert {each["reason"] for each in document["withheld"]} == {"suspended"}


def test_what_goes_on_takes_up_room_and_stays_proposed() -> None:
    running = result(
        id=of_engineers(after())["id"], state="running", ended=None, measured=NOTHING, verdict=None, others=[]
    )
    declared = replace(shipped_study(), limits=Limits(hours=300.0))
    effects = make_effects(outcome_sd=np.full(PEOPLE, 1.0))
    assert targets(after(running, effects=effects, declared=declared)) == ["engineer"], "12 hours are left"
    elsewhere = running | {"id": "elsewhere", "target": "others"}
    document = after(elsewhere, effects=effects, declared=replace(declared, limits=Limits(hours=500.0)))
    assert targets(document) == ["sales"], "212 hours are left, and engineers would take 288"


def play(proposal: Any, gain: float) -> Any:
    """(the proposal as it was started and finished, the panel of 40 weeks), in which focus changes by `gain`."""
    treated, held_out = draw_lots(proposal["teams"], held_out=proposal["pilot"]["held_out"], seed=proposal["id"])
    names = (
        "id",
        "type",
        "proposes",
        "target",
        "outcome",
        "unit",
        "expected",
        "people",
        "cost_h",
        "teams",
        "target_ids",
    )
    started = {name: proposal[name] for name in names} | {
        "delta": proposal["contrast"]["delta"], "treated_teams": list(treated), "held_out_teams": list(held_out),
        "began": "2026-W20", "ended": "2026-W28", "ended_by": "finish",
    }  # fmt: skip
    week = np.tile(np.arange(2930, 2970), PEOPLE)
    person, team = np.repeat(IDS, 40), np.repeat(MIXED, 40)
    touched = (week > 2940) & np.isin(team, treated) & np.isin(person, proposal["target_ids"])
    rng = np.random.default_rng(4)
    evening = rng.normal(0.15, 0.01, len(week))
    panel = {
        "id": person, "week_index": week, "team": team, "focus_h": rng.normal(20, 1, len(week)) + gain * touched,
        "after_hours_share": evening, "after_hours_share_next": evening, "focus_h_next": evening,
    }  # fmt: skip
    return started, panel


def test_a_story_from_the_pilot_to_the_action_and_its_own_result() -> None:
    effects = make_effects(outcome_sd=np.full(PEOPLE, 1.0))
    pilot = of_engineers(after(effects=effects))
    results = evaluate_all([play(pilot, 1.1)[0]], World(panel=play(pilot, 1.1)[1], declared=shipped_study()))
    found: Any
    (found,) = results["results"]
    assert (found["verdict"], found["alarm"], found["others"][0]["verdict"]) == ("effective", False, "no-effect")
    assert found["measured"]["from"] < 1.1 < found["measured"]["to"]
    action = of_engineers(run(effects, people=MIXED_ROSTER, results=results))
    assert (action["proposes"], action["expected"]["total"]) == ("action", found["measured"]["effect"])
    started, panel = play(action, 1.1)
    done = evaluate_all([started], World(panel=panel, declared=shipped_study()))
    assert why_not(run(effects, people=MIXED_ROSTER, results=done)) == ["done"]


def test_what_goes_on_is_not_measured_and_what_was_expected_wrongly_twice_suspends_its_type() -> None:
    pilot = of_engineers(after(effects=make_effects(outcome_sd=np.full(PEOPLE, 1.0))))
    started, panel = play(pilot, -1.5)
    going_on = started | {"ended": None, "ended_by": None}
    found = evaluate_all([going_on], World(panel=panel, declared=shipped_study()))
    assert found["results"][0]["measured"] == NOTHING
    assert found["types"]["reduce_meetings"] == {"measured": 0, "slope": None, "alarms": 0, "suspended": False}
    early = {name: column[panel["week_index"] < 2948] for name, column in panel.items()}  # the last week is missing
    late = evaluate_all([started], World(panel=early, declared=shipped_study()))
    assert [(each["state"], each["verdict"], each["measured"]) for each in late["results"]] == [
        ("awaited", None, NOTHING)
    ]
    once = evaluate_all([started], World(panel=panel, declared=shipped_study()))
    assert (once["results"][0]["verdict"], once["results"][0]["alarm"]) == ("harmful", True)
    assert not once["types"]["reduce_meetings"]["suspended"]
    twice = evaluate_all([started, started | {"id": "other"}], World(panel=panel, declared=shipped_study()))["types"][
        "reduce_meetings"
    ]
    assert (twice["measured"], twice["alarms"], twice["suspended"]) == (2, 2, True)
    foreseen = started | {"id": "other", "expected": started["expected"] | {"total": -1.5}}
    assert not evaluate_all([started, foreseen], World(panel=panel, declared=shipped_study()))["types"][
        "reduce_meetings"
    ]["suspended"]
    assert twice["slope"] == pytest.approx(-1.5 / pilot["expected"]["total"], rel=0.2)
