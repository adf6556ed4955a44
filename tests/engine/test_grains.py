"""Hours, days and weeks over one dimension: nothing is made from a part of what it stands for."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.automation.conditions import on_missing, when_stale
from causal_organism.assets.definitions import asset
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily, Hourly, Weekly
from causal_organism.engine.automation.evaluation import evaluate, explain
from causal_organism.engine.history.listing import show_document, versions_document
from causal_organism.engine.history.why import why_document
from causal_organism.engine.plan import make_plan, plan_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import SelectionError
from tests.engine.organisms import memory_organism
from tests.engine.partitioned import made, row, value

pytestmark = pytest.mark.large

DAY = "2026-01-02"


class Hours:
    """Hours from the 2nd on, at noon of the 5th; days of any zone, and weeks, that read each other."""

    def __init__(self) -> None:
        self.fails: set[str] = set()
        self.calls: list[str] = []

    def assets(self, *, zone: str = "UTC", partial: bool = False, **options: Any) -> tuple[Any, ...]:
        def called(context: Any) -> None:
            self.calls.append(context.partition["t"])
            if self.calls[-1] in self.fails:
                raise ValueError("no way")

        @asset(key="hour", partitions={"t": Hourly("2026-01-02T00")}, code_version="1")
        def hour(context: Any) -> int:
            called(context)
            return 1

        @asset(
            key="day",
            partitions={"t": Daily("2026-01-01", timezone=zone)},
            reads={"hours": Upstream("hour", partial=partial)},
            code_version="1",
            **options,
        )
        def day(hours: Any, context: Any) -> int:
            called(context)
            return sum(hours.values()) if hours else 0

        @asset(
            key="week",
            partitions={"t": Weekly("2025-W52", timezone=zone)},
            reads={"days": Upstream("day", partial=partial)},
            code_version="1",
        )
        def week(days: Any, context: Any) -> list[Any]:
            return [len(days), sum(days.values())] if days else []

        return hour, day, week


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def organism(hours: Hours) -> Any:
    return memory_organism(hours.assets())


def refused(organism: Any, selection: str, partition: str | None = None) -> dict[str, str]:
    """What a refresh did not make, and why not."""
    document = refresh_local(organism, Request(selection, partition=partition), Origin("ana"))
    assert document["outcome"] == "failed"
    return {
        f"{each['key']} {each['partition']['t']}": f"{each['outcome']}: {each['error']}"
        for each in document["steps"]
        if each["outcome"] != "made"
    }


def test_a_refresh_of_everything_makes_what_is_complete_and_then_finds_nothing_to_do(organism: Any) -> None:
    assert {outcome for _, outcome in made(organism)} == {"made"}
    assert [value(organism, f"day[t=2026-01-0{day}]") for day in (2, 3, 4)] == [24, 24, 24]
    assert row(organism, "hour")["partitions"]["fresh"] == 3 * 24 + 12
    assert row(organism, "week")["partitions"] == {"fresh": 0, "stale": 0, "missing": 0}  # the first is not complete
    assert made(organism) == []
    organism.clock.move(days=7)
    made(organism)
    assert value(organism, "week[t=2026-W02]") == [7, 168]
    assert row(organism, "week")["partitions"] == {"fresh": 1, "stale": 0, "missing": 0}


def test_a_day_is_chosen_with_its_hours_and_without_its_week(organism: Any) -> None:
    organism.clock.move(days=14)
    done = made(organism, "*", "t=2026-01-07")
    assert done == [*((f"hour[t=2026-01-07T{each:02}]", "made") for each in range(24)), ("day[t=2026-01-07]", "made")]
    assert value(organism, "day[t=2026-01-07]") == 24
    assert {name.partition("[")[0] for name, _ in made(organism, "*", "t=2026-W02")} == {"hour", "day", "week"}
    assert value(organism, "week[t=2026-W02]") == [7, 168]


def test_a_choice_of_nothing_says_what_there_is(organism: Any) -> None:
    with pytest.raises(SelectionError, match="'week' has no partition in t=2026-W01") as caught:
        made(organism, "week", "t=2026-W01")
    assert caught.value.hint is not None
    assert "week has no t yet" in caught.value.hint
    with pytest.raises(SelectionError) as caught:
        made(organism, "day", "t=2026-01-05")
    assert caught.value.hint is not None
    assert "day has t from 2026-01-02 to 2026-01-04" in caught.value.hint
    assert made(organism, "week", "t=2026-W01", allow_empty=True) == []


def test_a_day_without_some_of_its_hours_is_blocked_by_each(organism: Any) -> None:
    assert refused(organism, "day", f"t={DAY}") == {
        f"day {DAY}": "blocked: hour[t=2026-01-02T00] was never made; hour[t=2026-01-02T01], hour[t=2026-01-02T02], "
        "hour[t=2026-01-02T03] and 20 more are missing too; select +day to make all"
    }
    made(organism, "hour", f"t={DAY}T00..{DAY}T04")
    made(organism, "hour", f"t={DAY}T06..{DAY}")
    planned = plan_document(make_plan(organism, Request("day", partition=f"t={DAY}"), Origin("ana", "plan")))["steps"]
    assert [each["blocked_by"] for each in planned] == [[f"hour[t={DAY}T05]"]]
    assert refused(organism, "day", f"t={DAY}") == {
        f"day {DAY}": "blocked: hour[t=2026-01-02T05] was never made; select +day to make both"
    }
    assert show_document(organism, "day", f"t={DAY}")["blocked_by"] == [f"hour[t={DAY}T05]"]
    assert [each["key"] for each in why_document(organism, "day")["blockers"]] == ["hour"]
    assert made(organism, "*", f"t={DAY}") == [(f"hour[t={DAY}T05]", "made"), (f"day[t={DAY}]", "made")]
    assert value(organism, f"day[t={DAY}]") == 24


def test_an_hour_that_fails_blocks_its_day_alone_and_a_backfill_goes_on_where_it_stopped(
    organism: Any, hours: Hours
) -> None:
    hours.fails = {f"{DAY}T05"}
    assert refused(organism, "*", f"t={DAY}..2026-01-03") == {
        f"hour {DAY}T05": "failed: ValueError: no way",
        f"day {DAY}": f"blocked: hour[t={DAY}T05] failed",
    }
    assert value(organism, "day[t=2026-01-03]") == 24
    hours.fails, hours.calls = set(), []
    assert {outcome for _, outcome in made(organism, "*", f"t={DAY}..2026-01-03")} == {"made"}
    assert hours.calls == [f"{DAY}T05", DAY]


def test_a_day_is_not_made_again_from_hours_of_which_one_failed(organism: Any, hours: Hours) -> None:
    made(organism, "*", f"t={DAY}")
    hours.fails = {f"{DAY}T05"}
    document = refresh_local(organism, Request("*", partition=f"t={DAY}", force=True), Origin("ana"))
    assert document["steps"][-1]["outcome"] == "blocked"
    assert value(organism, f"day[t={DAY}]") == 24


def incomplete(organism: Any, key: str, partition: str) -> Any:
    return versions_document(organism, key, partition)["versions"][0]["metadata"].get("incomplete")


def test_what_may_be_partial_is_made_and_says_what_is_missing(hours: Hours) -> None:
    organism = memory_organism(hours.assets(partial=True))
    made(organism, "hour", f"t={DAY}T00..{DAY}T21")
    assert made(organism, "day", f"t={DAY}") == [(f"day[t={DAY}]", "made")]
    assert value(organism, f"day[t={DAY}]") == 22
    assert incomplete(organism, "day", f"t={DAY}") == {"hour": [{"t": f"{DAY}T22"}, {"t": f"{DAY}T23"}]}
    made(organism)
    assert value(organism, f"day[t={DAY}]") == 24
    assert incomplete(organism, "day", f"t={DAY}") is None
    assert value(organism, "day[t=2026-01-01]") == 0  # before the first hour
    assert len(incomplete(organism, "day", "t=2026-01-01")["hour"]) == 24
    assert value(organism, "week[t=2026-W01]") == [4, 72]
    assert incomplete(organism, "week", "t=2026-W01") == {"day": [{"t": f"2025-12-{day}"} for day in (29, 30, 31)]}
    assert made(organism) == []


def test_what_may_be_partial_is_made_without_an_hour_that_failed_and_not_from_its_old_value(hours: Hours) -> None:
    organism = memory_organism(hours.assets(partial=True))
    hours.fails = {f"{DAY}T05"}
    assert refused(organism, "*", f"t={DAY}") == {f"hour {DAY}T05": "failed: ValueError: no way"}
    assert value(organism, f"day[t={DAY}]") == 23
    assert incomplete(organism, "day", f"t={DAY}") == {"hour": [{"t": f"{DAY}T05"}]}
    hours.fails = set()
    made(organism, "*", f"t={DAY}")
    hours.fails = {f"{DAY}T07"}
    document = refresh_local(organism, Request("*", partition=f"t={DAY}", force=True), Origin("ana"))
    assert (document["steps"][-1]["outcome"], document["steps"][-1]["error"]) == ("blocked", f"hour[t={DAY}T07] failed")


def test_what_may_be_partial_is_blocked_where_there_is_nothing(hours: Hours) -> None:
    organism = memory_organism(hours.assets(partial=True))
    assert list(refused(organism, "day", f"t={DAY}")) == [f"day {DAY}"]


@pytest.mark.parametrize(
    ("day", "hours_of_it", "before"),
    [
        ("2026-03-29", 23, ["2026-03-28T23"]),
        ("2026-03-30", 24, ["2026-03-29T22", "2026-03-29T23"]),
        ("2026-10-25", 25, ["2026-10-24T22", "2026-10-24T23"]),
    ],
)
def test_a_day_of_a_zone_with_changing_clocks_has_its_own_number_of_hours(
    hours: Hours, day: str, hours_of_it: int, before: list[str]
) -> None:
    organism = memory_organism(hours.assets(zone="Europe/Berlin"))
    organism.clock.move(days=330)
    made(organism, "hour", f"t={day}")  # of UTC
    assert show_document(organism, "day", f"t={day}")["blocked_by"] == [f"hour[t={each}]" for each in before]
    assert made(organism, "day", f"t={day}") == [(f"day[t={day}]", "blocked")]
    made(organism, "hour", f"t={before[0]}..{before[-1]}")
    made(organism, "day", f"t={day}")
    assert value(organism, f"day[t={day}]") == hours_of_it


def test_a_week_needs_every_day_of_every_site() -> None:
    @asset(key="day", partitions={"site": Static("n", "s"), "t": Daily("2025-12-22")}, code_version="1")
    def day() -> int:
        return 1

    @asset(key="week", partitions={"t": Weekly("2025-W52")}, reads={"days": "day"}, code_version="1")
    def week(days: Any) -> int:
        return sum(days.values())

    @asset(
        key="south", partitions={"t": Weekly("2025-W52")}, reads={"days": Upstream("day", site="s")}, code_version="1"
    )
    def south(days: Any) -> int:
        return sum(days.values())

    organism = memory_organism((day, week, south))
    made(organism, "day", "t=2025-W52,site=s")
    made(organism, "day", "t=2025-12-22..2025-12-27,site=n")
    assert made(organism, "week or south", "t=2025-W52") == [
        ("south[t=2025-W52]", "made"), ("week[t=2025-W52]", "blocked"),
    ]  # fmt: skip
    assert dict(made(organism))["week[t=2025-W52]"] == "made"
    assert (value(organism, "week[t=2025-W52]"), value(organism, "south[t=2025-W52]")) == (14, 7)


def test_automation_waits_for_all_hours_and_says_so(hours: Hours) -> None:
    organism = memory_organism(hours.assets(automation=when_stale() | on_missing()))
    made(organism, "hour", f"t={DAY}T01..")
    assert evaluate(organism, Origin("ana")).to_make == ("day",)  # two days have all of theirs
    made(organism, "day", "t=2026-01-03..2026-01-04")
    explained = explain(organism, "day")
    assert (explained["chosen"], explained["held"]) == (False, True)
    assert "hour" in explained["because"]
    made(organism, "hour", f"t={DAY}")
    assert evaluate(organism, Origin("ana")).to_make == ("day",)
