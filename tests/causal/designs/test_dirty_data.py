"""Dirty tables: right within 0.1, or refused with the reason that names what is wrong; every row accounted for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.causal.designs.conftest import Run
from tests.causal.designs.worlds import CROSS_SECTION, WITHIN_TEAMS, across, working_weeks

pytestmark = pytest.mark.large

TRUTH = 0.8  # of two hours less


def world() -> pd.DataFrame:
    return working_weeks(11)


def only(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = document["estimates"]
    return dict(found)


def excluded(document: dict[str, Any]) -> dict[str, int]:
    return {each["reason"]: each["rows"] for each in document["excluded"]}


def clean(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({"meet": object, "focus": object, "load": object})


def with_entries(column: str, value: object, rows: list[int]) -> pd.DataFrame:
    table = clean(world())
    table.loc[rows, column] = value
    return table


@pytest.mark.parametrize(
    ("table", "left_out"),
    [
        (with_entries("focus", "", list(range(0, 600, 7))), {"no-outcomes": 86}),
        (with_entries("focus", "n/a", [3, 4]), {"no-outcomes": 2}),
        (with_entries("focus", "inf", [3, 40]), {"not-a-number": 2}),
        (with_entries("focus", "seven", [3, 40, 41]), {"not-a-number": 3}),
        (with_entries("meet", "#REF!", [5]), {"not-a-number": 1}),
        (with_entries("meet", "", [5, 6]), {"not-covered": 2}),
        (with_entries("load", "", [5, 6, 7]), {"variable-missing": 3}),
        (with_entries("focus", 99999, [10, 300]), {"implausible": 2}),
        (with_entries("meet", -9999, [10, 300, 301]), {"implausible": 3}),
        (with_entries("id", "", [9]), {"no-data": 1}),
        (with_entries("week", "", [9]), {"no-data": 1}),
        (with_entries("week", "soon", [9, 10]), {"not-a-number": 2}),
        (pd.concat([clean(world()), clean(world()).iloc[:50]]), {"duplicate-outcomes": 50}),
        (pd.concat([clean(world()), clean(world()).iloc[[0]].assign(focus=1.0)]), {"duplicate-outcomes": 2}),
        (pd.concat([clean(world()), clean(world()).iloc[[0]].assign(id="alone")]), {"few-weeks": 1}),
    ],
)
def test_what_cannot_be_used_is_left_out_and_counted(run: Run, table: pd.DataFrame, left_out: dict[str, int]) -> None:
    document = run(table, WITHIN_TEAMS)
    assert excluded(document) == left_out
    assert document["rows"] + sum(left_out.values()) == len(table)
    assert only(document)["effect"] == pytest.approx(TRUTH, abs=0.1)


def minutes_from_week_13() -> pd.DataFrame:
    table = world()
    late = table["week"] > "2026-W13"
    return table.assign(focus=table["focus"].where(~late, table["focus"] * 60))


def minutes_at_one_site() -> pd.DataFrame:
    table = world()
    moved = (table["week"] > "2026-W10") & table["team"].isin(["t1", "t2"])
    return table.assign(meet=table["meet"].where(~moved, table["meet"] * 60))


def never_together() -> pd.DataFrame:
    table = world()
    early = table["week"] < "2026-W13"
    return table.assign(focus=table["focus"].where(early), meet=table["meet"].where(~early))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (world().assign(meet=3.0), "constant-treatment"),
        (world().assign(meet=lambda t: t["id"].str[1:].astype(float)), "constant-treatment"),
        (world().assign(meet=lambda t: t["week"].str[-2:].astype(float) ** 2), "not-identified"),
        (world().assign(load=lambda t: 2 * t["meet"] + 1), "not-identified"),
        (world().assign(focus=np.nan), "no-outcomes"),
        (world().assign(focus="much"), "not-a-number"),
        (world().assign(meet=np.nan), "not-covered"),
        (never_together(), "no-common-weeks"),
        (minutes_from_week_13(), "unit-break"),
        (minutes_at_one_site(), "unit-break"),
        (world()[world()["id"] == "p1"], "small-group"),
        (world()[world()["team"].isin(["t1", "t2", "t3"])], "few-clusters"),
        (world()[world()["week"] < "2026-W09"], "few-weeks"),
        (world().iloc[:0], "no-data"),
        (world().assign(focus=7.0), "no-outcomes"),
        (world().assign(focus=lambda t: 3 - 2 * t["meet"]), "same-source"),
        (world().drop(columns="load"), "variable-missing"),
        (world().drop(columns="meet"), "variable-missing"),
        (world().drop(columns="focus"), "variable-missing"),
    ],
)
def test_what_cannot_be_concluded_is_refused_by_name(run: Run, table: pd.DataFrame, reason: str) -> None:
    document = run(table, WITHIN_TEAMS)
    found = only(document)
    assert (found["verdict"], found["effect"], found["grade"]) == ("refused", None, "D")
    assert reason in found["reasons"]
    assert document["rows"] + sum(excluded(document).values()) == len(table)


def test_a_constant_confounder_and_an_empty_cluster_of_columns_change_nothing(run: Run) -> None:
    held = WITHIN_TEAMS.replace('["load"]', '["load", "one"]')
    assert only(run(world().assign(one=1.0), held))["effect"] == only(run(world(), WITHIN_TEAMS))["effect"]


def test_semicolons_with_decimal_commas_are_read_as_meant(run: Run) -> None:
    text = world().to_csv(index=False, sep=";", decimal=",")
    assert only(run("\ufeff" + text, WITHIN_TEAMS))["effect"] == only(run(world(), WITHIN_TEAMS))["effect"]


def test_every_second_week_is_named_and_no_obstacle(run: Run) -> None:
    table = working_weeks(12, weeks=30)
    table = table[table["week"].str[-2:].astype(int) % 2 == 0]
    found = only(run(table, WITHIN_TEAMS))
    assert "gaps" in found["reasons"]
    assert found["ci_lo"] < TRUTH < found["ci_hi"]


def test_outcomes_that_are_missing_where_the_treatment_was_high_are_no_sample(run: Run) -> None:
    table = world()
    rng = np.random.default_rng(1)
    lost = (table["meet"] > table["meet"].quantile(0.7)) & (rng.random(len(table)) < 0.5)
    found = only(run(table.assign(focus=table["focus"].where(~lost)), WITHIN_TEAMS))
    assert "missing-not-at-random" in found["reasons"]
    assert found["verdict"] != "supported"


def test_a_person_twice_in_a_cross_section_is_counted(run: Run) -> None:
    table = across(3)
    document = run(pd.concat([table, table.iloc[:4]]), CROSS_SECTION.format(kind="cross-section"))
    assert excluded(document)["duplicate-people"] == 4


@pytest.mark.parametrize("parquet", [False, True])
def test_the_order_of_rows_changes_no_byte(run: Run, parquet: bool) -> None:
    for table, declared in ((world(), WITHIN_TEAMS), (across(3).drop(columns="id"), CROSS_SECTION)):
        declared = declared.format(kind="cross-section").replace('unit = "id"' if "z" in table else "§", "")
        shuffled = table.sample(frac=1, random_state=5)
        assert run(table, declared, parquet=parquet) == run(shuffled, declared, parquet=parquet)


def test_csv_and_parquet_say_the_same(run: Run) -> None:
    assert run(world(), WITHIN_TEAMS) == run(world(), WITHIN_TEAMS, parquet=True)


def test_a_square_is_written_behind_its_column(run: Run) -> None:
    table = across(3)
    declared = CROSS_SECTION.format(kind="cross-section")
    squared = declared.replace('["x", "z"]', '["x", "x^2", "z"]')
    by_hand = declared.replace('["x", "z"]', '["x", "xx", "z"]')
    one, two = only(run(table, squared)), only(run(table.assign(xx=table["x"] ** 2), by_hand))
    assert one["effect"] == pytest.approx(two["effect"], rel=1e-9)


def test_units_of_measurement_do_not_matter(run: Run) -> None:
    found = only(run(world(), WITHIN_TEAMS))
    moved = only(run(world().assign(load=lambda t: 1e9 * t["load"], focus=lambda t: 1e6 * t["focus"]), WITHIN_TEAMS))
    assert moved["effect"] == pytest.approx(1e6 * found["effect"], rel=1e-6)


def test_days_are_no_weeks_unless_they_are_seven_apart(run: Run) -> None:
    weekly, declared = world(), WITHIN_TEAMS
    number = weekly["week"].str[-2:].astype(int)
    monday = pd.Timestamp("2025-12-29") + pd.to_timedelta(7 * (number - 1), unit="D")
    daily = pd.Timestamp("2026-01-01") + pd.to_timedelta(number, unit="D")
    as_named, by_monday, by_day = (
        run(weekly.assign(week=week), declared) for week in (weekly["week"], monday.dt.date, daily.dt.date)
    )
    assert as_named == by_monday == by_day
    for week, verdict in ((monday, "refused"), (daily, "supported")):
        few = weekly.assign(week=week.dt.date)[number <= 10]
        assert only(run(few, declared))["verdict"] == verdict


def test_rows_without_their_like_are_left_out_of_negative_controls_too(run: Run) -> None:
    declared = CROSS_SECTION.format(kind="cross-section") + '[checks]\nnegative_treatments = ["other"]\n'
    declared += 'negative_outcomes = ["before"]\n'
    table = across(3)
    rng = np.random.default_rng(1)
    table = table.assign(other=rng.normal(size=len(table)), before=rng.normal(size=len(table)))
    table.loc[:9, "x"] = 9.0
    document = run(table, declared)
    assert excluded(document)["no-overlap"] > 0
    assert (only(document)["verdict"], only(document)["grade"]) == ("supported", "C")
