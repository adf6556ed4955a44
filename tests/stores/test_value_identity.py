"""Which store is the ledger's: the first that was written to, whoever asks and wherever it is mounted."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causal_organism.assets.contents import Stored
from causal_organism.errors import DamagedValueError, OtherValuesError, StoreError
from causal_organism.ports import ValueStore
from causal_organism.stores.memory.values import MemoryValues
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.values.files import files_at
from causal_organism.stores.values.mark import MARK, make_mark, read_mark
from causal_organism.stores.values.store import SMALL_BYTES, Values
from tests.waiting import PATIENCE_S

LARGE = {"text": "x" * (SMALL_BYTES + 1)}
Open = Callable[[str], Values]
Place = Callable[[str], str]


@pytest.fixture(params=["folder", "URL", "object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Name -> the folder or URL of a store of its own."""
    if request.param == "object store":
        base, mark, query = request.getfixturevalue("object_store").partition("?")
        return lambda name: f"{base}/{name}{mark}{query}"
    return lambda name: str(tmp_path / name) if request.param == "folder" else (tmp_path / name).as_uri()


@pytest.fixture
def opened(fresh_dsn: str, place: Place) -> Open:
    """A process of its own with a store."""
    return lambda name: Values(Database(fresh_dsn), place(name))


def written(values: ValueStore, value: Any) -> Stored:
    return values.describe(value)[1]()


@pytest.fixture(params=["memory", "files"])
def values(request: pytest.FixtureRequest, tmp_path: Path) -> ValueStore:
    if request.param == "memory":
        return MemoryValues()
    return Values(Database(request.getfixturevalue("fresh_dsn")), tmp_path / "values")


def test_a_store_that_was_written_to_is_the_ledgers_own(values: ValueStore) -> None:
    values.require_own()
    stored = written(values, LARGE)
    values.require_own()
    assert not values.damaged([stored])
    adopted = values.adopt(incomplete=False)
    assert adopted.where == adopted.was and adopted.missing == 0


def test_the_first_that_is_written_to_is_known_and_others_are_refused(opened: Open, place: Place) -> None:
    first, other = opened("first"), opened("other")
    first.require_own()
    other.require_own()  # nobody wrote anything large yet
    stored = written(first, LARGE)
    small = written(other, 1)
    for refused in (other.require_own, other.about, lambda: written(other, LARGE), lambda: other.load(stored)):
        with pytest.raises(OtherValuesError) as told:
            refused()
        assert all(files_at(place(name)).described() in told.value.message for name in ("first", "other"))
    assert files_at(place("other")).identity() is None and list(files_at(place("other")).stored()) == []
    assert other.load(small) == 1
    assert not other.damaged([stored])  # as far as can be told from there
    assert opened("first").load(stored) == LARGE


def test_what_is_gone_from_the_ledgers_own_store_is_damage(opened: Open, place: Place) -> None:
    values = opened("first")
    stored = written(values, LARGE)
    (file,) = files_at(place("first")).stored()
    files_at(place("first")).remove(file.place)
    assert values.damaged([stored])
    with pytest.raises(DamagedValueError, match="is not there"):
        values.load(stored)
    values.require_own()


def test_damage_in_somebody_elses_store_is_left_where_it_is(opened: Open, place: Place) -> None:
    stored = written(opened("first"), LARGE)
    theirs = files_at(place("other"))
    theirs.write(stored.name, b"?" * stored.bytes)
    with pytest.raises(DamagedValueError):
        opened("other").load(stored)
    assert theirs.read(stored.name) == b"?" * stored.bytes


def test_an_adopted_store_is_known_from_then_on(opened: Open) -> None:
    first, other = opened("first"), opened("other")
    written(first, LARGE)
    adopted = other.adopt(incomplete=False)
    assert adopted.was != adopted.where
    other.require_own()
    written(other, LARGE)
    with pytest.raises(OtherValuesError):
        written(first, LARGE)


@pytest.mark.parametrize("names", [("same", "same"), ("one", "other")], ids=["one store", "two stores"])
def test_two_that_write_first_at_once_agree(opened: Open, names: tuple[str, str]) -> None:
    both = [opened(name) for name in names]
    for each in both:
        each.require_own()
    start, ended = threading.Barrier(2), dict[int, str]()

    def write(at: int) -> None:
        start.wait(PATIENCE_S)
        try:
            written(both[at], LARGE)
            ended[at] = "written"
        except OtherValuesError:
            ended[at] = "refused"

    threads = [threading.Thread(target=write, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(ended.values()) == (["written"] * 2 if names[0] == names[1] else ["refused", "written"])
    winner = next(at for at, how in ended.items() if how == "written")
    opened(names[winner]).require_own()


def test_a_folder_mounted_elsewhere_is_the_same_store(fresh_dsn: str, tmp_path: Path) -> None:
    stored = written(Values(Database(fresh_dsn), tmp_path / "here"), LARGE)
    (tmp_path / "here").rename(tmp_path / "there")
    moved = Values(Database(fresh_dsn), (tmp_path / "there").as_uri())
    moved.require_own()
    assert moved.load(stored) == LARGE
    shutil.rmtree(tmp_path / "there")
    (tmp_path / "there").mkdir()  # the mount is gone
    with pytest.raises(OtherValuesError, match=rf"has no {MARK}"):
        written(moved, LARGE)
    assert list((tmp_path / "there").iterdir()) == []


def test_a_mark_is_written_once(tmp_path: Path) -> None:
    assert read_mark(tmp_path / "values") is None
    make_mark(tmp_path / "values", "first")
    make_mark(tmp_path / "values", "second")
    assert read_mark(tmp_path / "values") == "first"
    assert [each.name for each in (tmp_path / "values").iterdir()] == [MARK]


def test_a_mark_that_cannot_be_read_is_a_store_error(fresh_dsn: str, tmp_path: Path) -> None:
    written(Values(Database(fresh_dsn), tmp_path / "values"), LARGE)
    (tmp_path / "values" / MARK).unlink()
    (tmp_path / "values" / MARK).mkdir()
    with pytest.raises(StoreError, match="cannot be read"):
        Values(Database(fresh_dsn), tmp_path / "values").require_own()
