"""From declared studies of other data to proposals: what a design proves decides what may be proposed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from causal_organism.causal.declarations.panel_study import shipped_study
from causal_organism.causal.declared_studies import run_studies
from causal_organism.cli.simulated import simulation_text
from causal_organism.interventions.evaluation import evaluate_all
from causal_organism.interventions.pilots import draw_lots
from causal_organism.interventions.study_proposals import propose_from_studies
from causal_organism.interventions.study_simulation import simulate_study
from causal_organism.interventions.worlds import World
from tests.causal.designs.worlds import POLICY, STAGGERED, WITHIN_TEAMS, policy, staggered, week_names, working_weeks
from tests.interventions.test_proposals import run

SHARP = POLICY.format(column='column = "d"').replace("[outcome.y]", '[outcome.y]\nunit = "h"\nleast = 0.2')
BY_LOT = """
[data]
unit = "id"
cluster = "team"
[design]
kind = "randomised"
[treatment.course]
column = "t"
cost_h = 0.5
[outcome.y]
column = "y"
direction = "up"
"""
NOTHING: Any = {"results": [], "types": {}}


def of(name: str, table: pd.DataFrame, declared: str, *, reviewed: bool = True) -> Any:
    """A study as its source keeps it."""
    columns = {column: table[column].tolist() for column in table.columns}
    return {"name": name, "text": declared, "reviewed": reviewed, "rows": len(table), "columns": columns}


def proposed(*studies: Any, results: Any = NOTHING, **options: Any) -> Any:
    return propose_from_studies(run_studies({"studies": studies}, min_group=10, reference=False), results, **options)


def only(found: Any) -> Any:
    (made,) = found.made
    return made


def reasons(found: Any) -> list[str]:
    assert list(found.made) == []
    return [each["reason"] for each in found.withheld]


def by_lot(
    seed: int, *, own: float = 1.0, others: float = 0.0, guard: float = 0.0, by_team: bool = False
) -> pd.DataFrame:
    """40 teams of 8; who has the course was drawn, and what colleagues do matters by `others`."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(40), 8)
    lot = (rng.permutation(40) < 20)[team] if by_team else rng.random(320) < 0.5
    t = lot.astype(float)
    rest = (np.bincount(team, t)[team] - t) / 7
    y = 10 + own * t + others * rest + rng.normal(size=320)
    late = 3 + guard * t + rng.normal(scale=0.5, size=320)
    ids = [f"p{number:03}" for number in range(320)]
    return pd.DataFrame({"id": ids, "team": [f"t{each}" for each in team], "t": t, "y": y, "late": late})


@pytest.mark.parametrize(
    ("table", "declared", "grade", "truth"),
    [
        (by_lot(1), BY_LOT, "A", 1.0),
        (staggered(2)[0], STAGGERED, "B", staggered(2)[1]),
        (policy(3), SHARP, "B", 1.0),
    ],
)
def test_what_a_reviewed_design_of_grade_a_or_b_proves_is_proposed_as_an_action(
    table: Any, declared: str, grade: str, truth: float
) -> None:
    made = only(proposed(of("rule", table, declared)))
    assert (made["proposes"], made["grade"], made["study"]) == ("action", grade, "rule")
    assert made["expected"]["from"] < truth < made["expected"]["to"]
    assert made["pilot"]["held_out"] >= 0.2 * made["pilot"]["teams"]
    assert made["people"] == len(made["target_ids"]) >= 10
    assert f"Grade {grade}" in made["reason"]


def test_it_is_for_those_who_do_not_have_it_yet() -> None:
    table = by_lot(1)
    made = only(proposed(of("course", table, BY_LOT)))
    assert made["target_ids"] == table["id"][table["t"] == 0].tolist()
    assert made["teams"] == sorted(set(table["team"][table["t"] == 0]))
    held_out = made["pilot"]["held_out"] / made["pilot"]["teams"]
    assert made["cost_h"] == pytest.approx(made["people"] * 0.5 * made["pilot"]["weeks"] * (1 - held_out), abs=0.1)
    never = only(proposed(of("programme", staggered(2)[0], STAGGERED)))
    last = staggered(2)[0].sort_values("t").groupby("id")["d"].last()
    assert sorted(never["target_ids"]) == sorted(last.index[last == 0].astype(str))


