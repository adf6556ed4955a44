"""A home of servers that only these tests use, since they kill them."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from causal_organism.embedded import lifecycle
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers import postgres
from causal_organism.settings import Settings, load_settings
from tests.chaos.killing import SERVERS, Chaos, Victims


@pytest.fixture(scope="session")
def victims() -> Iterator[Victims]:
    folder = Path(tempfile.mkdtemp(prefix="organism-tests-"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORGANISM_", "PREFECT_"))}
    environ = {**kept, "ORGANISM_HOME": str(folder), "ORGANISM_ACTOR": "tests"}
    try:
        lifecycle.up(folder, SERVERS, environ=environ, owned=True)
        yield Victims(folder, load_settings(environ))
    finally:
        lifecycle.down(folder)
        postgres.remove_data(Home(folder))
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def chaos(victims: Victims) -> Iterator[Chaos]:
    import psycopg

    name = f"chaos_{uuid.uuid4().hex[:12]}"
    dsn = victims.settings.need("postgres_dsn")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    settings = replace(
        victims.settings,
        postgres_dsn=dsn.rpartition("/")[0] + f"/{name}",
        stream=f"chaos:{name}",
        dead_letters=f"chaos:{name}:dead",
        batch_events=12,
        lease_wait_s=2.0,
    )
    yield from running(settings)


@pytest.fixture
def chaos_on_neo4j(chaos: Chaos, neo4j_server: Settings) -> Iterator[Chaos]:
    """The same on a Neo4j."""
    server = {name: getattr(neo4j_server, name) for name in ("neo4j_uri", "neo4j_user", "neo4j_password")}
    yield from running(replace(chaos.settings, **server))


def running(settings: Settings) -> Iterator[Chaos]:
    found = Chaos(settings, random.Random(20_260_101))
    found.organism.network.clear()
    yield found
    for worker in found.workers:
        worker.kill()
    found.organism.close()
