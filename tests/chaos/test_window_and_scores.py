"""A window that moves and scores on the people: killing anything at any moment changes nothing about either."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from causal_organism.engine.contents import load_value
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import FencedError, LeaseHeldError, StoreError
from causal_organism.organism.projections.scores import property_name
from tests.chaos.conftest import running
from tests.chaos.killing import Chaos, Victims, assert_exactly_once
from tests.chaos.pulsing import VIEWS
from tests.stores.networks import scores_in
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.chaos]

MOST_TURNS = 60  # twelve and some, unless none of them was killed at a moment that matters
KEYS = VIEWS.split(", ")


@pytest.fixture
def windowed(chaos: Chaos) -> Iterator[Chaos]:
    """Most of what is sent comes to lie before the window."""
    yield from running(replace(chaos.settings, window_days=30, batch_events=50))


def test_killing_anything_while_a_window_moves_and_scores_are_written(windowed: Chaos, victims: Victims) -> None:
    behind = 0
    for turn in range(MOST_TURNS):
        further = windowed.moved(1) if turn % 2 else _published(windowed, "views/degree")
        windowed.send(100)
        windowed.start(views=True)
        windowed.start(views=True)
        until(further, "a batch was accepted, or a view published")
        time.sleep(windowed.chance.random() * (0.3 if turn % 2 else 0.03))
        windowed.kill_workers()
        windowed.look()
        behind += _behind(windowed)
        if turn >= 12 and behind:
            break
    windowed.start(views=True)
    windowed.start(views=True)
    for server in ("network", "ledger", "stream"):
        further = windowed.moved(1)
        windowed.send(100)
        until(further, "a batch was accepted")
        victims.kill(server)
        windowed.kills += 1
    windowed.kill_workers()
    assert_exactly_once(windowed)
    assert_scores(windowed)
    kinds = Counter(each.kind for each in windowed.organism.archive.batches(0))
    assert kinds["window"] >= 3, "the window hardly moved: this proved less than it says"
    assert behind, "no kill came before scores were written: this proved less than it says"
    assert len(windowed.inside()) < len(windowed.history.good) / 2
    print(f"{kinds['window']} moves of the window, scores were behind {behind} times")


def _published(chaos: Chaos, key: str) -> Callable[[], bool]:
    """Whether there is a newer version than now."""

    def number() -> int:
        head = chaos.organism.ledger.heads().get((key, ""))
        return head.version.number if head else 0

    was = number()
    return lambda: number() > was


def _behind(chaos: Chaos) -> int:
    """How many views were published and stood not yet, or half, on the people when all were killed."""
    heads, there = chaos.organism.ledger.heads(), chaos.organism.network.scores()
    stood = {key: each.version for key, each in there.items() if not each.writing}
    return sum((key, "") in heads and heads[key, ""].version.number != stood.get(key) for key in KEYS)


def assert_scores(chaos: Chaos) -> None:
    """After one refresh, what stands on the people is what the heads say, and what the interactions add up to."""

    def refreshed() -> bool:
        try:
            return refresh_local(chaos.organism, Request(VIEWS), Origin("chaos"))["outcome"] in ("done", "nothing")
        except (StoreError, LeaseHeldError, FencedError):  # its leases are short, and one of the killed may be held yet
            return False

    until(refreshed, "the views were made")
    organism = chaos.organism
    heads = {key: organism.ledger.heads()[key, ""].version for key in KEYS}
    expected: dict[str, dict[str, object]] = {}
    for key, head in heads.items():
        columns = load_value(organism, head)
        names = [each for each in columns if each != "id"]
        for person, *values in zip(*(columns[name].tolist() for name in ("id", *names)), strict=True):
            named = (property_name(key, name) for name in names)
            expected.setdefault(person, {}).update(zip(named, values, strict=True))
    stand = scores_in(organism.network)
    assert stand == expected
    assert {key: each.version for key, each in organism.network.scores().items()} == {
        key: head.number for key, head in heads.items()
    }
    ties = {(each.source, each.target) for each in chaos.inside()}
    came, went = Counter(target for _, target in ties), Counter(source for source, _ in ties)
    assert {person: (each["degree_in"], each["degree_out"]) for person, each in stand.items()} == {
        person: (came[person], went[person]) for person in stand
    }
