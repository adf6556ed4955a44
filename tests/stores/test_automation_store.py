"""Every store of automation's evaluations behaves the same, in memory and in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from causal_organism.ports import Automations, Consideration, Evaluated
from causal_organism.stores.memory.automation import MemoryAutomations
from causal_organism.stores.postgres.automation import PostgresAutomations
from causal_organism.stores.postgres.database import Database
from tests.stores.truth import NOW


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Automations:
    if request.param == "memory":
        return MemoryAutomations()
    return PostgresAutomations(Database(request.getfixturevalue("fresh_dsn")))


def evaluated(key: str, minute: int = 0, **more: Any) -> Evaluated:
    fields = {"run": f"run-{minute}", "condition": "eager()", "chosen": False, "held": False, "because": "not now"}
    return Evaluated(key=key, at=NOW + timedelta(minutes=minute), **{**fields, **more})


def test_nothing_is_known_before_the_first_evaluation(store: Automations) -> None:
    assert store.load() == {}
    store.record(())
    assert store.load() == {}


def test_the_last_evaluation_is_kept_with_the_last_that_chose(store: Automations) -> None:
    chosen = evaluated("b/x", 1, chosen=True, because="it was never made")
    store.record([evaluated("b/x"), evaluated("a")])
    store.record([chosen])
    last = evaluated("b/x", 2, run=None, because="'; DROP TABLE x; --\x1b")
    store.record([last])
    assert store.load() == {
        "a": Consideration(last=evaluated("a"), last_chosen=None, considered_at=NOW),
        "b/x": Consideration(last=last, last_chosen=chosen, considered_at=last.at),
    }


def test_what_is_held_back_was_not_considered(store: Automations) -> None:
    waiting = evaluated("a", held=True)
    store.record([waiting])
    assert store.load()["a"] == Consideration(last=waiting, last_chosen=None, considered_at=None)
    store.record([evaluated("a", 1)])
    store.record([evaluated("a", 2, held=True)])
    assert store.load()["a"].considered_at == NOW + timedelta(minutes=1)
