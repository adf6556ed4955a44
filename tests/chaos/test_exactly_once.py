"""Killing anything at any moment changes nothing about what comes out: every interaction counts exactly once."""

from __future__ import annotations

import time

import pytest

from tests.chaos.killing import Chaos, Victims, assert_exactly_once
from tests.waiting import until

MOST_TURNS = 150  # thirty and some, unless none of them was killed at a moment that matters

pytestmark = [pytest.mark.servers, pytest.mark.chaos]


def test_killing_pulses_at_random_moments(chaos: Chaos) -> None:
    kill_pulses(chaos)


def test_killing_pulses_at_random_moments_on_neo4j(chaos_on_neo4j: Chaos) -> None:
    kill_pulses(chaos_on_neo4j)


def kill_pulses(chaos: Chaos) -> None:
    """First one at a time, then two at once, one of which never had a lease."""
    for turn in range(MOST_TURNS):
        further = chaos.moved(1)
        chaos.send(130)
        chaos.start()
        if turn >= 15:
            chaos.start(lapsed=True)
        until(further, "a batch was accepted")
        time.sleep(chaos.chance.random() * 0.25)
        chaos.kill_workers()
        chaos.look()
        if turn >= 30 and all(chaos.left.values()):
            break
    assert_exactly_once(chaos)
    assert all(chaos.left.values()), "no kill came between two steps: this proved less than it says"


def test_killing_servers_under_two_pulses(chaos: Chaos, victims: Victims) -> None:
    chaos.start()
    chaos.start(lapsed=True)
    for server in ("network", "ledger", "stream"):
        further = chaos.moved(2)
        chaos.send(200)
        until(further, "two batches were accepted")
        victims.kill(server)
        chaos.kills += 1
    chaos.kill_workers()
    assert_exactly_once(chaos)
