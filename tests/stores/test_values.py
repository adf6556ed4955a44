"""What every value store does with many contents at once: in memory and in PostgreSQL with files."""

from __future__ import annotations

from pathlib import Path

import pytest

from causal_organism.errors import DamagedValueError
from causal_organism.ports import ValueStore
from causal_organism.stores.memory_ledger import MemoryValues
from causal_organism.stores.postgres import Database
from causal_organism.stores.values import SMALL_BYTES, Values


@pytest.fixture(params=["memory", "postgres"])
def values(request: pytest.FixtureRequest, tmp_path: Path) -> ValueStore:
    if request.param == "memory":
        return MemoryValues()
    fresh: str = request.getfixturevalue("fresh_dsn")
    return Values(Database(fresh), tmp_path)


def test_many_values_come_in_the_order_that_they_were_asked_for(values: ValueStore) -> None:
    given = [{"n": at % 700} for at in range(1500)]
    given[3] = {"text": "x" * (SMALL_BYTES + 1)}  # a file
    contents = []
    for value in given:
        content, write = values.describe(value)
        contents.append((write(), content))
    found = values.load_many(contents)
    assert found == given
    assert found[0] is not found[700]  # whoever changes one does not change the other


def test_many_values_with_one_that_is_gone_are_an_error(values: ValueStore) -> None:
    content, write = values.describe(1)
    place = write()
    with pytest.raises(DamagedValueError):
        values.load_many([(place, content), (place, "gone")])


def test_none_of_many_is_none(values: ValueStore) -> None:
    assert values.load_many([]) == []
