"""Weeks that read their days, and days that read their week."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.definitions import asset, source
from causal_organism.assets.partitions.windows import Daily, Weekly
from causal_organism.engine.history.listing import assets_document
from causal_organism.engine.plan import make_plan, plan_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from tests.engine.organisms import memory_organism
from tests.engine.partitioned import DAYS, made, row, value


def weeks(amounts: dict[str, int], fails: set[str]) -> tuple[Any, ...]:
    """A day's amount, the sum of its week, and each day's share of that sum."""

    @source(key="amounts")
    def outside() -> Any:
        return amounts

    @asset(key="amount", partitions={"day": Daily("2025-12-22")}, reads={"found": "amounts"}, code_version="1")
    def amount(found: Any, context: Any) -> Any:
        if context.partition["day"] in fails:
            raise ValueError("no way")
        return found.get(context.partition["day"], 1)

    @asset(key="week", partitions={"day": Weekly("2025-W51")}, reads={"days": "amount"}, code_version="1")
    def week(days: Any) -> Any:
        return {"first": min(days), "days": len(days), "sum": sum(days.values())}

    @asset(
        key="share", partitions={"day": Daily("2025-12-22")}, reads={"own": "amount", "all": "week"}, code_version="1"
    )
    def share(own: Any, all: Any) -> Any:
        return None if all is None else [own, all["sum"]]

    return (outside, amount, week, share)


def test_a_week_reads_its_days_and_a_day_reads_its_week() -> None:
    organism = memory_organism(weeks({"2026-01-01": 3}, set()))
    made(organism)
    assert row(organism, "week")["partitions"]["fresh"] == 2  # without W51, which ends before the first day
    assert value(organism, "week[day=2026-W01]") == {"first": "2025-12-29", "days": 7, "sum": 9}
    assert value(organism, "share[day=2026-01-01]") == [3, 9]
    assert made(organism) == []


def test_a_changed_day_is_a_cause_for_its_week_only_and_for_the_days_of_that_week() -> None:
    amounts = {"2026-01-01": 3}
    organism = memory_organism(weeks(amounts, set()))
    made(organism)
    amounts["2026-01-01"] = 4
    names = [name for name, outcome in made(organism) if outcome == "made"]
    days = [f"share[day={day}]" for day in ("2025-12-29", "2025-12-30", "2025-12-31", *DAYS)]
    assert names == ["amount[day=2026-01-01]", "week[day=2026-W01]", *days]
    amounts["2026-01-01"] = 5
    refresh_local(organism, Request("amount"), Origin("ana"))
    causes = {row["key"]: [each["kind"] for each in row["causes"]] for row in assets_document(organism)["assets"]}
    assert (causes["week"], causes["share"]) == (["input-changed"], ["input-changed"])
    assert row(organism, "week")["partitions"] == {"fresh": 1, "stale": 1, "missing": 0}
    planned = plan_document(make_plan(organism, Request("week+"), Origin("ana", "cli")))["steps"]
    certain = [each["partition"]["day"] for each in planned if each["certain"] and each["key"] == "week"]
    assert certain == ["2026-W01"]


def test_a_week_is_blocked_by_a_day_that_was_tried_and_never_made_and_by_no_day_of_another() -> None:
    organism = memory_organism(weeks({}, {"2025-12-30"}))
    done = dict(made(organism, "amount or week"))
    assert (done["week[day=2025-W52]"], done["week[day=2026-W01]"]) == ("made", "blocked")


def test_a_day_of_a_week_that_has_not_ended_is_made_again_when_it_has() -> None:
    organism = memory_organism(weeks({}, set()))
    organism.clock.move(days=1)
    made(organism)
    assert value(organism, "share[day=2026-01-05]") is None
    organism.clock.move(days=7)
    assert ("share[day=2026-01-05]", "made") in made(organism)
    assert value(organism, "share[day=2026-01-05]") == [1, 7]
