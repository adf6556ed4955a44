"""Whoever is read-only is refused by the servers themselves, with a login that only reads and without one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from causal_organism.errors import RefusedError, StoreError
from causal_organism.ports import DeadLetter, EventStream, NetworkStore
from causal_organism.settings import Settings, load_settings
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.wiring import OpenOrganism
from tests.conftest import EmbeddedHome
from tests.stores.networks import bolt_network, three_batches
from tests.stores.truth import NOW

READER, ENTRY = "a login that only reads", {"source": "ana", "target": "bo"}


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        act()
    return caught.value.code


@pytest.fixture
def stream_settings(embedded_home: EmbeddedHome) -> Settings:
    name = f"test:{uuid.uuid4().hex}"
    return replace(embedded_home.start("stream"), stream=name, dead_letters=f"{name}:dead")


@pytest.fixture(params=[READER, "redis_url"])
def streams(request: pytest.FixtureRequest, stream_settings: Settings) -> tuple[EventStream, EventStream]:
    """The same stream: one that writes, and one that is read-only."""
    settings = replace(stream_settings, read_only=True)
    if request.param != READER:
        settings = replace(settings, redis_reader_url=None)
    return OpenOrganism(stream_settings).stream, OpenOrganism(settings).stream


def test_a_stream_that_is_read_only_is_read_as_ever(streams: tuple[EventStream, EventStream]) -> None:
    writing, reading = streams
    assert reading.state() == writing.state()  # of a stream that never was
    ids = writing.append([ENTRY, ENTRY])
    writing.write_dead_letters([DeadLetter(id="1-1", reason="bad-id", fields={"a": "b"})])
    assert reading.state() == writing.state()
    assert [each.id for each in reading.read_after(ids[0], 5)] == [ids[1]]
    assert reading.read_dead_letters() == writing.read_dead_letters()
    assert reading.count_dead_letters() == 1
    clock = reading.clock()
    assert clock is not None and clock >= NOW


def test_the_server_of_the_stream_refuses_what_writes(streams: tuple[EventStream, EventStream]) -> None:
    writing, reading = streams
    writing.append([ENTRY])
    letter = DeadLetter(id="1-1", reason="bad-id", fields={})
    for act in (
        lambda: reading.append([ENTRY]),
        lambda: reading.trim("9999999999999-0"),
        lambda: reading.drop_dead_letters(["1-1"]),
        lambda: reading.write_dead_letters([letter]),
    ):
        assert refused(act) in ("read-only", "not-permitted")
    assert (writing.state().length, writing.count_dead_letters()) == (1, 0)


@pytest.fixture(params=["embedded", "neo4j"])
def networks(request: pytest.FixtureRequest) -> Iterator[tuple[NetworkStore, NetworkStore]]:
    """The same network: one that writes, and one that is read-only; on Neo4j by its mode, as its users are alike."""
    settings = request.getfixturevalue("neo4j_settings" if request.param == "embedded" else "neo4j_server")
    writing, reading = bolt_network(settings), OpenOrganism(replace(settings, read_only=True)).network
    writing.clear()
    yield writing, reading
    writing.close()
    reading.close()  # type: ignore[attr-defined]


def test_the_networks_server_refuses_what_writes(networks: tuple[NetworkStore, NetworkStore]) -> None:
    writing, reading = networks
    first, second, _ = three_batches()
    writing.apply(first)
    assert reading.position() == writing.position()
    assert list(reading.read().ids) == ["a", "b"]
    for act in (lambda: reading.apply(second), reading.clear):
        assert refused(act) in ("read-only", "not-permitted")
    assert writing.position().batch == 1


def test_the_ledgers_server_refuses_what_writes(fresh_dsn: str) -> None:
    writing, reading = Database(fresh_dsn), Database(fresh_dsn, read_only=True, deadline_s=4.0)
    with pytest.raises(StoreError) as caught:
        PostgresLedger(reading).audit_log()
    assert (caught.value.code, caught.value.exit_code) == ("not-migrated", 3)
    PostgresLedger(writing).audit(actor="ana", action="pin", subject="k", detail={}, at=NOW)
    assert [each.subject for each in PostgresLedger(reading).audit_log()] == ["k"]
    again = PostgresLedger(reading)
    assert refused(lambda: again.audit(actor="ana", action="pin", subject="l", detail={}, at=NOW)) == "read-only"
    writing.close()
    reading.close()


def test_a_pooler_takes_read_only_too(pooled_dsn: str) -> None:
    writing, reading = Database(pooled_dsn), Database(pooled_dsn, read_only=True)
    PostgresLedger(writing).audit(actor="ana", action="pin", subject="k", detail={}, at=NOW)
    assert len(PostgresLedger(reading).audit_log()) == 1
    act = PostgresLedger(reading)
    assert refused(lambda: act.audit(actor="ana", action="pin", subject="l", detail={}, at=NOW)) == "read-only"
    writing.close()
    reading.close()


def test_logins_that_only_read_stand_in_for_the_others_of_the_same_server_alone() -> None:
    given = {
        "ORGANISM_POSTGRES_DSN": "postgresql://ana@db/o", "ORGANISM_POSTGRES_READER_DSN": "postgresql://eve@db/o",
        "ORGANISM_TIMESCALE_DSN": "postgresql://ana@db/o", "ORGANISM_REDIS_URL": "redis://a",
        "ORGANISM_NEO4J_USER": "a", "ORGANISM_REDIS_READER_URL": "redis://reader@a", "ORGANISM_NEO4J_READER_USER": "r",
        "ORGANISM_NEO4J_READER_PASSWORD": "p",
    }  # fmt: skip
    found = OpenOrganism(replace(load_settings(given), read_only=True)).settings
    assert (found.postgres_dsn, found.timescale_dsn) == ("postgresql://eve@db/o", "postgresql://eve@db/o")
    assert (found.redis_url, found.neo4j_user, found.neo4j_password) == ("redis://reader@a", "r", "p")
    assert OpenOrganism(load_settings(given)).settings.postgres_dsn == "postgresql://ana@db/o"


def test_the_homes_reader_is_not_taken_to_a_server_elsewhere(embedded_home: EmbeddedHome) -> None:
    own = embedded_home.start("stream")
    assert own.redis_reader_url is not None
    elsewhere = load_settings({**embedded_home.environ, "ORGANISM_REDIS_URL": "redis://elsewhere"})
    assert elsewhere.redis_reader_url is None
