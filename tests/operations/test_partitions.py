"""Partitions made, read, listed and held, each for itself."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.assets.checks import input_fresh
from causal_organism.assets.definitions import Keep, Output, asset, source
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.mappings import Upstream
from causal_organism.assets.partitions import Daily, Dynamic, Static, Weekly
from causal_organism.errors import LeaseHeldError, RefusedError, RequestError, SelectionError
from causal_organism.operations.history import pin, restore, unpin
from causal_organism.operations.judging import load_cut
from causal_organism.operations.listing import (
    assets_document,
    diff_document,
    find_version,
    show_document,
    values_document,
    versions_document,
)
from causal_organism.operations.plan import make_plan, plan_document
from causal_organism.operations.reading import load_manifest
from causal_organism.operations.refresh import refresh_local
from causal_organism.operations.retain import retain
from tests.operations.organisms import memory_organism, with_graph

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04")  # the clock stands at noon of the 5th


class World:
    """What is outside: amounts by site, customers, and a day that fails."""

    def __init__(self) -> None:
        self.amounts: dict[str, Any] = {"north": 1, "south": 10}
        self.customers: Any = ["a", "b"]
        self.fails: set[str] = set()
        self.calls: list[str] = []

    def assets(self, *, code: str = "1", **options: Any) -> tuple[Any, ...]:
        @source(key="raw/log")
        def log() -> Any:
            return self.amounts

        @source(key="raw/customers")
        def customers() -> Any:
            return self.customers

        @asset(
            key="daily/sum",
            partitions={"day": Daily("2026-01-01"), "site": Static("north", "south")},
            reads={"raw": "raw/log", "before": Upstream("daily/sum", day=-1)},
            code_version=code,
            **options,
        )
        def daily_sum(raw: Any, before: Any, context: Any) -> Any:
            day, site = context.partition["day"], context.partition["site"]
            self.calls.append(f"{day} {site}")
            if day in self.fails:
                raise ValueError("no way")
            return (before or 0) + raw[site]

        @asset(key="daily/all", partitions={"day": Daily("2026-01-01")}, reads={"sums": "daily/sum"}, code_version="1")
        def daily_all(sums: Any) -> Any:
            return sums

        @asset(key="last", reads={"last": Upstream("daily/sum", day="last", site="south")}, code_version="1")
        def last(last: Any) -> Any:
            return last

        @asset(key="total", reads={"days": Upstream("daily/sum", day="all")}, code_version="1")
        def total(days: Any) -> Any:
            return [[*name, value] for name, value in days.items()]

        @asset(key="greet", partitions={"who": Dynamic("raw/customers")}, code_version="1")
        def greet(context: Any) -> Any:
            return f"hello {context.partition['who']}"

        return (log, customers, daily_sum, daily_all, last, total, greet)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def organism(world: World) -> Any:
    return memory_organism(world.assets())


def made(organism: Any, selection: str = "*", partition: str | None = None, **options: Any) -> list[tuple[str, str]]:
    """What a refresh did, in order, by name."""
    document = refresh_local(organism, selection, partition=partition, actor="ana", **options)
    return [
        (label_of(each["key"], partition_text(each.get("partition"))), each["outcome"]) for each in document["steps"]
    ]


def row(organism: Any, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in assets_document(organism)["assets"] if each["key"] == key)
    return found


def value(organism: Any, text: str) -> Any:
    return values_document(organism, text)["value"]


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
    document = refresh_local(organism, "daily/sum", partition="day=2026-01-01..2026-01-03,site=north", actor="ana")
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
    document = refresh_local(organism, "total", actor="ana")
    assert document["steps"][0]["error"] == "daily/sum[day=2026-01-03,site=north] was tried and never made"


def test_a_partition_is_blocked_by_the_one_before_that_was_never_made(organism: Any) -> None:
    document = refresh_local(organism, "daily/sum", partition="day=2026-01-02,site=north", actor="ana")
    assert (document["outcome"], document["steps"][0]["outcome"]) == ("failed", "blocked")
    assert "daily/sum[day=2026-01-01,site=north] was never made" in document["steps"][0]["error"]


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
    planned = plan_document(make_plan(organism, "daily/sum", partition="site=north", actor="ana", trigger="plan"))
    (step,) = planned["steps"]
    assert (step["key"], step["partition"]) == ("daily/sum", {"day": "2026-01-05", "site": "north"})
    assert step["causes"] == [{"kind": "never-made", "input": None, "was": None, "now": None}]
    assert all(
        "partition" not in each for each in plan_document(make_plan(organism, "last", actor="a", trigger="p"))["steps"]
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
    assert found["causes"] == [{"kind": "code-changed", "input": None, "was": "1", "now": "2"}]
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
    stale = dict(load_cut(organism).partition_judgements("daily/sum"))["day=2026-01-02;site=south"]
    causes = [cause.to_document() for cause in stale.causes]
    assert causes == [
        {"kind": "input-changed", "input": "daily/sum", "was": 1, "now": 2,
         "partition": {"day": "2026-01-01", "site": "south"}},
        {"kind": "input-changed", "input": "raw/log", "was": 1, "now": 2},
    ]  # fmt: skip


def test_a_version_records_exactly_what_it_was_made_from(organism: Any) -> None:
    made(organism)
    (found,) = versions_document(organism, "daily/sum", "day=2026-01-02,site=north")["versions"]
    before = find_version(organism, "daily/sum[day=2026-01-01,site=north]")
    assert found["inputs"]["daily/sum"] == {
        "version": 1, "fingerprint": before.fingerprint, "partition": {"day": "2026-01-01", "site": "north"},
    }  # fmt: skip
    (all_of,) = versions_document(organism, "total")["versions"]
    assert all_of["inputs"]["daily/sum"]["partitions"] == 8
    joined = find_version(organism, "total").provenance.inputs["daily/sum"]
    assert joined is not None
    listed = load_manifest(load_cut(organism), joined)
    assert listed["day=2026-01-01;site=north"] == {"version": 1, "fingerprint": before.fingerprint}
    assert len(listed) == 8


def test_nothing_before_the_start_is_no_input_that_came_later(organism: Any) -> None:
    made(organism, "daily/sum", "day=2026-01-01")
    (found,) = versions_document(organism, "daily/sum", "day=2026-01-01,site=north")["versions"]
    assert found["inputs"]["daily/sum"] is None
    assert made(organism, "daily/sum", "day=2026-01-01") == []


def test_versions_values_and_differences_are_of_one_partition(organism: Any, world: World) -> None:
    made(organism, "daily/sum", "day=2026-01-01")
    world.amounts = {"north": 3, "south": 10}
    made(organism, "daily/sum", "day=2026-01-01")
    where = "day=2026-01-01,site=north"
    document = versions_document(organism, "daily/sum", where)
    assert [each["version"] for each in document["versions"]] == [2, 1]
    assert document["partition"] == {"day": "2026-01-01", "site": "north"}
    assert values_document(organism, "daily/sum@1", where)["value"] == 1
    difference = diff_document(organism, "daily/sum@1", "daily/sum@2", where)
    assert (difference["partition"], difference["same"]) == ({"day": "2026-01-01", "site": "north"}, False)
    across = diff_document(organism, f"daily/sum[{where}]", "daily/sum[day=2026-01-01,site=south]")
    assert [(each["was"], each["now"]) for each in across["changed"]] == [(3, 10)]
    assert [
        each["version"] for each in versions_document(organism, "daily/sum", "day=2026-01-01,site=south")["versions"]
    ] == [1]


@pytest.mark.parametrize(
    ("text", "partition", "message"),
    [
        ("daily/sum", None, "name one partition"),
        ("daily/sum", "day=2026-01-01", "name one partition"),
        ("daily/sum", "day=2026-01-01..2026-01-02,site=north", "name one partition"),
        ("daily/sum[day=2026-01-01,site=north]", "day=2026-01-01,site=north", "names a partition itself"),
        ("last", "day=2026-01-01", "last has no partitions"),
        ("last[day=2026-01-01]", None, "last has no partitions"),
        ("daily/sum", "day=2026-01-04,site=north", r"daily/sum\[day=2026-01-04,site=north\] was never made"),
        (
            "daily/sum@latest",
            "day=2026-01-01,site=north",
            "'daily/sum@latest' names no version: N in KEY@N is a number",
        ),
        ("daily/sum@7", "day=2026-01-01,site=north", r"there is no daily/sum\[day=2026-01-01,site=north\]@7"),
    ],
)
def test_a_version_that_is_not_named_in_full_is_an_error(
    organism: Any, text: str, partition: str | None, message: str
) -> None:
    made(organism, "daily/sum", "day=2026-01-01")
    with pytest.raises(RequestError, match=message):
        find_version(organism, text, partition)


def test_one_partition_is_restored_pinned_and_let_go(organism: Any, world: World) -> None:
    where, other = "day=2026-01-01,site=north", "day=2026-01-01,site=south"
    made(organism, "daily/sum", "day=2026-01-01")
    world.amounts = {"north": 3, "south": 30}
    made(organism, "daily/sum", "day=2026-01-01")
    restored = restore(organism, "daily/sum@1", where, actor="ana")
    assert restored == {
        "schema": "organism.restore/1", "key": "daily/sum", "partition": {"day": "2026-01-01", "site": "north"},
        "restored": 1, "version": 3,
    }  # fmt: skip
    assert value(organism, f"daily/sum[{where}]") == 1
    pin(organism, "daily/sum", where, actor="ana")
    assert made(organism, "daily/sum", "day=2026-01-01") == [(f"daily/sum[{where}]", "skipped")]
    with pytest.raises(RefusedError, match=r"daily/sum\[day=2026-01-01,site=north\] is pinned"):
        made(organism, "daily/sum", "day=2026-01-01", force=True)
    assert made(organism, "daily/sum", other, force=True) == [(f"daily/sum[{other}]", "unchanged")]
    unpin(organism, "daily/sum", where, actor="ana")
    assert made(organism, "daily/sum", "day=2026-01-01") == [(f"daily/sum[{where}]", "made")]
    assert [each.subject for each in organism.ledger.audit_log()] == [f"daily/sum[{where}]"] * 3


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


def test_a_source_that_names_what_cannot_be_a_partition_fails(organism: Any, world: World) -> None:
    made(organism, "greet")
    world.customers = ["a", "b\n"]
    document = refresh_local(organism, "greet", actor="ana")
    assert document["outcome"] == "failed"
    assert "names a partition 'b\\n': it holds control characters" in document["observed"][0]["error"]
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
        return None if days is None else {"first": min(days), "days": len(days), "sum": sum(days.values())}

    @asset(
        key="share", partitions={"day": Daily("2025-12-22")}, reads={"own": "amount", "all": "week"}, code_version="1"
    )
    def share(own: Any, all: Any) -> Any:
        return None if all is None else [own, all["sum"]]

    return (outside, amount, week, share)


def test_a_week_reads_its_days_and_a_day_reads_its_week() -> None:
    organism = memory_organism(weeks({"2026-01-01": 3}, set()))
    made(organism)
    assert value(organism, "week[day=2025-W51]") is None  # before the first day
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
    refresh_local(organism, "amount", actor="ana")
    causes = {row["key"]: [each["kind"] for each in row["causes"]] for row in assets_document(organism)["assets"]}
    assert (causes["week"], causes["share"]) == (["input-changed"], ["input-changed"])
    assert row(organism, "week")["partitions"] == {"fresh": 2, "stale": 1, "missing": 0}
    planned = plan_document(make_plan(organism, "week+", actor="ana", trigger="cli"))["steps"]
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
    assert [(s.name, s.mode) for s in make_plan(organism, "doubled", actor="a", trigger="p").steps] == [
        ("doubled[site=south]", "incremental")
    ]
    made(organism)
    assert seen == ["full", "full", "a"]
    rows = values_document(organism, "doubled", "site=south")["rows"]
    assert rows == [{"id": "a", "n": 10}, {"id": "b", "n": 14}]


def test_retention_is_by_partition(world: World) -> None:
    organism = memory_organism(world.assets(keep=Keep(last=1)))
    for amount in (1, 2, 3):
        world.amounts = {"north": amount, "south": 10}
        made(organism, "daily/sum", "day=2026-01-01")
    document = retain(organism, "daily/sum", dry_run=False, actor="ana")
    assert [(each["partition"]["site"], each["version"]) for each in document["retired"]] == [
        ("north", 2),
        ("north", 1),
    ]
    assert values_document(organism, "daily/sum[day=2026-01-01,site=north]@3")["value"] == 3


def test_the_list_of_what_was_read_stays_when_content_is_swept(organism: Any) -> None:
    made(organism)
    organism.clock.move(days=40)
    retain(organism, "*", dry_run=False, actor="ana")
    joined = find_version(organism, "total").provenance.inputs["daily/sum"]
    assert joined is not None
    assert len(load_manifest(load_cut(organism), joined)) == 8
