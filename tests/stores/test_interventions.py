"""Every store of interventions behaves the same, in memory and in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from causal_organism.errors import RefusedError, RequestError
from causal_organism.ports import Interventions
from causal_organism.stores.memory.interventions import MemoryInterventions
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.interventions import PostgresInterventions
from tests.stores.truth import NOW

LATER = NOW + timedelta(hours=6)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Interventions:
    if request.param == "memory":
        return MemoryInterventions()
    return PostgresInterventions(Database(request.getfixturevalue("fresh_dsn")))


def proposal(name: str, rank: int = 1, **more: Any) -> Any:
    return {"id": name, "rank": rank, "title": f"fewer meetings for {name}"} | more


def states(store: Interventions) -> dict[str, str]:
    return {each.id: each.status for each in store.all()}


def history(store: Interventions, name: str) -> list[tuple[str, str, str]]:
    found = next(each for each in store.all() if each.id == name)
    return [(event.action, event.now, event.actor) for event in found.events]


def test_new_proposals_stand_open_best_first(store: Interventions) -> None:
    store.sync_proposals([proposal("b", 2), proposal("a", 10), proposal("c", 1)], at=NOW, run="r1")
    assert [each.id for each in store.all()] == ["c", "b", "a"]
    first = store.all()[0]
    assert (first.status, first.proposal["title"], first.run) == ("proposed", "fewer meetings for c", "r1")
    assert first.proposed_at == NOW


def test_the_same_again_changes_nothing(store: Interventions) -> None:
    store.sync_proposals([proposal("a")], at=NOW, run="r1")
    before = store.all()
    store.sync_proposals([proposal("a")], at=LATER, run="r2")
    assert store.all() == before


def test_an_open_proposal_follows_its_evidence(store: Interventions) -> None:
    store.sync_proposals([proposal("a", score=3)], at=NOW, run="r1")
    store.sync_proposals([proposal("a", score=4)], at=LATER, run="r2")
    found = store.all()[0]
    assert (found.proposal["score"], found.proposed_at, found.changed_at) == (4, NOW, LATER)
    assert history(store, "a") == [("propose", "proposed", "engine")]


def test_what_vanished_is_withdrawn_and_may_come_back(store: Interventions) -> None:
    store.sync_proposals([proposal("a")], at=NOW, run="r1")
    store.sync_proposals([], at=LATER, run="r2")
    assert states(store) == {"a": "withdrawn"}
    store.sync_proposals([proposal("a")], at=LATER, run="r3")
    assert history(store, "a") == [
        ("propose", "proposed", "engine"),
        ("withdraw", "withdrawn", "engine"),
        ("propose", "proposed", "engine"),
    ]


@pytest.mark.parametrize("actions", [["approve"], ["reject"], ["approve", "start"], ["approve", "withdraw"]])
def test_what_people_acted_on_is_never_touched(store: Interventions, actions: list[str]) -> None:
    store.sync_proposals([proposal("a", gain=3)], at=NOW, run="r1")
    for action in actions:
        store.act("a", action, actor="ana", at=NOW)
    before = store.all()
    store.sync_proposals([proposal("a", gain=9)], at=LATER, run="r2")
    store.sync_proposals([], at=LATER, run="r3")
    assert store.all() == before


def test_what_was_rejected_comes_back_after_the_cool_down_and_not_before(store: Interventions) -> None:
    store.sync_proposals([proposal("a")], at=NOW, run="r1")
    store.act("a", "reject", actor="ana", at=NOW)
    store.sync_proposals([proposal("a")], at=NOW + timedelta(days=89), run="r2")
    assert states(store) == {"a": "rejected"}
    store.sync_proposals([proposal("a")], at=NOW + timedelta(days=91), run="r3")
    assert history(store, "a")[-1] == ("propose", "proposed", "engine")


def test_an_approval_that_nobody_followed_expires(store: Interventions) -> None:
    store.sync_proposals([proposal("a")], at=NOW, run="r1")
    store.act("a", "approve", actor="ana", at=NOW)
    store.sync_proposals([], at=NOW + timedelta(days=31), run="r2")
    assert history(store, "a")[-1] == ("expire", "expired", "engine")


def test_a_rejection_is_taken_back_by_people_within_a_day(store: Interventions) -> None:
    store.sync_proposals([proposal("a"), proposal("b")], at=NOW, run="r1")
    for name in ("a", "b"):
        store.act(name, "reject", actor="ana", at=NOW)
    assert store.act("a", "withdraw", actor="ana", at=LATER) == "proposed"
    with pytest.raises(RefusedError):
        store.act("b", "withdraw", actor="ana", at=NOW + timedelta(days=2))


def test_acting_is_written_down_with_who_and_why(store: Interventions) -> None:
    store.sync_proposals([proposal("a")], at=NOW, run="r1")
    assert store.act("a", "approve", actor="ana", at=LATER, detail={"reason": "'; DROP TABLE x; --"}) == "approved"
    event = store.all()[0].events[-1]
    assert (event.action, event.was, event.now, event.actor) == ("approve", "proposed", "approved", "ana")
    assert (event.detail, event.at) == ({"reason": "'; DROP TABLE x; --"}, LATER)


def test_machines_and_wrong_turns_are_refused(store: Interventions) -> None:
    store.sync_proposals([proposal("a")], at=NOW, run="r1")
    with pytest.raises(RefusedError):
        store.act("a", "approve", actor="schedule", at=NOW)
    with pytest.raises(RefusedError):
        store.act("a", "finish", actor="ana", at=NOW)
    with pytest.raises(RequestError):
        store.act("b", "approve", actor="ana", at=NOW)
    assert history(store, "a") == [("propose", "proposed", "engine")]


def test_history_cannot_be_rewritten(fresh_dsn: str) -> None:
    import psycopg

    database = Database(fresh_dsn)
    PostgresInterventions(database).sync_proposals([proposal("a")], at=NOW, run="r1")
    for statement in ("UPDATE organism.intervention_event SET actor = 'x'", "DELETE FROM organism.intervention_event"):
        with pytest.raises(psycopg.Error, match="append-only"), database.connection() as connection:
            connection.execute(statement.encode())