@pytest.mark.parametrize(
    ("table", "declared"),
    [(working_weeks(1), WITHIN_TEAMS), (by_lot(1), BY_LOT), (policy(3), SHARP)],
)
def test_what_was_only_observed_or_nobody_reviewed_is_a_pilot(table: Any, declared: str) -> None:
    observed = declared is WITHIN_TEAMS
    made = only(proposed(of("asked", table, declared, reviewed=observed)))
    assert made["proposes"] == "pilot"
    assert (made["grade"] == "C") == observed
    assert made["pilot"]["held_out"] == made["pilot"]["teams"] // 2


def test_estimates_of_a_file_that_nobody_reviewed_say_so() -> None:
    studies = [of("asked", by_lot(1), BY_LOT, reviewed=reviewed) for reviewed in (False, True)]
    found: Any = run_studies({"studies": studies}, min_group=10, reference=False)["studies"]
    assert [each["estimates"][0]["reasons"] for each in found] == [["unreviewed"], []]


@pytest.mark.parametrize(
    ("table", "declared", "reason"),
    [
        (staggered(2, effect=0, trend=0.15)[0], STAGGERED, "refuted"),
        (policy(3, effect=0), SHARP, "inconclusive"),
        (policy(3, effect=-1.0), SHARP, "possible-harm"),
        (policy(3, effect=0.3, units=400), SHARP.replace("least = 0.2", "least = 0.6"), "too-small"),
        (policy(3, share=1.0, common=0.2), SHARP, "nobody-left"),
        (policy(3), SHARP.replace('direction = "up"', ""), "undeclared"),
    ],
)
def test_what_is_not_there_does_harm_or_has_nobody_left_is_withheld(table: Any, declared: str, reason: str) -> None:
    (found,) = reasons(proposed(of("rule", table, declared)))
    assert found.split()[0] == reason


def test_the_others_share_is_in_what_is_expected_where_single_people_were_drawn() -> None:
    made = only(proposed(of("course", by_lot(5, others=0.5), BY_LOT)))
    expected = made["expected"]
    assert expected["own"] + expected["spillover"] == pytest.approx(expected["total"], abs=1e-5)
    assert expected["from"] < 1.5 < expected["to"]
    whole = only(proposed(of("course", by_lot(5, others=0.5, by_team=True), BY_LOT)))["expected"]
    assert (whole["own"], whole["spillover"]) == (None, None)
    assert whole["total"] == pytest.approx(1.5, abs=0.5)


def test_what_colleagues_lose_is_never_promised_as_a_gain() -> None:
    assert reasons(proposed(of("course", by_lot(5, own=0.5, others=-2.0), BY_LOT))) == ["possible-harm"]


@pytest.mark.parametrize(
    ("declared", "guard", "reason"),
    [
        ('direction = "down"\nguardrail = true\nleast = 0.05', 0.3, "guardrail"),
        ("guardrail = true", 0.3, "guardrail-undeclared"),
        ('direction = "down"\nguardrail = true\nleast = 0.3', 0.0, None),
        ("", 0.0, None),
    ],
)
def test_no_other_outcome_may_be_harmed_or_open(declared: str, guard: float, reason: str | None) -> None:
    study = of("course", by_lot(2, guard=guard), BY_LOT + f'[outcome.late]\ncolumn = "late"\n{declared}\n')
    found = proposed(study)
    assert [each["reason"] for each in found.withheld] == ([] if reason is None else [reason])
    assert len(found.made) == (reason is None)


def test_where_hours_are_limited_they_have_to_be_declared() -> None:
    undeclared = of("course", by_lot(1), BY_LOT.replace("cost_h = 0.5\n", ""))
    assert only(proposed(undeclared))["cost_h"] is None
    assert reasons(proposed(undeclared, hours_limited=True)) == ["cost-undeclared"]


def test_a_study_that_cannot_be_run_keeps_none_of_the_others_from_it() -> None:
    broken = of("broken", by_lot(1).drop(columns="team"), BY_LOT)
    both = [broken, {"name": "lost", "problem": "no table"}]
    found: Any = run_studies({"studies": both}, min_group=10, reference=False)["studies"]
    assert [each["problem"].split(";")[0] for each in found] == [
        "the data have no column 'team', which is cluster", "no table",
    ]  # fmt: skip
    assert only(proposed(broken, of("course", by_lot(1), BY_LOT)))["study"] == "course"


