"""Automation judges each partition for itself."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.automation.conditions import (
    all_inputs,
    any_input,
    checks_passed,
    eager,
    latest_window,
    newly_updated,
    on_cron,
    on_missing,
    when_stale,
)
from causal_organism.assets.checks import row_count
from causal_organism.assets.definitions import asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.windows import Daily
from causal_organism.engine.automation.evaluation import explain
from tests.engine.automated import last, pulse
from tests.engine.organisms import START, memory_organism, refreshed

FIRST = "2026-01-02"  # it is 5 January, noon


class Days:
    """A source, an asset by days, and the days that were made."""

    def __init__(self) -> None:
        self.rows: Any = [1]
        self.fails = False

    def assets(self, automation: Any, *, code: str = "1", is_open: bool = False, **options: Any) -> tuple[Any, ...]:
        @source(key="rows")
        def rows() -> Any:
            return self.rows

        @asset(
            key="daily", code_version=code, partitions={"day": Daily(FIRST, open=is_open)}, automation=automation,
            **options,
        )  # fmt: skip
        def daily(rows: Any, context: Any) -> Any:
            if self.fails:
                raise ValueError("no way")
            return [context.partition["day"], rows]

        return rows, daily


def made(organism: Any) -> list[str]:
    """One pulse: the days whose make was tried."""
    return [each["partition"]["day"] for each in pulse(organism)["steps"]]


@pytest.fixture
def days() -> Days:
    return Days()


def test_eager_makes_the_latest_day_and_no_history(days: Days) -> None:
    organism = memory_organism(days.assets(eager()))
    assert made(organism) == ["2026-01-04"]
    days.rows = [2]
    assert made(organism) == ["2026-01-04"]
    organism.clock.move(days=1)
    assert made(organism) == ["2026-01-05"]
    assert made(organism) == []
    document = explain(organism, "daily")
    assert [each["partition"]["day"] for each in document["partitions"]] == ["2026-01-02", "2026-01-03"]
    assert document["because"].startswith("not now, because it is not the latest window")


def test_of_open_days_the_one_that_just_ended_is_among_the_latest(days: Days) -> None:
    organism = memory_organism(days.assets(eager(), is_open=True))
    assert made(organism) == ["2026-01-04", "2026-01-05"]
    days.rows = [2]
    organism.clock.move(days=1)
    assert made(organism) == ["2026-01-05", "2026-01-06"]


def test_history_is_made_by_those_that_say_so(days: Days) -> None:
    assert made(memory_organism(days.assets(on_missing()))) == ["2026-01-02", "2026-01-03", "2026-01-04"]
    assert made(memory_organism(days.assets(on_missing() & latest_window()))) == ["2026-01-04"]
    organism = memory_organism(days.assets(when_stale()))
    refreshed(organism, "daily", partition="day=2026-01-02")
    days.rows = [2]
    assert made(organism) == ["2026-01-02"]


def test_lists_of_names_have_no_history() -> None:
    @asset(code_version="1", partitions={"site": Static("north", "south")}, automation=eager())
    def site(context: Any) -> Any:
        return context.partition["site"]

    assert [each["outcome"] for each in pulse(memory_organism((site,)))["steps"]] == ["made", "made"]


def test_a_day_that_failed_holds_back_no_other(days: Days) -> None:
    organism = memory_organism(days.assets(eager()))
    days.fails = True
    made(organism)
    assert made(organism) == []
    days.fails = False
    organism.clock.move(days=1)
    assert made(organism) == ["2026-01-05"]


def test_a_day_that_is_being_made_holds_back_no_other(days: Days) -> None:
    organism = memory_organism(days.assets(on_missing()))
    with organism.ledger.hold("daily", "day=2026-01-03", "somebody", ttl_s=1e6):
        assert made(organism) == ["2026-01-02", "2026-01-04"]
    assert made(organism) == ["2026-01-03"]


def test_a_cron_moment_is_each_days_own(days: Days) -> None:
    organism = memory_organism(days.assets(on_cron("0 3 * * *")))
    assert made(organism) == []
    organism.clock.move(hours=16)
    days.fails = True
    assert len(made(organism)) == 4
    assert last(organism, "daily").waits
    days.fails, days.rows = False, [2]
    assert made(organism) == ["2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"]
    days.rows = [3]
    assert made(organism) == []
    organism.clock.time = START.replace(day=7, hour=1)  # a new day, whose moment is not there yet
    assert made(organism) == []
    organism.clock.move(hours=3)
    assert len(made(organism)) == 5


def test_a_day_behind_a_day_is_made_with_it_and_no_other() -> None:
    seen: dict[str, int] = {}

    @asset(code_version="1", partitions={"day": Daily(FIRST)}, automation=when_stale() | on_missing())
    def first(context: Any) -> Any:
        return [context.partition["day"], seen.get(context.partition["day"], 0)]

    @asset(code_version="1", partitions={"day": Daily(FIRST)}, automation=newly_updated() | on_missing())
    def second(first: Any) -> Any:
        return first

    organism = memory_organism((first, second))
    assert len(made(organism)) == 6
    assert made(organism) == []
    organism.clock.move(minutes=5)
    seen["2026-01-03"] = 1
    refreshed(organism, "first", partition="day=2026-01-03", force=True)
    organism.clock.move(minutes=5)
    assert made(organism) == ["2026-01-03"]


def test_conditions_on_inputs_and_their_checks(days: Days) -> None:
    rows, daily = days.assets(None, checks=(row_count(low=5, blocking=False),))

    def behind(key: str, automation: Any) -> Any:
        return asset(key=key, code_version="1", reads={"days": "daily"}, automation=automation)(lambda days: len(days))

    organism = memory_organism(
        (
            rows,
            daily,
            behind("checked", on_missing() & all_inputs(checks_passed("row_count"))),
            behind("unchecked", on_missing() & ~all_inputs(checks_passed())),
            behind("calm", on_missing() & ~any_input(when_stale() | on_missing())),
        )
    )
    refreshed(organism, "daily", partition="day=2026-01-02..2026-01-03")
    assert [each["key"] for each in pulse(organism)["steps"]] == ["unchecked"]
    assert last(organism, "checked").because == "not now, because of daily: its check row_count did not pass"
    assert last(organism, "calm").because.startswith("not now, because of daily: it was never made")
