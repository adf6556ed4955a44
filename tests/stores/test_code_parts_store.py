"""Every store of the parts of code versions behaves the same, in memory and in PostgreSQL."""

from __future__ import annotations

import pytest

from causal_organism.ports import CodeParts
from causal_organism.stores.memory.code_parts import MemoryCodeParts
from causal_organism.stores.postgres.code_parts import PostgresCodeParts
from causal_organism.stores.postgres.database import Database

ONE = {"m:f": {"body": "1a", "names": "2b"}, "setting '; DROP TABLE x; --": {"value": "3c"}}
TWO = {"m:f": {"body": "9f", "names": "2b"}}


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> CodeParts:
    if request.param == "memory":
        return MemoryCodeParts()
    return PostgresCodeParts(Database(request.getfixturevalue("fresh_dsn")))


def test_what_is_recorded_is_found_by_version_and_never_changes(store: CodeParts) -> None:
    assert store.load(["one"]) == {}
    store.record({})
    store.record({"one": ONE})
    store.record({"one": TWO, "two": TWO})
    assert store.load(["two", "one", "other"]) == {"one": ONE, "two": TWO}
    assert store.load([]) == {}
