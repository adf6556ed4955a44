"""What every store of large content does: a folder, a URL of a folder, and an object store where one is named."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from causal_organism.errors import DamagedValueError, SettingsError, StoreError
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.values.files import Files, ObjectFiles, files_at
from causal_organism.stores.values.store import Values

CONTENT = "ab" * 32
OTHER = "cd" * 32


@pytest.fixture(params=["folder", "URL", "object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "object store":
        url: str = request.getfixturevalue("object_store")
        return url
    return str(tmp_path / "values") if request.param == "folder" else (tmp_path / "values").as_uri()


@pytest.fixture
def files(place: str) -> Files:
    return files_at(place)


def lying(files: Files) -> list[tuple[str, int]]:
    return sorted((each.content, each.bytes) for each in files.stored())


def test_what_was_written_is_read_and_removed(files: Files) -> None:
    assert files.sizes([CONTENT]) == {}
    assert lying(files) == []
    files.write(CONTENT, b"x" * 100_000)
    files.write(OTHER, b"y")
    assert files.sizes([CONTENT]) == {CONTENT: 100_000}
    assert files.read(CONTENT) == b"x" * 100_000
    assert lying(files) == [(CONTENT, 100_000), (OTHER, 1)]
    (gone,) = (each.place for each in files.stored() if each.content == CONTENT)
    files.remove(gone)
    files.remove(gone)  # another process was faster
    assert lying(files) == [(OTHER, 1)]
    with pytest.raises(FileNotFoundError):
        files.read(CONTENT)


def test_it_tells_where_it_is_without_writing(files: Files, tmp_path: Path) -> None:
    assert files.about()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="file/values cannot be written"):
        files_at(tmp_path / "file" / "values").about()


def test_written_now_is_a_moment_ago(files: Files) -> None:
    files.write(CONTENT, b"x")
    (found,) = files.stored()
    assert abs(found.written_s - datetime.now(UTC).timestamp()) < 60


def test_damaged_content_is_out_of_the_way_and_still_there(files: Files) -> None:
    files.write(CONTENT, b"damaged")
    files.set_aside(CONTENT)
    assert files.sizes([CONTENT]) == {}
    assert lying(files) == [(CONTENT, 7)]
    files.write(CONTENT, b"whole again")
    assert files.read(CONTENT) == b"whole again"


def test_what_somebody_else_keeps_there_is_none_of_ours(place: str) -> None:
    files = files_at(place)
    files.write(CONTENT, b"x")
    beside = files_at(_within(place, "ab"))  # ab/ab/abab…: one folder too deep
    beside.write(CONTENT, b"x")
    if isinstance(files, ObjectFiles):
        system, base = files._system
        for name in ("ab/letter.txt", "data.csv", "reports/2026.parquet"):
            if system.type_name == "local":
                system.create_dir(f"{base}/{name}".rpartition("/")[0], recursive=True)
            with system.open_output_stream(f"{base}/{name}") as target:
                target.write(b"theirs")
    else:
        (Path(place) / "ab" / "letter.txt").write_text("theirs")
    assert lying(files) == [(CONTENT, 1)]


def test_a_sweep_leaves_what_is_needed_and_what_is_young(place: str, fresh_dsn: str) -> None:
    values = Values(Database(fresh_dsn), place)
    named = []
    for text in "ab":
        named.append(values.describe(text * 100_000)[1]())
    now = datetime.now(UTC)
    assert values.sweep([], before=now - timedelta(hours=1)) == (0, 0)
    assert values.sweep([named[0].name], before=now + timedelta(hours=1))[0] == 1
    assert values.load(named[0]) == "a" * 100_000
    with pytest.raises(DamagedValueError, match="is not there"):
        values.load(named[1])


def test_damage_is_noticed_by_reading_and_mended_by_making_again(place: str, fresh_dsn: str) -> None:
    values = Values(Database(fresh_dsn), place)
    table = {"id": np.array([f"p{at}" for at in range(20_000)], dtype=object), "n": np.arange(20_000) ** 2}
    content, write = values.describe(table)
    where = write()
    body = files_at(place).read(content)
    files_at(place).write(content, body[:-1] + b"?")
    another = Values(Database(fresh_dsn), place)
    assert not another.damaged([where])  # of the same length: nobody has read it yet
    with pytest.raises(DamagedValueError, match="is damaged"):
        another.load(where)
    assert another.damaged([where])
    write()
    assert not another.damaged([where])
    assert list(another.load(where)["n"][:3]) == [0, 1, 4]


def test_a_bucket_that_is_not_there_says_where_to_look(object_store: str) -> None:
    bucket = object_store.removeprefix("s3://").partition("/")[0]
    assert files_at(object_store).about() == object_store.partition("?")[0]
    files = files_at(object_store.replace(bucket, f"no-{bucket}", 1))
    with pytest.raises(StoreError, match=f"there is no no-{bucket}"):
        files.about()
    with pytest.raises(StoreError, match="cannot be written") as told:
        files.write(CONTENT, b"x")
    assert "ORGANISM_VALUES" in str(told.value.hint)


def test_a_server_that_is_away_is_a_store_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    files = files_at("s3://bucket/values?endpoint_override=127.0.0.1:1&scheme=http&region=none")
    with pytest.raises(StoreError, match="s3://bucket/values cannot be asked") as told:  # after 6 s of trying
        files.sizes([CONTENT])
    assert "AWS_ENDPOINT_URL" in str(told.value.hint)


def test_a_store_that_refuses_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    files = files_at((tmp_path / "file").as_uri())
    for call in (
        lambda: files.write(CONTENT, b"x"),
        lambda: list(files.stored()),
        lambda: files.remove(str(tmp_path)),
    ):
        with pytest.raises(StoreError, match=r"cannot be (written|listed|removed)"):
            call()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove anything")
def test_a_folder_that_may_not_be_changed_is_a_store_error(tmp_path: Path) -> None:
    files = files_at(tmp_path)
    files.write(CONTENT, b"x")
    (found,) = files.stored()
    (tmp_path / "ab").chmod(0o500)
    with pytest.raises(StoreError, match="cannot be removed"):
        files.remove(found.place)
    with pytest.raises(StoreError, match="cannot be set aside"):
        files.set_aside(CONTENT)


def test_keys_in_a_url_are_not_shown() -> None:
    files = files_at("s3://key:secret@bucket/values/?region=none")
    assert files.where("abcd") == "s3://bucket/values/ab/abcd"


def test_keys_in_a_url_that_is_none_are_not_shown_either() -> None:
    with pytest.raises(SettingsError) as told:
        files_at("s3://key:sec/ret@bucket/values?region=none").sizes([CONTENT])
    assert "sec/ret" not in f"{told.value.message} {told.value.hint}"
    assert told.value.__cause__ is None and told.value.__suppress_context__  # a traceback in a log would show them


def _within(place: str, name: str) -> str:
    base, mark, query = place.partition("?")
    return f"{base}/{name}{mark}{query}"


def modes(folder: Path) -> set[tuple[bool, int]]:
    return {(each.is_dir(), stat.S_IMODE(each.stat().st_mode)) for each in (folder, *folder.rglob("*"))}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_folder_is_its_owners_alone_or_a_groups(tmp_path: Path, umask: int) -> None:
    group = str(os.getgid())
    before = os.umask(umask)
    try:
        for name, shared in (("own", None), ("shared", group)):
            files = files_at(tmp_path / name / "values", group=shared)
            files.write(CONTENT, b"x")
            files.mark("m")
    finally:
        os.umask(before)
    assert modes(tmp_path / "own") == {(True, 0o700), (False, 0o600)}
    assert modes(tmp_path / "shared") == {(True, 0o2770), (False, 0o660)}


def test_a_group_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ORGANISM_VALUES_GROUP is 'nobody-has-this'"):
        files_at(tmp_path, group="nobody-has-this")
