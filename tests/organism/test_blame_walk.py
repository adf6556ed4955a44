"""Why a number changed: down the provenance of two versions of anybody's graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.assets.partitions.dimensions import Static
from causal_organism.assets.partitions.upstream import Upstream
from causal_organism.assets.partitions.windows import Daily
from causal_organism.engine.history.restore import restore
from causal_organism.errors import RequestError
from causal_organism.organism.blame.tree import blame
from tests.engine.organisms import memory_organism, refreshed, with_graph


class World:
    def __init__(self) -> None:
        self.people: Any = [{"id": "ana", "team": "red"}, {"id": "bo", "team": "blue"}]
        self.hours: Any = {"ana": 3, "bo": 5}

    def assets(self, *, code: str = "1", factor: int = 1) -> tuple[Any, ...]:
        @source
        def people() -> Any:
            return self.people

        @source
        def hours() -> Any:
            return self.hours

        @asset(code_version=code)
        def load(people: Any, hours: Any) -> Any:
            return {each["id"]: {"team": each["team"], "load": factor * hours[each["id"]]} for each in people}

        @asset(code_version="1")
        def total(load: Any) -> Any:
            return sum(each["load"] for each in load.values())

        @asset(code_version="1")
        def report(load: Any, hours: Any, total: Any) -> Any:
            return [{"id": each, "share": load[each]["load"] / total} for each in sorted(load)]

        return (people, hours, load, total, report)


@pytest.fixture
def world() -> World:
    return World()


def changes(node: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {each["column"]: (each["was"], each["now"]) for each in node["changed"]}


def inputs(node: Mapping[str, Any]) -> list[str]:
    return [each["key"] for each in node["inputs"]]


def test_the_walk_goes_down_every_input_that_differs(world: World) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    world.hours = {"ana": 5, "bo": 5}
    refreshed(organism)
    told = blame(organism, "report", "ana")
    assert changes(told) == {"share": (3 / 8, 0.5)}
    assert inputs(told) == ["hours", "load", "total"]
    hours, load, total = told["inputs"]
    assert changes(hours) == {"value": (3, 5)}
    assert (changes(load), inputs(load)) == ({"load": (3, 5)}, ["hours"])
    assert (total["value"], total["known"]) == ({"was": 8, "now": 10}, False)
    (again,) = total["inputs"]
    assert (again["key"], again["repeated"], inputs(again)) == ("load", True, [])
    assert told["reasons"] == [{"kind": "rows", "key": "hours", "count": 1}]


def test_what_others_changed_is_named_where_nothing_about_the_person_did(world: World) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    world.hours = {"ana": 3, "bo": 1}
    refreshed(organism)
    told = blame(organism, "report", "ana")
    assert changes(told) == {"share": (3 / 8, 0.75)}
    assert inputs(told)[0] == "total"  # what moved comes first
    assert told["reasons"] == [{"kind": "elsewhere", "key": "hours", "count": 1}]


def test_what_others_changed_is_no_reason_beside_one_of_the_person(world: World) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    world.people[1] = {"id": "bo", "team": "green"}
    world.hours = {"ana": 5, "bo": 5}
    refreshed(organism)
    told = blame(organism, "load", "ana")
    assert inputs(told) == ["hours", "people"]
    assert told["reasons"] == [{"kind": "rows", "key": "hours", "count": 1}]


def test_changed_code_is_a_reason(world: World) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    edited = with_graph(organism, world.assets(code="2", factor=2))
    refreshed(edited)
    told = blame(edited, "load", "ana")
    assert (told["code"], inputs(told), changes(told)) == ({"was": "1", "now": "2"}, [], {"load": (3, 6)})
    assert told["reasons"] == [{"kind": "code", "key": "load", "count": 1}]


def test_a_restored_version_is_a_reason(world: World) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    world.hours = {"ana": 9, "bo": 5}
    refreshed(organism)
    restore(organism, "load@1", actor="bo")
    told = blame(organism, "load", "ana")
    assert (told["from"], told["to"], changes(told)) == (2, 3, {"load": (9, 3)})
    made = told["made"]
    assert made is not None
    assert (made["restored_from"], made["actor"], made["trigger"]) == (1, "bo", "restore")
    assert {"kind": "restored", "key": "load", "count": 1} in told["reasons"]


def test_what_changed_with_the_same_code_and_inputs_has_an_unknown_reason() -> None:
    calls: list[int] = []

    @asset(code_version="1")
    def dice() -> Any:
        calls.append(1)
        return {"ana": len(calls)}

    organism = memory_organism((dice,))
    refreshed(organism)
    refreshed(organism, force=True)
    assert blame(organism, "dice", "ana")["reasons"] == [{"kind": "unknown", "key": "dice", "count": 1}]


def test_content_that_is_no_longer_kept_is_said_so_and_the_walk_goes_on(world: World) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    world.hours = {"ana": 5, "bo": 5}
    refreshed(organism)
    organism.ledger.retire("load", "", [1])
    told = blame(organism, "load", "ana")
    assert told["note"] == "the content of load@1 is no longer kept"
    assert changes(told["inputs"][0]) == {"value": (3, 5)}


def test_an_input_that_came_or_went_is_named(world: World) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)

    @asset(key="load", code_version="2")
    def load(hours: Any) -> Any:
        return {each: {"load": 2 * hours[each]} for each in hours}

    edited = with_graph(organism, (world.assets()[1], load))  # `people` is in the graph no more
    refreshed(edited)
    told = blame(edited, "load", "ana")
    (gone,) = told["inputs"]
    assert (gone["key"], gone["from"], gone["to"], gone["note"]) == ("people", 1, None, "it is no input any more")


def test_partitions_are_compared_one_by_one() -> None:
    rows: Any = {"north": {"ana": 1}, "south": {"ana": 1}}

    @source(key="rows")
    def look() -> Any:
        return rows

    @asset(key="site", reads={"rows": "rows"}, code_version="1", partitions={"site": Static("north", "south")})
    def site(rows: Any, context: Any) -> Any:
        return rows[context.partition["site"]]

    @asset(key="sum", reads={"sites": "site"}, code_version="1")
    def total(sites: Any) -> Any:
        return {"ana": sum(each["ana"] for each in sites.values())}

    organism = memory_organism((look, site, total))
    refreshed(organism)
    rows["south"] = {"ana": 5}
    refreshed(organism)
    told = blame(organism, "sum", "ana")
    (south,) = told["inputs"]
    assert (south["key"], south["partition"], changes(south)) == ("site", {"site": "south"}, {"value": (1, 5)})
    assert blame(organism, "site[site=south]", "ana")["from"] == 1
    assert blame(organism, "site", "ana", partition="site=south")["to"] == 2


def test_the_last_of_several_partitions_may_be_another_one_now() -> None:
    @asset(key="day", code_version="1", partitions={"day": Daily("2026-01-03")})
    def day(context: Any) -> Any:
        return {"ana": int(context.partition["day"][-1])}

    @asset(key="latest", reads={"day": Upstream("day", day="last")}, code_version="1")
    def latest(day: Any) -> Any:
        return dict(day)

    organism = memory_organism((day, latest))
    refreshed(organism)
    organism.clock.move(days=1)
    refreshed(organism)
    (node,) = blame(organism, "latest", "ana")["inputs"]
    assert (node["partition"], node["from_partition"]) == ({"day": "2026-01-05"}, {"day": "2026-01-04"})
    assert changes(node) == {"value": (4, 5)}


def test_a_chain_of_partitions_ends_somewhere() -> None:
    start = {"ana": 1}

    @source(key="rows")
    def look() -> Any:
        return dict(start)

    @asset(
        key="day",
        code_version="1",
        partitions={"day": Daily("2025-10-01")},
        reads={"rows": "rows", "before": Upstream("day", day=-1)},
    )
    def day(rows: Any, before: Any) -> Any:
        return {"ana": rows["ana"] + (before["ana"] if before else 0)}

    organism = memory_organism((look, day))
    refreshed(organism)
    start["ana"] = 2
    refreshed(organism)
    node: Any = blame(organism, "day[day=2026-01-04]", "ana")
    depth = 0
    while node["inputs"]:
        node = next((each for each in node["inputs"] if each["key"] == "day"), {"inputs": [], "note": None})
        depth += 1
    assert depth == 50
    assert node["note"] == "what is before it is not shown"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("load", "zoe"), "load@1 says nothing of 'zoe'"),
        (("nothing", "ana"), "there is no asset 'nothing'"),
        (("load", "ana", "@7"), "there is no load@7"),
        (("load", "ana", "sideways"), "is not a valid span"),
    ],
)
def test_what_cannot_be_asked_is_refused(world: World, arguments: tuple[str, ...], told: str) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    with pytest.raises(RequestError, match=told):
        blame(organism, *arguments)
