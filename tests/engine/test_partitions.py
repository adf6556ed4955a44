"""Partitions made, planned, listed and held, each for itself."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.checks import input_fresh
from causal_organism.assets.definitions import Output, asset, source
from causal_organism.assets.freshness.causes import cause_document
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.engine.history.listing import show_document, values_document
from causal_organism.engine.plan import make_plan, plan_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.errors import LeaseHeldError, RequestError, SelectionError
from tests.engine.organisms import memory_organism, with_graph
from tests.engine.partitioned import DAYS, World, made, row, value


@pytest.fixture
def world() -> World:
    return World()


def test_every_partition_is_made_once_and_an_earlier_one_before_the_next(organism: Any, world: World) -> None:
    assert [name for name, _ in made(organism, "daily/sum")] == [
        f"daily/sum[day={day},site={site}]" for day in DAYS for site in ("north", "south")
    ]
    assert value(organism, "daily/sum[day=2026-01-04,site=south]") == 40
    assert made(organism, "daily/sum") == []
    assert len(world.calls) == 8


def test_the_same_the_last_and_all_are_what_is_read(organism: Any) -> None:
    made(organism)
    assert value(organism, "daily/all[day=2026-01-02]") == {"north": 2, "south": 20}
    assert value(organism, "last") == 40
    assert value(organism, "total")[:2] == [["2026-01-01", "north", 1], ["2026-01-01", "south", 10]]


def test_a_new_day_makes_itself_and_what_reads_it(organism: Any) -> None:
    made(organism)
    organism.clock.move(days=1)
    assert made(organism) == [
        ("daily/sum[day=2026-01-05,site=north]", "made"),
        ("daily/sum[day=2026-01-05,site=south]", "made"),
        ("daily/all[day=2026-01-05]", "made"),
        ("last", "made"),
        ("total", "made"),
    ]


def test_a_change_stops_in_each_partition_where_its_value_stays(organism: Any, world: World) -> None:
    made(organism)
    world.amounts = {"north": 1, "south": 11}
    done = dict(made(organism))
    north = {name: outcome for name, outcome in done.items() if "north" in name}
    assert north == {f"daily/sum[day={day},site=north]": "unchanged" for day in DAYS}
    assert done["daily/all[day=2026-01-03]"] == done["total"] == done["last"] == "made"


def test_a_backfill_makes_a_range_and_goes_on_where_it_stopped(organism: Any, world: World) -> None:
    world.fails = {"2026-01-02"}
    document = refresh_local(
        organism, Request("daily/sum", partition="day=2026-01-01..2026-01-03,site=north"), Origin("ana")
    )
    assert document["outcome"] == "failed"
    assert [(each["partition"], each["outcome"]) for each in document["steps"]] == [
        ({"day": "2026-01-01", "site": "north"}, "made"),
        ({"day": "2026-01-02", "site": "north"}, "failed"),
        ({"day": "2026-01-03", "site": "north"}, "blocked"),
    ]
    assert document["steps"][2]["error"] == "daily/sum[day=2026-01-02,site=north] failed"
    world.fails, world.calls = set(), []
    assert [outcome for _, outcome in made(organism, "daily/sum", "day=2026-01-01..2026-01-03,site=north")] == [
        "made",
        "made",
    ]
    assert world.calls == ["2026-01-02 north", "2026-01-03 north"]


def test_a_partition_that_failed_keeps_its_head_and_blocks_who_reads_all(organism: Any, world: World) -> None:
    world.fails = {"2026-01-03"}
    done = dict(made(organism, "daily/sum or total", "site=north"))
    assert done["total"] == "blocked"
    document = refresh_local(organism, Request("total"), Origin("ana"))
    assert document["steps"][0]["error"] == (
        "daily/sum[day=2026-01-03,site=north] was never made, last attempt failed: ValueError: no way;"
        " select +total to make both"
    )


def test_a_partition_is_blocked_by_the_one_before_that_was_never_made(organism: Any) -> None:
    document = refresh_local(organism, Request("daily/sum", partition="day=2026-01-02,site=north"), Origin("ana"))
    assert (document["outcome"], document["steps"][0]["outcome"]) == ("failed", "blocked")
    assert "daily/sum[day=2026-01-01,site=north] was never made" in str(document["steps"][0]["error"])


def test_the_dimension_that_an_asset_does_not_have_leaves_it_whole(organism: Any) -> None:
    done = made(organism, "daily/sum or last", "day=2026-01-01,site=south")
    assert done == [("daily/sum[day=2026-01-01,site=south]", "made"), ("last", "made")]


def test_a_choice_without_a_partition_is_an_error_and_never_everything(organism: Any) -> None:
    with pytest.raises(SelectionError, match="no partition in"):
        made(organism, "daily/sum", "day=2027-01-01..")
    with pytest.raises(RequestError, match="no selected asset has a dimension 'day'"):
        made(organism, "greet", "day=2026-01-01")
    assert made(organism, "daily/sum", "day=2027-01-01..", allow_empty=True) == []


def test_a_plan_names_partitions_and_says_why(organism: Any) -> None:
    made(organism, "daily/sum")
    organism.clock.move(days=1)
    planned = plan_document(make_plan(organism, Request("daily/sum", partition="site=north"), Origin("ana", "plan")))
    (step,) = planned["steps"]
    assert (step["key"], step["partition"]) == ("daily/sum", {"day": "2026-01-05", "site": "north"})
    assert step["causes"] == [{"kind": "never-made", "input": None, "was": None, "now": None}]
    assert all(
        "partition" not in each
        for each in plan_document(make_plan(organism, Request("last"), Origin("a", "p")))["steps"]
    )


def test_an_asset_shows_its_worst_partition_and_how_many_of_each(organism: Any, world: World) -> None:
    made(organism, "daily/sum", "site=north")
    found = row(organism, "daily/sum")
    assert (found["status"], found["version"]) == ("missing", None)
    assert found["partitions"] == {"fresh": 4, "stale": 0, "missing": 4}
    assert [cause["kind"] for cause in found["causes"]] == ["never-made"]
    made(organism, "daily/sum")
    edited = with_graph(organism, world.assets(code="2"))
    found = row(edited, "daily/sum")
    assert (found["status"], found["partitions"]) == ("stale", {"fresh": 0, "stale": 8, "missing": 0})
    what = ["declared version: 1 -> 2"]
    assert found["causes"] == [{"kind": "code-changed", "input": None, "was": "1", "now": "2", "what": what}]
    made(edited, "daily/sum", "day=2026-01-01")
    assert row(edited, "daily/sum")["partitions"] == {"fresh": 2, "stale": 6, "missing": 0}


def test_a_whole_asset_says_nothing_of_partitions(organism: Any) -> None:
    assert "partitions" not in row(organism, "last")


def test_one_partition_is_shown_by_itself(organism: Any) -> None:
    made(organism, "daily/sum", "site=north")
    document = show_document(organism, "daily/sum")
    assert len(document["by_partition"]) == 8
    assert document["by_partition"][0]["partition"] == {"day": "2026-01-01", "site": "north"}
    shown = show_document(organism, "daily/sum", "day=2026-01-01;site=north")
    assert (shown["partition"], shown["status"], shown["version"]) == (
        {"day": "2026-01-01", "site": "north"}, "fresh", 1,
    )  # fmt: skip


def test_a_cause_names_the_partition_of_the_input(organism: Any, world: World) -> None:
    made(organism)
    world.amounts = {"north": 1, "south": 11}
    made(organism, "daily/sum", "day=2026-01-01,site=south")
    stale = dict(load_snapshot(organism).partition_judgements("daily/sum"))["day=2026-01-02;site=south"]
    causes = [cause_document(cause) for cause in stale.causes]
    assert causes == [
        {"kind": "input-changed", "input": "daily/sum", "was": 1, "now": 2,
         "partition": {"day": "2026-01-01", "site": "south"}},
        {"kind": "input-changed", "input": "raw/log", "was": 1, "now": 2},
    ]  # fmt: skip


def test_leases_are_of_one_partition(organism: Any) -> None:
    with organism.ledger.hold("daily/sum", "day=2026-01-01;site=north", "somebody"):
        assert made(organism, "daily/sum", "day=2026-01-01,site=south") != []
        assert row(organism, "daily/sum")["making"]
        with pytest.raises(LeaseHeldError, match="somebody"):
            made(organism, "daily/sum", "day=2026-01-01,site=north")


def test_dynamic_partitions_come_and_go_with_what_their_source_returns(organism: Any, world: World) -> None:
    assert made(organism, "greet") == [("greet[who=a]", "made"), ("greet[who=b]", "made")]
    world.customers = ["b", 'x;y=z, "1"..2']
    assert [outcome for _, outcome in made(organism, "greet")] == ["made"]
    assert row(organism, "greet")["partitions"] == {"fresh": 2, "stale": 0, "missing": 0}
    assert values_document(organism, "greet", r'who="x;y=z, \"1\"..2"')["value"] == 'hello x;y=z, "1"..2'
    assert value(organism, "greet[who=a]") == "hello a"  # its history can still be read


def test_partitions_of_a_source_that_was_never_seen_are_missing_and_blocked(world: World) -> None:
    organism = memory_organism(world.assets(), read_only=True)
    assert row(organism, "greet")["status"] == "missing"
    assert row(organism, "greet")["partitions"] == {"fresh": 0, "stale": 0, "missing": 0}
    assert row(organism, "greet")["blocked_by"] == ["raw/customers"]


def test_a_source_that_names_what_cannot_be_a_partition_fails(organism: Any, world: World) -> None:
    made(organism, "greet")
    world.customers = ["a", "b\n"]
    document = refresh_local(organism, Request("greet"), Origin("ana"))
    assert document["outcome"] == "failed"
    assert "names a partition 'b\\n': it holds control characters" in str(document["observed"][0]["error"])
    assert row(organism, "greet")["partitions"]["fresh"] == 2


def test_only_the_newest_window_grows_too_old(world: World) -> None:
    organism = memory_organism(world.assets(max_age="1h"))
    made(organism, "daily/sum")
    organism.clock.move(hours=2)
    assert row(organism, "daily/sum")["partitions"] == {"fresh": 6, "stale": 2, "missing": 0}
    assert made(organism, "daily/sum") == [
        ("daily/sum[day=2026-01-04,site=north]", "unchanged"),
        ("daily/sum[day=2026-01-04,site=south]", "unchanged"),
    ]


def test_a_check_of_an_input_looks_at_the_partitions_that_are_read(world: World) -> None:
    organism = memory_organism(world.assets(checks=(input_fresh("before"),)))
    made(organism, "daily/sum")
    world.amounts = {"north": 2, "south": 10}
    done = dict(made(organism, "daily/sum", "day=2026-01-03,site=north"))
    assert done == {"daily/sum[day=2026-01-03,site=north]": "rejected"}
    assert organism.ledger.heads()["daily/sum", "day=2026-01-03;site=north"].attempt.error == (
        "input_fresh(before): daily/sum[day=2026-01-02,site=north] is out of date"
    )


def test_what_is_made_together_is_made_together_in_each_partition() -> None:
    calls: list[str] = []

    @asset(outputs=(Output("x"), "y"), partitions={"site": Static("n", "s")}, code_version="1")
    def split(context: Any) -> Any:
        calls.append(context.partition["site"])
        return {"x": context.partition["site"], "y": 1}

    organism = memory_organism((split,))
    assert made(organism, "x", "site=s") == [("x[site=s]", "made"), ("y[site=s]", "made")]
    assert calls == ["s"]


def test_an_update_follows_the_changes_of_its_own_partition() -> None:
    import pandas as pd

    amounts = {"north": 1, "south": 2}
    seen: list[str] = []

    @source
    def raw() -> Any:
        return amounts

    @asset(partitions={"site": Static("north", "south")}, code_version="1")
    def table(raw: Any, context: Any) -> Any:
        return pd.DataFrame({"n": [raw[context.partition["site"]], 7]}, index=["a", "b"])

    @asset(partitions={"site": Static("north", "south")}, code_version="1")
    def doubled(table: Any) -> Any:
        seen.append("full")
        return table * 2

    @doubled.update
    def _(previous: Any, changes: Any) -> Any:
        seen.append(",".join(changes["table"].changed.index))
        return changes["table"].changed.rename(columns={"n_now": "n"})[["n"]].mul(2).combine_first(previous).astype(int)

    organism = memory_organism((raw, table, doubled))
    made(organism)
    amounts["south"] = 5
    made(organism, "table")
    assert [(s.name, s.mode) for s in make_plan(organism, Request("doubled"), Origin("a", "p")).steps] == [
        ("doubled[site=south]", "incremental")
    ]
    made(organism)
    assert seen == ["full", "full", "a"]
    rows = values_document(organism, "doubled", "site=south")["rows"]
    assert rows == [{"id": "a", "n": 10}, {"id": "b", "n": 14}]
