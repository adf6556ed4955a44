"""Why a number changed: down the provenance of two versions, to inputs, code and interactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from causal_organism import catalog
from causal_organism.assets.definitions import asset, source
from causal_organism.assets.graph import graph_of
from causal_organism.assets.mappings import Upstream
from causal_organism.assets.partitions import Daily, Static
from causal_organism.errors import RequestError
from causal_organism.operations.blame import blame
from causal_organism.operations.history import restore
from causal_organism.operations.observe import observe
from causal_organism.operations.refresh import refresh_local
from causal_organism.wiring import OpenOrganism
from tests.operations.living import KINDS, event, living, pulsed
from tests.operations.organisms import memory_organism, refreshed, with_graph

VIEWS = (catalog.network, catalog.degree, catalog.clustering, catalog.weeks)


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    for found in living(request, tmp_path):
        graph = graph_of(VIEWS)
        if isinstance(found, OpenOrganism):
            found.__dict__["graph"] = graph
        else:
            found.graph = graph
        yield found


def taken(organism: Any, *events: Mapping[str, str]) -> list[str]:
    """One pulse over these interactions, and the views after it."""
    ids: list[str] = organism.stream.append(events)
    pulsed(organism)
    refresh_local(organism, "views/*", actor="ana")
    return ids


def the_story(organism: Any) -> list[str]:
    """A ring of three closes, and somebody comes in elsewhere; the entries of the second pulse."""
    taken(organism, event("ana", "bo"), event("bo", "cy"), event("ana", "bo", weight="2"))
    return taken(
        organism,
        event("cy", "ana", at=1_700_003_600, kind="meeting", weight="1.5", duration_s="60", id="m-1"),
        event("dan", "eve"),
    )


# -- through real stores


def test_a_degree_moved_by_one_interaction_is_traced_to_it(organism: Any) -> None:
    entry, _ = the_story(organism)
    told = blame(organism, "views/degree", "ana")
    assert (told["from"], told["to"], told["moved"], told["code"]) == (1, 2, True, None)
    assert [(each["row"], each["column"], each["was"], each["now"]) for each in told["changed"]] == [
        ("ana", "in", 0, 1),
        ("ana", "neighbours", 1, 2),
    ]
    assert told["others"] == 3  # cy has one tie more, dan and eve came in
    (network,) = told["inputs"]
    assert (network["key"], network["from"], network["to"], network["others"]) == ("network", 1, 2, 1)
    assert network["ties"] == [
        {"source": "cy", "target": "ana", "weight_was": 0, "weight_now": 1.5, "count_was": 0, "count_now": 1}
    ]
    assert network["interactions"] == [
        {
            "entry": entry,
            "source": "cy",
            "target": "ana",
            "at": "2023-11-14T23:13:20+00:00",
            "kind": "meeting",
            "weight": 1.5,
            "duration_s": 60.0,
            "id": "m-1",
        }
    ]
    assert (network["more"], network["note"], network["inputs"]) == (False, None, [])
    assert told["reasons"] == [{"kind": "interactions", "key": "network", "count": 1}]


def test_a_number_moved_by_a_tie_between_neighbours_is_traced_to_that_tie(organism: Any) -> None:
    taken(organism, event("ana", "bo"), event("ana", "cy"), event("dan", "eve"), event("fay", "eve"))
    entry, later, *_ = taken(
        organism, event("bo", "cy"), event("dan", "bo", at=1_700_000_600, weight="9"), event("dan", "eve")
    )
    told = blame(organism, "views/clustering", "ana")
    assert {each["column"]: (each["was"], each["now"]) for each in told["changed"]} == {
        "clustering": (0.0, 1.0),
        "triangles": (0, 1),
    }
    (network,) = told["inputs"]
    assert (network["ties"], network["others"]) == ([], 1)
    assert [(each["source"], each["target"]) for each in network["near"]] == [("bo", "cy"), ("dan", "bo")]
    assert [each["entry"] for each in network["interactions"]] == [later, entry]
    assert told["reasons"] == [{"kind": "interactions", "key": "network", "count": 2}]


def test_sums_by_week_are_traced_to_their_interactions_too(organism: Any) -> None:
    for events in ([event("ana", "bo"), event("bo", "cy")], [event("cy", "ana", kind="meeting"), event("dan", "eve")]):
        entry, _ = taken(organism, *events)
        heads = organism.ledger.heads_of(["interactions/weeks"])
        observe(organism, ["interactions/weeks"], heads, actor="ana", trigger="test")
    told = blame(organism, "interactions/weeks", "cy")
    (added,) = told["added"]
    assert (added["row"], added["cells"]["source"], added["cells"]["count"]) == ("2023-W46 meeting", "cy", 1)
    assert (told["changed"], told["others"]) == ([], 1)
    assert [each["entry"] for each in told["interactions"]] == [entry]
    assert told["reasons"] == [{"kind": "interactions", "key": "interactions/weeks", "count": 1}]


def test_a_first_version_is_compared_with_nothing(organism: Any) -> None:
    taken(organism, event("ana", "bo"), event("bo", "cy"))
    told = blame(organism, "views/degree", "bo")
    assert (told["from"], told["to"]) == (None, 1)
    assert told["added"] == [{"row": "bo", "cells": {"in": 1, "out": 1, "neighbours": 2}}]
    (network,) = told["inputs"]
    assert (network["from"], network["joined"], len(network["ties"]), len(network["interactions"])) == (
        None,
        True,
        2,
        2,
    )


def test_any_two_versions_are_compared_and_all_between_counts(organism: Any) -> None:
    taken(organism, event("ana", "bo"))
    taken(organism, event("bo", "ana"))
    taken(organism, event("ana", "cy"))
    told = blame(organism, "views/degree", "ana", "@1..@3")
    assert len(told["inputs"][0]["interactions"]) == 2
    assert blame(organism, "views/degree", "ana", "2")["from"] == 1
    assert blame(organism, "views/degree@2", "ana")["to"] == 2


def test_going_back_takes_interactions_out_again(organism: Any) -> None:
    taken(organism, event("ana", "bo"))
    entry, _ = taken(organism, event("bo", "ana"), event("bo", "ana", kind="meeting"))[:2]
    taken(organism, event("ana", "cy"))
    back = blame(organism, "views/degree", "ana", "@2..@1")
    assert changes(back) == {"in": (1, 0)}
    (network,) = back["inputs"]
    assert [(tie["count_was"], tie["count_now"]) for tie in network["ties"]] == [(2, 0)]
    assert entry in {each["entry"] for each in network["interactions"]}
    (joined,) = blame(organism, "views/degree", "ana", "3..2")["inputs"]  # nobody leaves by a delta: ties as rows
    assert [each["row"] for each in joined["removed"]] == ["ana -> cy"]


def test_somebody_without_change_is_told_so(organism: Any) -> None:
    the_story(organism)
    told = blame(organism, "views/degree", "bo")
    assert (told["moved"], told["reasons"], told["changed"]) == (False, [], [])


def test_interactions_that_are_no_longer_kept_are_said_to_be_gone(organism: Any) -> None:
    the_story(organism)
    organism.archive.interactions_of = lambda *_, **__: ()
    (network,) = blame(organism, "views/degree", "ana")["inputs"]
    assert (network["interactions"], network["note"]) == ([], "these single interactions are no longer kept")


# -- graphs of others, in memory


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
    assert (told["made"]["restored_from"], told["made"]["actor"], told["made"]["trigger"]) == (1, "bo", "restore")
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
    node = blame(organism, "day[day=2026-01-04]", "ana")
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
        (("load", "ana", "sideways"), "is no span"),
    ],
)
def test_what_cannot_be_asked_is_refused(world: World, arguments: tuple[str, ...], told: str) -> None:
    organism = memory_organism(world.assets())
    refreshed(organism)
    with pytest.raises(RequestError, match=told):
        blame(organism, *arguments)
