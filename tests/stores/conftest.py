"""Archives and networks to test: in memory, in databases of their own, and on servers that speak Bolt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from causal_organism.ports import Archive, NetworkStore
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.memory.archive import MemoryArchive
from causal_organism.stores.memory.network import MemoryNetwork
from causal_organism.stores.postgres.archive import PostgresArchive
from causal_organism.stores.postgres.database import Database
from tests.stores.networks import Open, bolt_network

Make = Callable[[], Archive]


@pytest.fixture(params=["memory", "postgres", "pgbouncer"])
def make_archive(request: pytest.FixtureRequest) -> Iterator[Make]:
    if request.param == "memory":
        yield MemoryArchive
        return
    fresh_database = request.getfixturevalue("fresh_database")
    way = request.getfixturevalue("pgbouncer").dsn if request.param == "pgbouncer" else str
    databases: list[Database] = []

    def make() -> Archive:
        databases.append(Database(way(fresh_database())))
        return PostgresArchive(databases[-1])

    yield make
    for each in databases:
        each.close()


@pytest.fixture
def archive(make_archive: Make) -> Archive:
    return make_archive()


@pytest.fixture(params=["memory", "embedded", "neo4j"])
def open_network(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens connections of their own to one empty network. Neo4j itself where a home of one is named."""
    if request.param == "memory":
        store = MemoryNetwork()
        yield lambda: store
        return
    if request.param == "neo4j":
        settings = request.getfixturevalue("neo4j_server")
    else:
        settings = request.getfixturevalue("neo4j_settings")
    opened: list[BoltNetwork] = []

    def connect() -> NetworkStore:
        opened.append(bolt_network(settings))
        return opened[-1]

    connect().clear()
    yield connect
    for each in opened:
        each.close()
