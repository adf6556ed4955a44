"""Why a number of the network and its views changed, down to single interactions; through real stores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from causal_organism import catalog
from causal_organism.assets.graph import graph_of
from causal_organism.engine.observe import observe
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.snapshot import load_snapshot
from causal_organism.organism.blame.tree import blame
from causal_organism.wiring import OpenOrganism
from tests.engine.living import KINDS, event, living, pulsed

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
    refresh_local(organism, Request("views/*"), Origin("ana"))
    return ids


def the_story(organism: Any) -> list[str]:
    """A ring of three closes, and somebody comes in elsewhere; the entries of the second pulse."""
    taken(organism, event("ana", "bo"), event("bo", "cy"), event("ana", "bo", weight="2"))
    return taken(
        organism,
        event("cy", "ana", at=1_700_003_600, kind="meeting", weight="1.5", duration_s="60", id="m-1"),
        event("dan", "eve"),
    )


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
        observe(load_snapshot(organism), ["interactions/weeks"], Origin("ana", "test"))
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
    assert [(each["column"], each["was"], each["now"]) for each in back["changed"]] == [("in", 1, 0)]
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


def test_ties_that_a_window_took_or_gave_back_are_not_said_to_be_forgotten(organism: Any) -> None:
    taken(organism, event("ana", "bo"), event("ana", "cy", at=1_700_000_000 + 40 * 86_400))
    for window_days in (7, 0):
        pulsed(organism, window_days=window_days)
        refresh_local(organism, Request("views/*"), Origin("ana"))
        (network,) = blame(organism, "views/degree", "bo")["inputs"]
        assert (len(network["ties"]), network["note"]) == (1, "the window moved: what lies outside it does not count")
    organism.stream.append([event("cy", "dan", at=1_700_000_000 + 41 * 86_400)])
    pulsed(organism, window_days=7)
    refresh_local(organism, Request("views/*"), Origin("ana"))
    (network,) = blame(organism, "views/degree", "bo")["inputs"]
    assert network["note"] == "the window moved: what lies outside it does not count"