def test_they_stand_beside_those_of_the_panel_in_order_of_what_matters() -> None:
    studies = run_studies({"studies": [of("course", by_lot(1), BY_LOT)]}, min_group=10, reference=False)
    document = run(studies=studies)
    kinds = {each["target"]: (each["proposes"], each["grade"]) for each in document["proposals"]}
    assert kinds == {"engineer": ("pilot", "C"), "course/course/all": ("action", "A")}
    assert [each["rank"] for each in document["proposals"]] == [1, 2]


def weekly(effect: float, treated: Any = ()) -> pd.DataFrame:
    """A rule in 20 of 40 teams from week 12 of 36 on; `treated`: teams that have it from week 24 on."""
    rng = np.random.default_rng(7)
    team, week = np.repeat(np.arange(40), 4), np.arange(36)
    names = np.array([f"t{each}" for each in team])
    on = (team < 20)[:, None] & (week >= 12)[None] | np.isin(names, treated)[:, None] & (week >= 24)[None]
    y = 20 + rng.normal(size=(160, 1)) + effect * on + rng.normal(size=(160, 36))
    rows, columns = (each.ravel() for each in np.meshgrid(np.arange(160), week, indexing="ij"))
    return pd.DataFrame(
        {
            "id": [f"p{each}" for each in rows], "team": names[rows], "week": week_names(36)[columns],
            "d": on.ravel().astype(float), "y": y.ravel(),
        }
    )  # fmt: skip


def test_what_was_started_is_measured_in_the_studys_own_table_and_decides_what_follows() -> None:
    declared = SHARP.replace('time = "t"', 'time = "week"\ncluster = "team"').replace("from = 18", 'from = "2026-W14"')
    seen = weekly(1.0)[lambda table: table["week"] < week_names(36)[25]]
    made = only(proposed(of("rule", seen, declared)))
    treated, held_out = draw_lots(made["teams"], held_out=made["pilot"]["held_out"], seed="1")
    started: Any = {
        **{name: made[name] for name in ("id", "type", "proposes", "target", "outcome", "unit", "expected", "study")},
        **{name: made[name] for name in ("people", "cost_h", "teams", "target_ids")},
        "delta": 1.0, "treated_teams": list(treated), "held_out_teams": list(held_out),
        "began": week_names(36)[23], "ended": week_names(36)[34], "ended_by": "finish",
    }  # fmt: skip
    later = of("rule", weekly(1.0, treated), declared)
    panel = {"id": np.array([]), "week_index": np.array([])}
    found = evaluate_all([started], World(panel=panel, declared=shipped_study(), studies=[later]))
    result: Any
    (result,) = found["results"]
    assert result["verdict"] == "effective"
    assert result["measured"]["from"] < 1.0 < result["measured"]["to"]
    assert reasons(proposed(of("rule", seen, declared), results=found)) == ["done"]
    gone = evaluate_all([started], World(panel=panel, declared=shipped_study()))["results"][0]
    assert (gone["verdict"], gone["measured"]["effect"]) == ("inconclusive", None)


def test_what_a_study_proposes_is_simulated_by_what_it_expects_and_says_what_it_does_not_know() -> None:
    made = only(proposed(of("training", by_lot(3), BY_LOT)))
    found = simulate_study(made)
    ((outcome,), expected) = (found["outcomes"], made["expected"])
    (group,) = outcome["groups"]
    assert (group["people"], group["mean"], group["verdict"]) == (made["people"], expected["total"], "gains")
    assert (group["from"], group["to"]) == (expected["from"], expected["to"])
    assert found["winners"] == [{"group": group["group"], "outcome": "y", "people": made["people"]}]
    assert (found["people"]["colleagues"], found["network"], found["treatment"]["before"]) == (None, {}, None)
    assert [(each["group"], each["outcome"]) for each in found["unknown"]] == [
        ("colleagues", "y"), ("everybody", "network"),
    ]  # fmt: skip
    text = simulation_text({**found, "state": "proposed", "evidence": "current"})
    assert "? colleagues" in text and "not known: network of everybody" in text
    assert "a week" not in text, "how much of the treatment there is stands nowhere"


@pytest.mark.parametrize(("guard", "verdict"), [(-0.05, "open"), (0.4, "gains")])
def test_each_outcome_of_the_study_has_a_verdict_of_its_own(guard: float, verdict: str) -> None:
    expected = {"outcome": "z", "unit": "h", "better": 1, "mean": guard, "lo": guard - 0.1, "hi": guard + 0.1}
    made = only(proposed(of("training", by_lot(3), BY_LOT))) | {"guardrails": [expected]}
    (group,) = simulate_study(made)["outcomes"][1]["groups"]
    assert group["verdict"] == verdict
