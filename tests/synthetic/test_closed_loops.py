"""From what was observed to a pilot by lot, carried out in the same world, and what it is then said to have done."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import numpy as np
import pytest

from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.effects import judge_all, study_all
from causal_organism.causal.panel import build_panel
from causal_organism.causal.person_effects import effects_by_person, guard_columns
from causal_organism.causal.refutations import refute
from causal_organism.interventions.evaluation import evaluate_all
from causal_organism.interventions.pilots import draw_lots
from causal_organism.interventions.proposals import propose
from causal_organism.interventions.worlds import World
from causal_organism.synthetic import generate
from causal_organism.synthetic.planted import Change, Planted
from causal_organism.synthetic.weekly import weekly_sums

LOOPS = int(os.environ.get("LOOPS", "100"))
PEOPLE, SEEN, LATER = 200, 26, 12
BEGINS = date(2026, 1, 5)


def world(seed: Any, change: Change) -> Any:
    return generate(PEOPLE, SEEN + LATER, 9000 + seed, start=BEGINS, planted=Planted(change=change))


def panel_of(organisation: Any, weeks: int) -> Any:
    labels = organisation.truth["weeks"][:weeks]
    weekly, outcomes = weekly_sums(organisation), organisation.outcomes
    seen, known = np.isin(weekly["week"], labels), np.isin(outcomes["week"], labels)
    return build_panel(
        {name: column[seen] for name, column in weekly.items()},
        organisation.people,
        {name: column[known] for name, column in outcomes.items()},
    )


def best_pilot(seed: Any) -> Any:
    """What is proposed first after 26 weeks in which nobody changed anything; None: nothing is."""
    before = world(seed, Change(week=SEEN))
    panel = panel_of(before, SEEN)
    studies = study_all(panel, shipped_study(), agreement=None)
    verdicts = judge_all(studies)
    columns = effects_by_person(panel, studies[0], verdicts, shipped_study())
    for study in studies[1:]:
        columns |= guard_columns(panel, study, verdicts, shipped_study())
    nothing = np.zeros(len(columns["id"]))
    document = propose(
        columns, refute(panel, columns, seed=1), people=before.people, evidence={},
        degree={"id": columns["id"], "neighbours": nothing}, betweenness={"id": columns["id"], "betweenness": nothing},
    )  # fmt: skip
    return next(iter(document["proposals"]), None)


def carried_out(seed: Any, proposal: Any) -> Any:
    """(the result as it is read, the change that was true on average)."""
    lots = draw_lots(proposal["teams"], held_out=proposal["pilot"]["held_out"], seed=str(seed))
    people = world(seed, Change(week=SEEN)).people
    team = dict(zip(people["id"].tolist(), people["team"].tolist(), strict=True))
    whose = tuple(each for each in proposal["target_ids"] if team[each] in lots[0])
    hours = proposal["contrast"]["delta"]
    after = world(seed, Change(week=SEEN, people=whose, hours=hours))
    labels = after.truth["weeks"]
    started: Any = {
        **{name: proposal[name] for name in ("id", "type", "proposes", "target", "outcome", "unit", "expected")},
        **{name: proposal[name] for name in ("people", "cost_h", "teams", "target_ids")},
        "delta": hours, "treated_teams": list(lots[0]), "held_out_teams": list(lots[1]),
        "began": labels[SEEN], "ended": labels[SEEN + min(proposal["pilot"]["weeks"], LATER - 1)], "ended_by": "finish",
    }  # fmt: skip
    seen = World(panel=panel_of(after, SEEN + LATER), declared=shipped_study())
    (result,) = evaluate_all([started], seen)["results"]
    by_person = after.truth["effects_per_hour"]["focus_h"]["by_person"]
    return result, hours * float(np.mean([by_person[person] for person in whose]))


def test_what_is_changed_later_leaves_what_came_before_as_it_was() -> None:
    as_it_goes_on = world(1, Change(week=SEEN))
    whose = tuple(as_it_goes_on.people["id"][:40].tolist())
    changed = world(1, Change(week=SEEN, people=whose, hours=-2.0))
    for each, other in zip(*(panel_of(each, SEEN).values() for each in (as_it_goes_on, changed)), strict=True):
        np.testing.assert_array_equal(each, other)
    one, two = (panel_of(each, SEEN + LATER) for each in (as_it_goes_on, changed))
    later = one["week"] >= as_it_goes_on.truth["weeks"][SEEN]
    mine = np.isin(one["id"], whose)
    assert np.nanmean((two["meet_load_h"] - one["meet_load_h"])[later & mine]) == pytest.approx(-2.0, abs=0.2)
    assert np.nanmean((two["meet_load_h"] - one["meet_load_h"])[later & ~mine]) == pytest.approx(0.0, abs=0.2)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_over_100_loops_what_was_expected_came_and_intervals_hold_what_was_true() -> None:
    loops = [(proposal, *carried_out(seed, proposal)) for seed in range(LOOPS) if (proposal := best_pilot(seed))]
    expected = np.array([proposal["expected"]["total"] for proposal, _, _ in loops])
    measured = np.array([result["measured"]["effect"] for _, result, _ in loops])
    inside = [result["measured"]["from"] <= true <= result["measured"]["to"] for _, result, true in loops]
    slope = float(expected @ measured / (expected @ expected))
    alarms = np.mean([result["alarm"] for _, result, _ in loops])
    print(f"\n{len(loops)} of {LOOPS} loops: slope {slope:.2f}, covered {np.mean(inside):.3f}, alarms {alarms:.2f}, "
          f"effective {np.mean([result['verdict'] == 'effective' for _, result, _ in loops]):.2f}")  # fmt: skip
    assert len(loops) >= 0.8 * LOOPS
    assert 0.8 <= slope <= 1.2
    # 0.90 to 0.98 is wanted; with a true 0.98, 97 or more of 98 hold in two of five times
    assert 0.90 <= np.mean(inside) <= 0.995
