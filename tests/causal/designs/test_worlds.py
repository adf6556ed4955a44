"""Worlds with a known truth: honest ones are found, hidden causes are not believed, nothing is made of nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from causal_organism.causal.data.tables import StudyTable
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.designs.documents import to_document
from causal_organism.causal.designs.running import run_study
from tests.causal.designs.worlds import (
    CROSS_SECTION,
    POLICY,
    STAGGERED,
    WITHIN_TEAMS,
    across,
    policy,
    staggered,
    working_weeks,
)

pytestmark = pytest.mark.large

ACROSS, BY_LOT = CROSS_SECTION.format(kind="cross-section"), CROSS_SECTION.format(kind="randomised")
BY_GROUP, BY_DUMMY = POLICY.format(column='column = "affected"'), POLICY.format(column='column = "d"')
FOR_ALL = POLICY.format(column="")


def study(table: pd.DataFrame, declared: str) -> Any:
    """Estimates of the engine itself, without the file."""
    columns = {
        name: table[name].to_numpy(np.float64 if table[name].dtype.kind in "iuf" else object) for name in table.columns
    }
    read = StudyTable(columns=columns, rows=len(table))
    return to_document(run_study(parse_study(declared), read, reference=False))["estimates"]


def one(table: pd.DataFrame, declared: str) -> Any:
    (found,) = study(table, declared)
    return found


def by_lot(seed: int, *, effect: float = 1.0) -> pd.DataFrame:
    table = across(seed, effect=effect)
    rng = np.random.default_rng(seed + 10_000)
    lot = (rng.random(len(table)) < 0.5).astype(float)
    return table.assign(y=table["y"] + effect * (lot - table["t"]), t=lot)


@pytest.mark.parametrize(
    ("table", "declared", "truth", "grade"),
    [
        (working_weeks(1), WITHIN_TEAMS, 0.8, "C"),
        (staggered(2)[0], STAGGERED, staggered(2)[1], "B"),
        (policy(3), BY_GROUP, 1.0, "B"),
        (policy(3), BY_DUMMY, 1.0, "B"),
        (policy(3, share=1.0, common=0.2), BY_DUMMY, 1.0, "B"),
        (policy(3, share=1.0, common=0.2), FOR_ALL, 1.0, "B"),
        (by_lot(4), BY_LOT, 1.0, "A"),
        (across(5, people=1500), ACROSS + '[checks]\nnegative_outcomes = ["before"]\n', 1.0, "C"),
    ],
)
def test_an_honest_world_is_found_out(table: pd.DataFrame, declared: str, truth: float, grade: str) -> None:
    found = one(table, declared)
    assert (found["verdict"], found["grade"], found["reasons"]) == ("supported", grade, [])
    assert found["ci_lo"] < truth < found["ci_hi"]


@pytest.mark.parametrize(
    ("table", "declared", "reason"),
    [
        (working_weeks(1, effect=0, hidden=1.0), WITHIN_TEAMS, "lead-placebo"),
        (working_weeks(1, effect=0, hidden=1.0, rho=0.8), WITHIN_TEAMS, "lead-placebo"),
        (working_weeks(1, effect=0, hidden=1.0, control=0.02), WITHIN_TEAMS, "lead-placebo"),
        (working_weeks(1, effect=0, hidden=1.0, seen=0.7), WITHIN_TEAMS, "lead-placebo"),
        (staggered(2, effect=0, trend=0.15)[0], STAGGERED, "pre-trend"),
        (policy(3, effect=0, trend=0.08), BY_GROUP, "pre-trend"),
        (across(5, people=1500, effect=0, hidden=1.0), ACROSS, "sensitive"),
    ],
)
def test_a_hidden_cause_is_not_taken_for_an_effect(table: pd.DataFrame, declared: str, reason: str) -> None:
    found = one(table, declared)
    assert (found["verdict"], found["grade"]) == ("weak" if reason == "sensitive" else "refuted", "D")
    assert reason in found["reasons"]


@pytest.mark.parametrize(("effect", "verdict"), [(0.0, "inconclusive"), (-0.4, "weak")])
def test_what_happens_to_a_whole_team_moves_no_effect_and_is_told(effect: float, verdict: str) -> None:
    found = one(working_weeks(1, effect=effect, shock=1.0), WITHIN_TEAMS)
    assert (found["verdict"], found["reasons"][-1]) == (verdict, "team-shock")
    assert found["checks"]["spillover_p"] < 0.01, "what others in the team do cannot be told from it"
    assert found["effect"] == pytest.approx(-2 * effect, abs=0.1)
    assert found["checks"]["effect_without_cluster_times"] < effect - 0.3


@pytest.mark.parametrize(
    ("make", "declared"),
    [
        (lambda seed: working_weeks(seed, effect=0, people=100), WITHIN_TEAMS),
        (lambda seed: staggered(seed, effect=0, units=80)[0], STAGGERED),
        (lambda seed: policy(seed, effect=0), BY_GROUP),
        (lambda seed: policy(seed, effect=0, share=1.0, common=0.3), FOR_ALL),
        (lambda seed: by_lot(seed, effect=0), BY_LOT),
        (lambda seed: across(seed, effect=0), ACROSS),
    ],
)
def test_nothing_is_made_of_nothing(make: Callable[[int], pd.DataFrame], declared: str) -> None:
    verdicts = Counter(one(make(seed), declared)["verdict"] for seed in range(12))
    assert verdicts["supported"] <= 1
    assert verdicts["inconclusive"] >= 9


def test_a_negative_control_that_moves_refutes_and_one_that_does_not_raises_the_grade() -> None:
    declared = ACROSS + '[checks]\nnegative_outcomes = ["before"]\n'
    table = across(5, people=1500, hidden=1.0)
    rng = np.random.default_rng(1)
    bad = table.assign(before=table["y"] - table["t"] + rng.normal(size=len(table)))
    found = one(bad, declared)
    assert (found["verdict"], found["grade"], found["reasons"][0]) == ("refuted", "D", "negative-control")
    good = across(5, people=1500)
    found = one(good.assign(before=good["x"] + rng.normal(size=len(good))), declared)
    assert (found["verdict"], found["grade"]) == ("supported", "C")


def test_a_negative_control_that_is_held_equal_itself_tests_nothing() -> None:
    found = one(across(5, people=1500), ACROSS + '[checks]\nnegative_outcomes = ["x"]\n')
    assert (found["verdict"], found["grade"], found["reasons"]) == ("weak", "D", ["sensitive"])


def test_a_cross_section_that_nothing_was_held_against_is_weak() -> None:
    found = one(across(5, people=1500), ACROSS)
    assert (found["verdict"], found["grade"], found["reasons"]) == ("weak", "D", ["sensitive"])
    assert found["ci_lo"] < 1 < found["ci_hi"]


@pytest.mark.parametrize("columns", [["meet"], ["meet", "focus"]])
def test_holidays_and_outages_that_stand_there_as_zeros_are_not_believed(columns: list[str]) -> None:
    table = working_weeks(1)
    unseen = np.random.default_rng(1).random(len(table)) < 0.2
    table.loc[unseen, columns] = 0.0
    found = one(table, WITHIN_TEAMS)
    assert found["excluded"] == [{"reason": "not-covered", "rows": int(unseen.sum())}]
    assert found["effect"] == pytest.approx(0.8, abs=0.1)


def test_a_treatment_that_comes_and_goes_keeps_its_zeros() -> None:
    table = working_weeks(1)
    on = np.random.default_rng(1).random(len(table)) < 0.4
    table["focus"] = table["focus"] + 0.4 * table["meet"] - 0.4 * np.where(on, table["meet"], 0)
    found = one(table.assign(meet=np.where(on, table["meet"], 0.0)), WITHIN_TEAMS)
    assert (found["excluded"], found["verdict"]) == ([], "supported")


def test_a_trial_whose_arms_differed_before_is_no_trial() -> None:
    found = one(across(5, people=1500), BY_LOT)
    assert (found["verdict"], found["grade"], found["reasons"][0]) == ("refuted", "D", "negative-control")


def test_a_noisy_measurement_leaves_the_size_open() -> None:
    declared = WITHIN_TEAMS.replace("contrast = -2", "contrast = -2\nreliability = 0.6")
    found = one(working_weeks(1), declared)
    assert (found["verdict"], found["reasons"]) == ("weak", ["measurement-error"])


def test_a_guardrail_that_may_get_worse_says_so_and_an_undeclared_outcome_too() -> None:
    declared = WITHIN_TEAMS.replace("contrast = -2", "contrast = 2").replace(
        'direction = "up"', 'direction = "up"\nguardrail = true\nleast = 0.1'
    )
    assert "possible-harm" in one(working_weeks(1), declared)["reasons"]
    assert one(working_weeks(1), WITHIN_TEAMS.replace('direction = "up"', ""))["reasons"] == ["guardrail-undeclared"]


def test_segments_treatments_and_outcomes_are_all_estimated_with_contrasts() -> None:
    table = working_weeks(1, people=200, weeks=16)
    rng = np.random.default_rng(2)
    table = table.assign(
        role=np.where(table["id"].str[-1].isin(list("02468")), "even", "odd"), mail=rng.normal(size=len(table))
    )
    table["calm"] = 3 - 0.5 * table["mail"] + rng.normal(size=len(table))
    declared = WITHIN_TEAMS.replace('cluster = "team"', 'cluster = "team"\nsegment = "role"')
    declared += '[treatment.mail]\ncolumn = "mail"\n[outcome.calm]\ncolumn = "calm"\ndirection = "up"\n'
    found = {(each["treatment"], each["outcome"], each["segment"]): each for each in study(table, declared)}
    assert set(found) == {
        (treatment, outcome, segment)
        for treatment in ("meetings", "mail")
        for outcome in ("focus", "calm")
        for segment in ("all", "even", "odd")
    }
    assert found["meetings", "focus", "odd"]["effect"] == pytest.approx(0.8, abs=0.15)
    assert found["mail", "calm", "all"]["effect"] == pytest.approx(-0.5, abs=0.05)
    assert found["mail", "focus", "all"]["verdict"] == "inconclusive"


@pytest.mark.parametrize(
    ("table", "column", "declared", "by"),
    [
        (working_weeks(1), "meet", WITHIN_TEAMS, -2.0),
        (working_weeks(1, teams=50), "meet", WITHIN_TEAMS, -2.0),
        (staggered(2)[0], "d", STAGGERED, 1.0),
        (policy(3), "d", BY_DUMMY, 1.0),
        (policy(3, share=1.0), "d", BY_DUMMY, 1.0),
        (by_lot(4), "t", BY_LOT, 1.0),
        (across(5), "t", ACROSS, 1.0),
    ],
)
def test_a_larger_effect_moves_the_interval_and_leaves_its_width(
    table: pd.DataFrame, column: str, declared: str, by: float
) -> None:
    outcome = "focus" if "focus" in table else "y"
    small = one(table, declared)
    large = one(table.assign(**{outcome: table[outcome] + 5 * table[column]}), declared)
    for name in ("effect", "ci_lo", "ci_hi"):
        assert large[name] - small[name] == pytest.approx(5 * by, rel=1e-6), name
    assert large["se"] == pytest.approx(small["se"], rel=1e-6)


def test_a_short_series_that_hangs_together_says_little() -> None:
    found = one(policy(3, share=1.0, common=1.0, units=20), FOR_ALL)
    assert (found["ci_hi"] - found["ci_lo"]) / 2 > 2.0 * found["se"]


def coverage(make: Callable[[int], tuple[pd.DataFrame, float]], declared: str, worlds: int) -> float:
    inside = 0
    for seed in range(worlds):
        table, truth = make(seed)
        found = one(table, declared)
        inside += found["ci_lo"] <= truth <= found["ci_hi"]
    return inside / worlds


LONG = [
    ("within, rho 0, 25 teams", lambda seed: (working_weeks(seed, rho=0.0), 0.8), WITHIN_TEAMS),
    ("within, rho 0.5, 25 teams", lambda seed: (working_weeks(seed, rho=0.5), 0.8), WITHIN_TEAMS),
    ("within, rho 0.8, 25 teams", lambda seed: (working_weeks(seed, rho=0.8), 0.8), WITHIN_TEAMS),
    ("within, rho 0.5, 50 teams", lambda seed: (working_weeks(seed, teams=50), 0.8), WITHIN_TEAMS),
    ("within, rho 0.5, 20 teams", lambda seed: (working_weeks(seed, teams=20), 0.8), WITHIN_TEAMS),
    ("staggered, heterogeneous", staggered, STAGGERED),
    ("policy with others to compare", lambda seed: (policy(seed), 1.0), BY_GROUP),
    ("policy for everybody", lambda seed: (policy(seed, share=1.0, common=0.3), 1.0), FOR_ALL),
    ("randomised", lambda seed: (by_lot(seed), 1.0), BY_LOT),
    ("cross-section", lambda seed: (across(seed), 1.0), ACROSS),
]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "make", "declared"), LONG, ids=[each[0] for each in LONG])
def test_intervals_hold_the_truth_as_often_as_they_say(
    name: str, make: Callable[[int], tuple[pd.DataFrame, float]], declared: str
) -> None:
    share = coverage(make, declared, 200)
    print(f"\n{name}: {share:.3f} of 200 intervals hold the truth")
    assert 0.91 <= share <= 1.0
