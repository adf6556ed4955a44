"""Archives and networks to test: in memory, in databases of their own, and on servers that speak Bolt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest

from causal_organism.ports import Archive, Ledger, NetworkStore
from causal_organism.settings import Settings
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.memory.archive import MemoryArchive
from causal_organism.stores.memory.ledger import MemoryLedger
from causal_organism.stores.memory.network import MemoryNetwork
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.stores.postgres.archive.store import PostgresArchive
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.ledger import PostgresLedger
from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator
from tests.stores.networks import Open, bolt_network
from tests.stores.prefect_servers import clear, client

Make = Callable[[], Archive]


@pytest.fixture(params=["memory", "postgres", "pgbouncer", "timescale"])
def make_archive(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes archives, each of its own; on a TimescaleDB all that are made are the same one."""
    if request.param == "memory":
        yield MemoryArchive
        return
    if request.param == "timescale":
        fresh_database = partial(str, request.getfixturevalue("timescale_dsn"))
    else:
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


@pytest.fixture(params=["memory", "postgres", "pgbouncer"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "memory":
        return MemoryLedger(lambda: datetime.now(UTC))
    fresh: str = request.getfixturevalue("fresh_dsn" if request.param == "postgres" else "pooled_dsn")
    return PostgresLedger(Database(fresh))


@pytest.fixture(scope="session")
def prefect_settings(embedded_home: Any) -> Settings:
    settings: Settings = embedded_home.start("orchestrator")
    return settings


@pytest.fixture
def server(prefect_settings: Settings) -> Iterator[httpx.Client]:
    """A Prefect server without anything of ours, whose pool gives no run to its worker."""
    with client(prefect_settings) as api:
        clear(api)
        api.patch("/work_pools/default", json={"is_paused": True}).raise_for_status()
        yield api
        clear(api)
        api.patch("/work_pools/default", json={"is_paused": False})


@pytest.fixture
def prefect(server: httpx.Client, prefect_settings: Settings) -> Iterator[PrefectOrchestrator]:
    orchestrator = PrefectOrchestrator(prefect_settings)
    yield orchestrator
    orchestrator.close()


@pytest.fixture(params=["memory", "prefect"])
def orchestrator(request: pytest.FixtureRequest) -> Any:
    return MemoryOrchestrator() if request.param == "memory" else request.getfixturevalue("prefect")
