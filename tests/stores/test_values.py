"""What every value store does with many contents at once: in memory and in PostgreSQL with files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from causal_organism.assets.contents import Patch, Row, Stored
from causal_organism.errors import DamagedValueError, SettingsError, StoreError
from causal_organism.ports import ValueStore
from causal_organism.stores.memory.values import MemoryValues
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.values.files import FolderFiles
from causal_organism.stores.values.store import SMALL_BYTES, Values


@pytest.fixture(params=["memory", "postgres", "pgbouncer and a URL"])
def values(request: pytest.FixtureRequest, tmp_path: Path) -> ValueStore:
    if request.param == "memory":
        return MemoryValues()
    fresh: str = request.getfixturevalue("fresh_dsn" if request.param == "postgres" else "pooled_dsn")
    return Values(Database(fresh), tmp_path if request.param == "postgres" else tmp_path.as_uri())


def test_many_values_come_in_the_order_that_they_were_asked_for(values: ValueStore) -> None:
    given: list[dict[str, Any]] = [{"n": at % 700} for at in range(1500)]
    given[3] = {"text": "x" * (SMALL_BYTES + 1)}  # a file
    contents = []
    for value in given:
        contents.append(written(values, value))
    found = values.load_many(contents)
    assert found == given
    assert found[0] is not found[700]  # whoever changes one does not change the other


def test_many_values_with_one_that_is_gone_are_an_error(values: ValueStore) -> None:
    stored = written(values, 1)
    with pytest.raises(DamagedValueError):
        values.load_many([stored, replace(stored, name="gone")])


def test_none_of_many_is_none(values: ValueStore) -> None:
    assert values.load_many([]) == []


def people(count: int, **changed: float) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(1)
    score = chance.random(count)
    for place, value in changed.items():
        score[int(place.removeprefix("p"))] = value
    ids = np.array([f"p{at}" for at in range(count)], dtype=object)
    return {"id": ids, "score": score, "rank": np.arange(count)}


def written(values: ValueStore, value: Any, base: Stored | None = None) -> Stored:
    return values.describe(value, base=base)[1]()


def same(one: Any, other: Any) -> bool:
    return list(one) == list(other) and all(
        np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f") for name in one
    )


def place_of(stored: Values) -> Path | str:
    files = stored._files
    return files._folder if isinstance(files, FolderFiles) else files._url  # type: ignore[attr-defined]


class TestPatches:
    @pytest.fixture(params=["folder", "URL"])
    def stored(self, request: pytest.FixtureRequest, fresh_dsn: str, tmp_path: Path) -> Values:
        """Object stores are spoken to through the same library as this URL of a folder."""
        return Values(Database(fresh_dsn), tmp_path if request.param == "folder" else tmp_path.as_uri())

    @pytest.fixture
    def another(self, stored: Values) -> Values:
        """Another process, that remembers nothing."""
        return Values(stored._database, place_of(stored))

    def test_a_table_that_changed_a_little_is_stored_as_what_changed(self, stored: Values, another: Values) -> None:
        first = written(stored, people(20_000))
        before = stored.bytes_written
        second = written(stored, people(20_000, p7=5.0), first)
        assert isinstance(second, Patch)
        assert stored.bytes_written - before < 2_000 < first.bytes / 50
        assert same(another.load(second), people(20_000, p7=5.0))
        assert same(another.load(first), people(20_000))
        assert another.rows(second) == stored.rows(second)

    def test_patches_stand_on_each_other_and_new_people_are_behind(self, stored: Values, another: Values) -> None:
        last = written(stored, people(3_000))
        for at in range(5):
            last = written(stored, people(3_000 + at, **{f"p{at}": np.nan, "p9": float(at)}), last)
        assert isinstance(last, Patch) and last.depth == 5
        assert same(another.load(last), people(3_004, p4=np.nan, p9=4.0))

    def test_the_fingerprint_does_not_tell_how_it_is_stored(self, stored: Values) -> None:
        first = written(stored, people(3_000))
        assert stored.describe(people(3_000, p1=2.0), base=first)[0] == stored.describe(people(3_000, p1=2.0))[0]

    @pytest.mark.parametrize(
        "changed",
        [
            {"id": people(3_000)["id"][::-1].copy(), **{n: people(3_000)[n] for n in ("score", "rank")}},
            people(2_999),
            {**people(3_000), "more": np.arange(3_000)},
            {"id": people(3_000)["id"], "score": np.zeros(3_000), "rank": np.arange(3_000)},
            {**people(3_000), "rank": np.arange(3_000) / 1},
        ],
        ids=["another order", "somebody gone", "another column", "much changed", "another type"],
    )
    def test_what_does_not_fit_is_stored_whole(self, stored: Values, another: Values, changed: Any) -> None:
        first = written(stored, people(3_000))
        second = written(stored, changed, first)
        assert not isinstance(second, Patch)
        assert same(another.load(second), changed)

    def test_when_patches_are_as_large_as_the_table_a_whole_one_is_written(self, stored: Values) -> None:
        last = written(stored, people(400))
        kinds = set()
        for at in range(60):
            last = written(stored, people(400, **{f"p{at}": float(at)}), last)
            kinds.add(type(last))
            if isinstance(last, Patch):
                assert last.patched <= last.root.bytes
        assert kinds == {Row, Patch}

    def test_a_sweep_keeps_what_a_needed_patch_stands_on(self, stored: Values, another: Values) -> None:
        first = written(stored, people(20_000))
        second = written(stored, people(20_000, p1=2.0), first)
        third = written(stored, people(20_000, p1=2.0, p2=3.0), second)
        later = datetime.now(UTC) + timedelta(hours=1)
        assert stored.sweep([third.name], before=later) == (0, 0)
        assert same(another.load(third), people(20_000, p1=2.0, p2=3.0))
        assert stored.sweep([], before=later)[0] == 3

    def test_a_damaged_root_is_noticed_and_making_it_again_repairs_it(
        self, stored: Values, another: Values, tmp_path: Path
    ) -> None:
        first = written(stored, people(20_000))
        second = written(stored, people(20_000, p1=2.0), first)
        (file,) = (each for each in tmp_path.rglob(first.name))
        file.write_bytes(b"damaged")
        assert another.damaged([second])
        with pytest.raises(DamagedValueError):
            another.load(second)
        written(stored, people(20_000, p1=2.0))
        assert not another.damaged([second])
        assert same(another.load(second), people(20_000, p1=2.0))

    @pytest.mark.parametrize("at", [0.5, 1.0], ids=["in a column", "at its end"])
    def test_what_was_written_whole_in_its_place_may_be_damaged_too(
        self, stored: Values, another: Values, tmp_path: Path, at: float
    ) -> None:
        second = written(stored, people(20_000, p1=2.0), written(stored, people(20_000)))
        assert isinstance(second, Patch)
        (root,) = tmp_path.rglob(second.root.name)
        root.write_bytes(b"damaged")
        written(stored, people(20_000, p1=2.0))
        (whole,) = tmp_path.rglob(second.whole)
        body = bytearray(whole.read_bytes())
        start = min(int(at * len(body)), len(body) - 64)
        body[start : start + 64] = bytes(each ^ 0x55 for each in body[start : start + 64])
        whole.write_bytes(bytes(body))
        with pytest.raises(DamagedValueError):
            another.load(second)
        assert another.damaged([second])
        written(stored, people(20_000, p1=2.0))
        assert same(another.load(second), people(20_000, p1=2.0))

    def test_a_link_that_is_gone_is_damage_and_not_older_content(self, stored: Values, another: Values) -> None:
        first = written(stored, people(20_000))
        second = written(stored, people(20_000, p1=2.0), first)
        third = written(stored, people(20_000, p2=2.0), second)
        with stored._database.connection() as connection:
            connection.execute("DELETE FROM organism.small_value WHERE fingerprint = %s", (second.name,))
        with pytest.raises(DamagedValueError):
            another.load(third)

    def test_another_process_reads_only_what_changed_since_it_last_looked(self, stored: Values, tmp_path: Path) -> None:
        def fresh() -> Values:
            return Values(stored._database, place_of(stored), cache=tmp_path / "cache")

        last = written(stored, people(20_000), None)
        last = written(stored, people(20_000, p0=1.0), last)
        assert same(fresh().load(last), people(20_000, p0=1.0))  # and keeps it on this machine
        for at in range(1, 40):
            last = written(stored, people(20_000, **{f"p{at}": 1.0, "p0": 1.0}), last)
            process = fresh()
            assert process.load(last)["score"][at] == 1.0
            assert process.bytes_read < 60_000 < stored.bytes_written

    def test_a_damaged_cache_is_as_good_as_none(self, stored: Values, tmp_path: Path) -> None:
        process = Values(stored._database, place_of(stored), cache=tmp_path / "cache")
        last = written(stored, people(20_000, p3=2.0), written(stored, people(20_000)))
        process.load(last)
        (file,) = (tmp_path / "cache").iterdir()
        file.write_bytes(file.read_bytes()[:-9] + b"nonsense!")
        last = written(stored, people(20_000, p3=2.0, p5=6.0), last)
        again = Values(stored._database, place_of(stored), cache=tmp_path / "cache")
        assert same(again.load(last), people(20_000, p3=2.0, p5=6.0))

    def test_nested_columns_and_those_with_a_dictionary_are_stored_whole(self, stored: Values, another: Values) -> None:
        def table(first: str) -> pa.Table:
            texts = [first, *(f"t{at % 3}" for at in range(2_999))]
            lists = [[at] for at in range(3_000)]
            return pa.table(
                {"id": [f"p{at}" for at in range(3_000)], "t": pa.array(texts).dictionary_encode(), "l": lists}
            )

        place = written(stored, table("new"), written(stored, table("t0")))
        assert not isinstance(place, Patch)
        assert another.load(place).equals(table("new"))

    def test_frames_and_arrow_tables_come_back_as_they_were(self, stored: Values, another: Values) -> None:
        frame = pd.DataFrame(
            {"score": np.arange(3_000) / 7, "team": ["a", None, "c"] * 1_000, "when": pd.Timestamp("2026-01-01")},
            index=pd.Index([f"p{at}" for at in range(3_000)], name="who"),
        )
        changed = frame.copy()
        changed.loc["p5", ["score", "team"]] = [9.0, "ü"]
        place = written(stored, changed, written(stored, frame))
        assert isinstance(place, Patch)
        pd.testing.assert_frame_equal(another.load(place), changed)


def test_a_url_that_is_none_says_what_to_name(fresh_dsn: str) -> None:
    values = Values(Database(fresh_dsn), "ftp://nowhere/values")
    with pytest.raises(SettingsError, match=r"ORGANISM_VALUES is 'ftp://nowhere/values'"):
        written(values, {"text": "x" * (SMALL_BYTES + 1)})


def test_a_store_that_cannot_be_written_is_a_store_error(fresh_dsn: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    values = Values(Database(fresh_dsn), (tmp_path / "file").as_uri())
    with pytest.raises(StoreError, match=r"cannot be (read|written)"):
        written(values, {"text": "x" * (SMALL_BYTES + 1)})
