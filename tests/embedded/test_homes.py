"""Whose home a folder is: its own, moved, copied, or not to be told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from causal_organism import homes
from causal_organism.errors import RefusedError
from causal_organism.homes import HomeState, recognize, record_identity
from causal_organism.settings import running_servers


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that was up once, with its ledger's data outside."""
    folder, outside = tmp_path / "home", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / homes.LEDGER_PLACE).write_text(str(outside))
    record_identity(folder)
    return folder


def copied(home: Path) -> Path:
    copy = home.with_name("copy")
    shutil.copytree(home, copy, symlinks=True)
    return copy


def test_a_home_is_its_own_by_any_path_to_it(home: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(home)
    assert [recognize(each).state for each in (home, link)] == [HomeState.OWN, HomeState.OWN]


def test_a_restored_backup_is_its_own(home: Path) -> None:
    backup = copied(home)
    shutil.rmtree(home)
    backup.rename(home)
    assert recognize(home).state is HomeState.OWN


def test_a_home_of_before_and_an_empty_folder_are_new(tmp_path: Path) -> None:
    assert recognize(tmp_path).state is HomeState.NEW
    assert recognize(tmp_path / "none").state is HomeState.NEW


def test_a_home_of_before_is_known_by_what_stands_with_its_ledger(home: Path) -> None:
    (home / homes.IDENTITY_FILE).unlink()
    (home.parent / "outside" / homes.OWNER_FILE).write_text(f"{home}\n")
    assert recognize(home).state is HomeState.OWN
    copy = copied(home)
    assert recognize(copy) == homes.Recognition(copy, HomeState.COPIED, home)
    shutil.rmtree(home)
    assert recognize(copy).state is HomeState.MOVED


@pytest.mark.parametrize("lost", [homes.IDENTITY_FILE, homes.LEDGER_PLACE])
def test_a_copy_without_some_files_is_a_copy(home: Path, lost: str) -> None:
    copy = copied(home)
    (copy / lost).unlink()
    assert recognize(copy) == homes.Recognition(copy, HomeState.COPIED, home)


def test_a_home_was_moved_if_its_folder_or_one_above_has_another_name(home: Path, tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    parent.mkdir()
    moved = home.rename(parent / "home")
    assert recognize(moved) == homes.Recognition(moved, HomeState.MOVED, home)
    record_identity(moved)
    again = parent.rename(tmp_path / "other") / "home"
    assert recognize(again) == homes.Recognition(again, HomeState.MOVED, moved)


def test_a_copy_whose_original_is_gone_counts_as_moved(home: Path) -> None:
    copy = copied(home)
    shutil.rmtree(home)
    assert recognize(copy).state is HomeState.MOVED


def test_a_new_home_at_the_old_path_is_another(home: Path) -> None:
    moved = home.rename(home.with_name("moved"))
    home.mkdir()
    record_identity(home)
    assert recognize(moved).state is HomeState.MOVED


def test_of_two_copies_whose_original_is_gone_only_the_first_takes_the_ledger(home: Path) -> None:
    first = copied(home)
    second = home.rename(home.with_name("second"))
    assert recognize(second).state is HomeState.MOVED
    record_identity(first)
    assert recognize(second) == homes.Recognition(second, HomeState.COPIED, first)


def test_a_moved_original_and_its_copy_at_the_old_path_are_not_mistaken(home: Path) -> None:
    moved = home.rename(home.with_name("moved"))
    shutil.copytree(moved, home)
    assert recognize(moved) == homes.Recognition(moved, HomeState.COPIED, home)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_text(""),
    "no json": lambda path: path.write_bytes(b"\xff\x00{"),
    "deep": lambda path: path.write_text("[" * 8_000),
    "a list": lambda path: path.write_text("[1]"),
    "no id": lambda path: path.write_text('{"id": "../../etc", "path": "/tmp"}'),
    "no path": lambda path: path.write_text('{"id": "' + "0" * 32 + '", "path": "relative"}'),
    "long": lambda path: path.write_text('{"id": "' + "0" * 100_000 + '"}'),
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("name", [homes.IDENTITY_FILE, homes.LEDGER_PLACE])
def test_a_record_that_cannot_be_read_is_refused_and_waited_for_by_nobody(home: Path, kind: str, name: str) -> None:
    (home / name).unlink()
    HOSTILE[kind](home / name)
    assert recognize(home) == homes.Recognition(home, HomeState.COPIED, None)
    with pytest.raises(RefusedError) as refused:
        homes.refuse_strange(home)
    assert (refused.value.exit_code, refused.value.code) == (4, "home-copied")


def test_a_path_with_a_line_break_is_a_path(tmp_path: Path) -> None:
    folder, outside = tmp_path / "ho\nme", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / homes.LEDGER_PLACE).write_text(str(outside))
    record_identity(folder)
    assert recognize(folder).state is HomeState.OWN
    assert recognize(folder.rename(tmp_path / "other")).state is HomeState.MOVED


def test_a_copy_has_no_servers_of_its_own(home: Path) -> None:
    (home / "servers.json").write_text('{"environment": {"ORGANISM_REDIS_URL": "redis://127.0.0.1:1/0"}}')
    assert list(running_servers(home)) == ["ORGANISM_REDIS_URL"]
    assert running_servers(copied(home)) == {}
