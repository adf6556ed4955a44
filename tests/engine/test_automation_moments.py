"""Cron moments and cooldowns: taken once, and never lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from causal_organism.assets.automation.conditions import eager, on_cron, on_missing
from causal_organism.assets.definitions import asset, source
from causal_organism.engine.automation.evaluation import evaluate
from causal_organism.engine.requests import Origin
from tests.engine.automated import World, because, last, pulsed
from tests.engine.organisms import START, memory_organism, refreshed


@pytest.fixture
def world() -> World:
    return World()


def test_after_a_try_it_cools_down(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=eager(), cooldown="10m")))
    pulsed(organism)
    world.rows = [4]
    organism.clock.move(minutes=5)
    assert pulsed(organism) == []
    assert last(organism).because == "not now, because it cools down for another 5m00s"
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made")]


def test_a_cron_moment_is_used_up_by_a_make_of_what_is_out_of_date(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("0 3 * * *"))))
    refreshed(organism)
    world.rows = [4]
    assert pulsed(organism) == []
    assert because(organism) == "not now, because '0 3 * * *' is next due at 2026-01-06 03:00+00:00"
    organism.clock.move(hours=16)
    assert pulsed(organism) == [("total", "made")]
    assert last(organism).because == "'0 3 * * *' was due at 2026-01-06 03:00+00:00"
    world.rows = [5]
    assert pulsed(organism) == []
    organism.clock.move(days=1)
    world.rows = [4]
    assert pulsed(organism) == []
    assert last(organism).because.startswith("not now, because it is up to date, though '0 3 * * *' was due")
    world.rows = [5]
    assert pulsed(organism) == [("total", "made")]
    world.rows = [6]
    assert pulsed(organism) == []


def test_a_make_that_failed_uses_up_no_cron_moment(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("@daily") | on_missing())))
    pulsed(organism)
    organism.clock.move(days=1)
    world.rows, world.fails = [4], True
    assert pulsed(organism) == [("total", "failed")]
    assert pulsed(organism) == []
    world.rows, world.fails = [5], False
    assert pulsed(organism) == [("total", "made")]
    world.rows = [6]
    assert pulsed(organism) == []


def test_what_was_never_made_keeps_its_cron_moment_until_it_is(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("@daily"))))
    world.fails = True
    assert pulsed(organism) == []  # new: from the next moment on
    organism.clock.move(days=1)
    assert pulsed(organism) == [("total", "failed")]
    world.rows, world.fails = [5], False
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made")]


def test_a_step_that_was_cancelled_uses_up_no_cron_moment(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("@daily"))))
    refreshed(organism)
    organism.clock.move(days=1)
    world.rows = [4]
    evaluation = evaluate(organism, Origin("ana", run="cancelled"))
    organism.automations.record(evaluation.unsettled)  # the run is over, and made nothing
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made")]


def test_a_look_that_failed_uses_up_no_cron_moment(world: World) -> None:
    organism = memory_organism((world.source(automation=on_cron("@daily")),))
    pulsed(organism)
    organism.clock.move(days=1)
    world.rows = None
    pulsed(organism)
    organism.clock.move(minutes=5)
    pulsed(organism)
    assert world.looks == 2
    world.rows = [1]
    pulsed(organism)
    pulsed(organism)
    assert world.looks == 3


def test_a_cron_moment_is_not_lost_while_it_waits(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("0 3 * * *"))))
    refreshed(organism)
    pulsed(organism)
    world.rows = [4]
    organism.clock.move(hours=15, seconds=5)
    with organism.ledger.hold("total", "", "somebody", ttl_s=1e6):
        assert pulsed(organism) == []
        organism.clock.move(minutes=10)
        assert pulsed(organism) == []
    assert pulsed(organism) == [("total", "made")]


def test_a_cron_moment_is_not_lost_with_a_pulse_that_died(world: World) -> None:
    organism = memory_organism((world.source(), world.total(automation=on_cron("0 3 * * *"))))
    refreshed(organism)
    pulsed(organism)
    world.rows = [4]
    organism.clock.move(hours=15, seconds=5)
    assert evaluate(organism, Origin("ana", run="dies")).to_make == ("total",)
    organism.clock.move(minutes=5)
    assert pulsed(organism) == [("total", "made")]
    assert last(organism).chosen


def test_a_cron_moment_during_a_look_is_not_passed_over(world: World) -> None:
    @source(key="slow", automation=on_cron("0 3 * * *"))
    def slow() -> Any:
        return "x"

    @source
    def rows() -> Any:
        organism.clock.move(seconds=10)
        return [organism.clock.time.isoformat()]

    @asset(code_version="1", automation=eager())
    def both(rows: Any, slow: Any) -> Any:
        return [rows, slow]

    organism = memory_organism((slow, rows, both))
    refreshed(organism)
    pulsed(organism)
    organism.clock.time = START + timedelta(hours=14, minutes=59, seconds=55)
    pulsed(organism)
    organism.clock.move(minutes=5)
    pulsed(organism)
    assert last(organism, "slow").chosen
