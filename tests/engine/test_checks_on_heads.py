"""Checks guard what exists: an added or changed check is run on heads, and what they say is known of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.checks import drift, input_fresh, row_count
from causal_organism.assets.definitions import asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.documents.versions import ChecksDocument
from causal_organism.engine.history.check_heads import check_heads, known_checks
from causal_organism.engine.history.listing import assets_document, versions_document
from causal_organism.engine.history.restore import restore
from causal_organism.engine.observe import observe
from causal_organism.engine.plan import make_plan, plan_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.values.store import Values
from tests.engine.organisms import memory_organism, refreshed, with_graph

ANA = Origin("ana")


class World:
    """`value` makes what is outside, `behind` reads it; the check of `value` allows numbers below a limit."""

    def __init__(self) -> None:
        self.number = 9
        self.made: list[str] = []

    def assets(self, limit: int | None = 10, *, blocking: bool = True) -> list[Any]:
        @source
        def raw() -> Any:
            return self.number

        @asset(code_version="1")
        def value(raw: Any) -> Any:
            self.made.append("value")
            return raw

        if limit is not None:

            @value.check(name="bounded", blocking=blocking)
            def _(value: Any) -> Any:
                return value < limit, f"{value}, below {limit}"

        @asset(code_version="1", reads={"number": "value"})
        def behind(number: Any) -> Any:
            self.made.append("behind")
            return number

        return [raw, value, behind]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["memory", "postgres"])
def organism(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> Any:
    organism = memory_organism(world.assets())
    if request.param == "postgres":
        database = Database(request.getfixturevalue("fresh_dsn"))
        organism.ledger, organism.values = PostgresLedger(database), Values(database, tmp_path / "values")
    refreshed(organism)
    world.made.clear()
    return organism


def row(organism: Any, key: str = "value") -> Any:
    return next(each for each in assets_document(organism)["assets"] if each["key"] == key)


def kinds(organism: Any, key: str = "value") -> list[str]:
    return [cause["kind"] for cause in row(organism, key)["causes"]]


def selected(organism: Any, selection: str) -> list[str]:
    return [each["key"] for each in assets_document(organism, selection, allow_empty=True)["assets"]]


@pytest.mark.parametrize("before", [None, 11])
def test_a_check_that_is_new_or_changed_is_run_on_the_head_and_nothing_is_made(before: int | None) -> None:
    world = World()
    organism = memory_organism(world.assets(before))
    refreshed(organism)
    world.made.clear()
    organism = with_graph(organism, world.assets(10))
    assert row(organism)["causes"] == [
        {"kind": "check-changed", "input": None, "was": None, "now": None, "checks": ["bounded"]}
    ]
    document = refresh_local(organism, Request("*"), ANA)
    (step,) = document["steps"]
    assert (step["key"], step["outcome"], step["version"], step["checks_only"]) == ("value", "unchanged", 1, True)
    assert (document["outcome"], world.made) == ("done", [])
    assert (row(organism)["status"], row(organism)["checks"][0]["detail"]) == ("fresh", "9, below 10")
    assert refreshed(organism) == []


def test_a_head_that_a_changed_check_rejects_is_marked_and_blocks_what_is_behind(organism: Any, world: World) -> None:
    organism = with_graph(organism, world.assets(5))
    assert (kinds(organism), selected(organism, "status:failed")) == (["check-changed"], [])
    document = refresh_local(organism, Request("value"), ANA)
    (step,) = document["steps"]
    assert (document["outcome"], step["outcome"], step["version"]) == ("failed", "rejected", 1)
    assert step["failed_checks"] == [{"name": "bounded", "detail": "9, below 5"}]
    found = row(organism)
    assert (found["status"], found["health"], found["version"]) == ("stale", "bad", 1)
    assert found["health_reasons"] == ["check bounded: 9, below 5"]
    assert found["attempt"]["outcome"] == "rejected"
    assert found["causes"][0]["checks"] == ["bounded"]
    assert selected(organism, "status:failed") == ["value"]
    assert versions_document(organism, "value")["versions"][0]["checks"][0]["passed"] is False
    forced = refresh_local(organism, Request("behind", force=True), ANA)["steps"]
    assert [(each["outcome"], each["error"]) for each in forced] == [
        ("blocked", "value did not pass its checks: bounded: 9, below 5")
    ]
    assert world.made == []


def test_what_was_rejected_is_well_again_once_its_check_passes_or_is_gone(organism: Any, world: World) -> None:
    refreshed(with_graph(organism, world.assets(5)), "value")
    gone = with_graph(organism, world.assets(None))
    assert (row(gone)["status"], row(gone)["health"], row(gone)["attempt"]) == ("fresh", "ok", None)
    wider = with_graph(organism, world.assets(10))
    assert (kinds(wider), row(wider)["attempt"]) == (["check-changed"], None)
    assert refreshed(wider) == [("value", "unchanged")]
    assert (row(wider)["status"], row(wider)["health"], world.made) == ("fresh", "ok", [])
    assert refreshed(wider, "behind", force=True) == [("behind", "unchanged")]


def test_a_head_that_is_known_to_be_rejected_is_made_again_and_stays_rejected(organism: Any, world: World) -> None:
    organism = with_graph(organism, world.assets(5))
    assert refreshed(organism, "value") == [("value", "rejected")]
    assert world.made == []
    assert refreshed(organism) == [("value", "rejected"), ("behind", "blocked")]
    assert world.made == ["value"]
    assert selected(organism, "status:failed") == ["value"]
    world.number = 4
    assert refreshed(organism) == [("value", "made"), ("behind", "made")]
    assert selected(organism, "status:failed") == []


def test_a_check_that_only_warns_leaves_a_warning_on_the_head(organism: Any, world: World) -> None:
    organism = with_graph(organism, world.assets(5, blocking=False))
    assert refreshed(organism) == [("value", "unchanged")]
    found = row(organism)
    assert (found["status"], found["health"], found["attempt"]) == ("fresh", "warning", None)
    stricter = with_graph(organism, world.assets(5))
    assert (kinds(stricter), row(stricter)["health"]) == (["check-changed"], "ok")
    assert refreshed(stricter, "value") == [("value", "rejected")]


def test_checks_run_says_of_every_head_what_its_checks_say(organism: Any, world: World) -> None:
    organism = with_graph(organism, world.assets(5))
    document = check_heads(organism, "*", ANA)
    (checked,) = document["checked"]
    assert (document["outcome"], checked["key"], checked["version"]) == ("failed", "value", 1)
    assert (checked["outcome"], checked["checks"][0]["passed"]) == ("rejected", False)
    assert (row(organism)["health"], world.made) == ("bad", [])
    assert organism.ledger.audit_log()[0].action == "checks"
    assert check_heads(with_graph(organism, world.assets(10)), "value", ANA)["outcome"] == "done"
    assert row(with_graph(organism, world.assets(10)))["status"] == "fresh"
    nothing: ChecksDocument = {"schema": "organism.checks/1", "outcome": "nothing", "checked": []}
    assert check_heads(organism, "behind", ANA) == nothing


def test_what_checks_said_is_known_without_running_them(organism: Any, world: World) -> None:
    assert [each["outcome"] for each in known_checks(organism, "*")["checked"]] == ["passed"]
    stricter = with_graph(organism, world.assets(5))
    found = known_checks(stricter, "*")
    assert (found["outcome"], [each["outcome"] for each in found["checked"]]) == ("done", ["not-run"])
    check_heads(stricter, "*", ANA)
    found = known_checks(stricter, "*")
    assert (found["outcome"], [each["outcome"] for each in found["checked"]]) == ("failed", ["rejected"])
    assert found["checked"] == check_heads(stricter, "*", ANA)["checked"]
    assert known_checks(organism, "behind")["outcome"] == "nothing"


def test_what_is_made_anyway_is_made_once_and_the_old_head_is_checked_first(organism: Any, world: World) -> None:
    world.number = 3
    organism = with_graph(organism, world.assets(5))
    assert refreshed(organism) == [("value", "made"), ("behind", "made")]
    assert (world.made, row(organism)["status"]) == (["value", "behind"], "fresh")


def test_a_plan_says_that_checks_are_all_there_is_to_do(organism: Any, world: World) -> None:
    organism = with_graph(organism, world.assets(5))
    (step,) = plan_document(make_plan(organism, Request("*"), ANA))["steps"]
    assert (step["key"], step["checks_only"], step["causes"][0]["kind"]) == ("value", True, "check-changed")
    world.number = 3
    found = plan_document(make_plan(organism, Request("*"), ANA))["steps"]
    assert [(each["key"], each["checks_only"]) for each in found] == [("value", False), ("behind", False)]


def test_a_partition_that_a_changed_check_rejects_blocks_what_reads_it(world: World) -> None:
    sites = {"site": Static("n", "s")}

    def assets(limit: int) -> list[Any]:
        @asset(code_version="1", partitions=sites)
        def parts(context: Any) -> Any:
            return {"n": 1, "s": 9}[context.partition["site"]]

        @parts.check(name="bounded")
        def _(value: Any) -> Any:
            return value < limit

        @asset(code_version="1")
        def total(parts: Any) -> Any:
            return sum(parts.values())

        return [parts, total]

    refreshed(organism := memory_organism(assets(10)))
    organism = with_graph(organism, assets(5))
    assert refreshed(organism, "parts") == [("parts", "unchanged"), ("parts", "rejected")]
    assert row(organism, "parts")["partitions"] == {"fresh": 1, "stale": 1, "missing": 0}
    (step,) = refresh_local(organism, Request("total", force=True), ANA)["steps"]
    assert (step["outcome"], step["error"]) == ("blocked", "parts[site=s] did not pass its checks: bounded: not met")


def test_a_comparing_check_gets_the_version_before_and_of_a_restored_one_that_before_it_came_first(
    world: World,
) -> None:
    def assets(most: float | None) -> list[Any]:
        @source
        def raw() -> Any:
            return world.number

        checks = () if most is None else (drift("n", most=most),)

        @asset(code_version="1", checks=checks)
        def value(raw: Any) -> Any:
            import pandas as pd

            return pd.DataFrame({"n": [raw]}, index=["a"])

        return [raw, value]

    organism = memory_organism(assets(None))
    for world.number in (10, 11, 99):
        refreshed(organism)
    checked = with_graph(organism, assets(0.2))
    assert refreshed(checked) == [("value", "rejected")]
    assert "800.0%" in row(checked)["checks"][0]["detail"]
    restore(organism, "value@2", actor="ana")
    assert refreshed(checked, "value")[0][1] != "unchanged"  # the input is another: it is made again
    restore(organism, "value@2", actor="ana")
    assert check_heads(checked, "value", ANA)["checked"][0]["checks"][0]["detail"].startswith("mean 10 -> 11")


def test_whether_an_input_is_fresh_is_judged_when_a_make_is_forced_and_comes_out_the_same(world: World) -> None:
    def assets(code: str) -> list[Any]:
        @source
        def raw() -> Any:
            return 1

        @asset(code_version=code)
        def first(raw: Any) -> Any:
            return raw

        @asset(code_version="1", checks=(input_fresh("first"),))
        def second(first: Any) -> Any:
            return first

        return [raw, first, second]

    refreshed(organism := memory_organism(assets("1")))
    edited = with_graph(organism, assets("2"))
    (step,) = refresh_local(edited, Request("second", force=True), ANA)["steps"]
    assert (step["outcome"], step["error"]) == ("rejected", "input_fresh(first): first is out of date")
    assert refreshed(edited) == [("first", "unchanged"), ("second", "unchanged")]
    assert row(edited, "second")["status"] == "fresh"


def test_checks_of_a_source_are_run_at_each_look_and_shown(world: World) -> None:
    allowed = [2]

    def assets() -> list[Any]:
        @source(checks=(row_count(low=2),))
        def raw() -> Any:
            return [{"id": "a"}] * world.number

        @raw.check(name="allowed", blocking=False)
        def _(value: Any) -> Any:
            return len(value) <= allowed[0]

        @asset(code_version="1")
        def value(raw: Any) -> Any:
            return len(raw)

        return [raw, value]

    world.number = 1
    organism = memory_organism(assets())
    document = refresh_local(organism, Request("*"), ANA)
    assert document["observed"][0]["failed_checks"] == [
        {"name": "row_count", "detail": "1 rows, at least 2", "blocking": True}
    ]
    assert [(each["key"], each["outcome"]) for each in document["steps"]] == [("value", "made")]
    found = row(organism, "raw")
    assert (found["status"], found["version"], found["health"]) == ("fresh", 1, "bad")
    assert selected(organism, "status:failed") == ["raw"]
    world.number = 2
    refreshed(organism)
    assert (row(organism, "raw")["health"], selected(organism, "status:failed")) == ("ok", [])
    allowed[0] = 1  # nothing new is seen, and what is seen is checked all the same
    (seen,) = observe(load_snapshot(organism), ["raw"], ANA)
    assert (seen.changed, [each.name for each in seen.failed_checks]) == (False, ["allowed"])
    assert row(organism, "raw")["health"] == "warning"
    assert row(organism, "raw")["version"] == 2


def test_a_failure_stops_counting_when_code_and_inputs_are_the_heads_again(world: World) -> None:
    broken = [False]

    def assets(code: str = "1") -> list[Any]:
        @source
        def raw() -> Any:
            return world.number

        @asset(code_version=code)
        def value(raw: Any) -> Any:
            if raw == 13 or code == "2" or broken[0]:
                raise ValueError("no way")
            return raw

        return [raw, value]

    refreshed(organism := memory_organism(assets()))
    world.number = 13
    assert refreshed(organism) == [("value", "failed")]
    assert selected(organism, "status:failed") == ["value"]
    world.number = 9
    assert refreshed(organism) == []
    found = row(organism)
    assert (found["status"], found["health"], found["attempt"]) == ("fresh", "ok", None)
    assert selected(organism, "status:failed") == []
    assert refreshed(with_graph(organism, assets("2"))) == [("value", "failed")]
    assert selected(organism, "status:failed") == []
    assert selected(with_graph(organism, assets("2")), "status:failed") == ["value"]
    broken[0] = True
    assert refreshed(organism, force=True) == [("value", "failed")]
    assert selected(organism, "status:failed") == ["value"]  # it failed with just that code and these inputs


def test_what_is_up_to_date_behind_something_stale_says_so(organism: Any, world: World) -> None:
    world.number = 8
    observe(load_snapshot(organism), ["raw"], ANA)
    assert (row(organism)["status"], row(organism)["behind"]) == ("stale", [])
    assert (row(organism, "behind")["status"], row(organism, "behind")["behind"]) == ("fresh", ["value"])
    document = refresh_local(organism, Request("behind"), ANA)
    assert (document["outcome"], document["behind"]) == ("nothing", [{"key": "behind", "stale": ["value"]}])
    assert refresh_local(organism, Request("*"), ANA)["behind"] == []
    assert row(organism, "behind")["behind"] == []


def test_it_is_known_when_sources_were_last_looked_at(organism: Any) -> None:
    organism.clock.move(minutes=5)
    observe(load_snapshot(organism), ["raw"], ANA)
    assert row(organism, "raw")["looked_at"] == organism.now().isoformat()
    assert row(organism)["looked_at"] is None
