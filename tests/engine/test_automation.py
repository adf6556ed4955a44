"""What a pulse makes by itself, and what it says about the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from causal_organism.assets.automation.conditions import eager, newly_updated, on_missing, when_stale
from causal_organism.engine.automation.evaluation import evaluate, explain
from causal_organism.engine.history.listing import versions_document
from causal_organism.engine.history.restore import pin
from causal_organism.engine.requests import Origin
from causal_organism.errors import GraphError
from tests.engine.automated import World, because, last, pulsed
from tests.engine.organisms import START, memory_organism, refreshed, with_graph


@pytest.fixture
def world() -> World:
    return World()


def test_a_graph_without_automation_is_not_looked_at(world: World) -> None:
    organism = memory_organism((world.source(), world.total()))
    organism.ledger = None  # nothing is asked
    assert evaluate(organism, Origin("ana", run="pulse")).decisions == {}


def test_an_eager_asset_follows_its_source(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    assert pulsed(organism) == [("total", "made")]
    assert pulsed(organism) == []
    assert last(organism).because == "not now, because it is up to date"
    world.rows = [4]
    assert pulsed(organism) == [("total", "made")]
    assert last(organism).because == "it is out of date: rows changed: 1 -> 2"
    assert versions_document(organism, "total")["versions"][0]["trigger"] == "automation"


def test_a_chain_is_made_in_one_pulse_and_cut_off_where_nothing_changes(world: World) -> None:
    organism = memory_organism(
        (
            world.source(),
            world.total(automation=eager()),
            world.behind("sign", "total", automation=eager()),
            world.behind("seen", "sign", automation=newly_updated() | on_missing()),
        )
    )
    assert pulsed(organism) == [("total", "made"), ("sign", "made"), ("seen", "made")]
    world.rows = [4]
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made"), ("sign", "unchanged"), ("seen", "skipped")]
    assert last(organism, "sign").because == "it is out of date: total is about to be made"
    assert pulsed(organism) == []


def test_what_was_not_asked_for_stays_as_it_is(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager()), world.behind("sign", "total")))
    assert pulsed(organism) == [("total", "made")]
    assert because(organism, "sign") == "only by request: it has no automation"
    assert explain(organism, "sign")["chosen"] is False


def test_an_asset_whose_upstream_was_never_made_waits(world: World) -> None:
    organism = memory_organism((world.source(), world.total(), world.behind("sign", "total", automation=eager())))
    assert pulsed(organism) == []
    assert last(organism, "sign").because == "not now, because total was never made"
    assert last(organism, "sign").held
    refreshed(organism, "total")
    assert pulsed(organism) == [("sign", "made")]


def test_it_waits_while_what_it_reads_is_being_made(world: World) -> None:
    organism = memory_organism((world.source(), world.total(), world.behind("sign", "total", automation=eager())))
    refreshed(organism, "total")
    with organism.ledger.hold("total", "", "somebody"):
        document = explain(organism, "sign")
        assert (document["chosen"], document["held"]) == (False, True)
        assert document["because"] == "not now, because total is being made"
        assert pulsed(organism) == []
    with organism.ledger.hold("sign", "", "somebody"):
        assert because(organism, "sign") == "not now, because it is being made"
    assert pulsed(organism) == [("sign", "made")]


def test_a_pinned_asset_is_left_alone(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    pulsed(organism)
    pin(organism, "total", actor="ana")
    world.rows = [4]
    assert pulsed(organism) == []
    assert last(organism).because == "not now, because it is pinned at 1"


def test_an_explanation_says_what_was_decided_before(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=when_stale() | on_missing(), cooldown="90s")))
    assert explain(organism, "total")["last"] is None
    pulsed(organism)
    organism.clock.move(minutes=5)
    pulsed(organism)
    made = {
        "at": START.isoformat(),
        "run": "pulse",
        "condition": "when_stale() | on_missing()",
        "chosen": True,
        "held": False,
        "because": "it was never made",
    }
    at = (START + timedelta(minutes=5)).isoformat()
    assert explain(organism, "total") == {
        "schema": "organism.automation/1",
        "key": "total",
        "condition": "when_stale() | on_missing()",
        "cooldown_s": 90.0,
        "at": at,
        "chosen": False,
        "held": False,
        "because": "not now, because it is up to date",
        "partitions": [],
        "last": {**made, "at": at, "chosen": False, "because": "not now, because it is up to date"},
        "last_chosen": made,
    }


def test_an_explanation_changes_nothing(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager())))
    assert explain(organism, "total")["because"] == "not now, because rows was never made"
    assert (organism.automations.load(), world.looks, organism.ledger.heads()) == ({}, 0, {})


def test_a_condition_that_names_no_asset_is_a_mistake_in_the_graph(world: World) -> None:
    with pytest.raises(GraphError, match="rowz"):
        memory_organism((world.source(), world.total(automation=newly_updated("rowz"))))


def test_causes_in_words(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager(), max_age="1h")))
    pulsed(organism)
    organism.clock.move(hours=2)
    edited = with_graph(organism, (world.source(), world.total(automation=eager(), max_age="1h", code="2")))
    assert because(edited) == "it is out of date: code changed: declared version: 1 -> 2; 2h00m old, 1h00m allowed"
