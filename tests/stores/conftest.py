"""Archives to test: in memory, and in databases of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from causal_organism.ports import Archive
from causal_organism.stores.archive import PostgresArchive
from causal_organism.stores.memory_archive import MemoryArchive
from causal_organism.stores.postgres import Database

Make = Callable[[], Archive]


@pytest.fixture(params=["memory", "postgres"])
def make_archive(request: pytest.FixtureRequest) -> Iterator[Make]:
    if request.param == "memory":
        yield MemoryArchive
        return
    fresh_database = request.getfixturevalue("fresh_database")
    databases: list[Database] = []

    def make() -> Archive:
        databases.append(Database(fresh_database()))
        return PostgresArchive(databases[-1])

    yield make
    for each in databases:
        each.close()


@pytest.fixture
def archive(make_archive: Make) -> Archive:
    return make_archive()
