"""A home that is copied or moved: the original keeps its servers and its data, and nothing is shared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from causal_organism.embedded import lifecycle, processes
from tests.embedded.conftest import OwnHome
from tests.waiting import equal

PARTS = "ledger,stream"


@pytest.fixture
def copy_of(guard: Callable[[Path], None]) -> Iterator[Callable[[OwnHome], OwnHome]]:
    """A copy as `cp -a` makes it; what it has become at the end is removed."""
    made: list[Path] = []

    def copy(own: OwnHome) -> OwnHome:
        made.append(own.folder.with_name(f"{own.folder.name}-copy"))
        guard(made[-1])
        subprocess.run(["cp", "-a", str(own.folder), str(made[-1])], check=True)
        return OwnHome(made[-1])

    yield copy
    for folder in made:
        if folder.exists():
            OwnHome(folder).run("up", "--adopt", "--only", "stream")
            lifecycle.remove(folder)
            shutil.rmtree(folder)


def write(own: OwnHome, number: int) -> None:
    with psycopg.connect(own.settings().need("postgres_dsn")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (%s)", (number,))


def written(own: OwnHome) -> list[int]:
    with psycopg.connect(own.settings().need("postgres_dsn")) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM kept ORDER BY n")]


def pids(own: OwnHome) -> dict[str, int]:
    return {row["name"]: row["pid"] for row in own.status().values() if row["pid"]}


def refused(own: OwnHome, *arguments: str) -> tuple[int, str]:
    done = own.run(*arguments, "--json")
    return done.returncode, json.loads(done.stdout)["error"]["code"]


WRITING = (
    ("up",),
    ("down",),
    ("down", "--delete-data", "--yes"),
    ("quickstart", "--yes"),
    ("refresh", "*", "--local"),
    ("import", "people", "people.csv"),
    ("ingest", "people.csv"),
    ("retain",),
)


def test_a_copy_of_a_running_home_touches_nothing_of_it_and_becomes_a_home_of_its_own(
    own_home: Any, copy_of: Callable[[OwnHome], OwnHome]
) -> None:
    own_home.json("up", "--only", PARTS)
    write(own_home, 1)
    before = pids(own_home)
    copy = copy_of(own_home)

    for arguments in WRITING:
        assert refused(copy, *arguments) == (4, "home-copied"), arguments
    shown = copy.json("status")
    assert shown["home"] == {"path": str(copy.folder), "state": "copied", "of": str(own_home.folder)}
    assert refused(copy, "env") == (3, "home-copied")
    assert (pids(own_home), written(own_home)) == (before, [1])

    adopted = copy.json("up", "--adopt", "--only", PARTS)["adopted"]
    assert adopted == {"state": "copied", "of": str(own_home.folder), "ledger": "copied"}
    write(copy, 2)
    write(own_home, 3)
    assert (written(copy), written(own_home)) == ([1, 2], [1, 3])
    assert pids(own_home) == before
    assert not {row["address"] for row in copy.json("up", "--only", PARTS)["servers"]} & {
        row["address"] for row in own_home.json("up", "--only", PARTS)["servers"]
    }
    copy.json("down", "--delete-data", "--yes")
    assert (pids(own_home), written(own_home)) == (before, [1, 3])


def test_a_copy_of_a_home_that_is_down_has_its_data_and_leaves_the_original_its_own(
    own_home: Any, copy_of: Callable[[OwnHome], OwnHome]
) -> None:
    own_home.json("up", "--only", "ledger")
    write(own_home, 1)
    own_home.json("down")
    copy = copy_of(own_home)
    assert refused(copy, "up") == (4, "home-copied")

    copy.json("up", "--adopt", "--only", "ledger")
    own_home.json("up", "--only", "ledger")
    write(copy, 2)
    assert (written(copy), written(own_home)) == ([1, 2], [1])
    assert copy.json("up", "--adopt", "--only", "ledger")["adopted"] is None


def test_a_copy_whose_original_and_its_data_are_gone_starts_empty_and_says_so(
    own_home: Any, copy_of: Callable[[OwnHome], OwnHome]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("the ledger's data lies in the home, and was copied with it")
    own_home.json("up", "--only", "ledger")
    copy = copy_of(own_home)
    own_home.json("down", "--delete-data", "--yes")
    shutil.rmtree(own_home.folder)
    assert refused(copy, "up") == (4, "home-moved")

    done = copy.run("up", "--adopt", "--only", "ledger", "--json")
    assert json.loads(done.stdout)["adopted"]["ledger"] == "empty"
    assert "starts empty" in done.stderr


def test_a_moved_home_keeps_its_data(own_home: Any, guard: Callable[[Path], None]) -> None:
    """Also where it is moved while its servers run: those end by themselves."""
    own_home.json("up", "--only", "ledger")
    write(own_home, 1)
    folder = own_home.folder.with_name(f"{own_home.folder.name}-moved")
    guard(folder)
    own_home.folder.rename(folder)
    moved = OwnHome(folder)
    assert [refused(moved, each) for each in ("up", "down")] == [(4, "home-moved"), (4, "home-moved")]

    adopted = moved.json("up", "--adopt", "--only", "ledger")["adopted"]
    assert adopted == {"state": "moved", "of": str(own_home.folder), "ledger": "kept"}
    assert written(moved) == [1]
    folder.rename(own_home.folder)  # back, for the fixture to remove
    own_home.json("up", "--adopt", "--only", "ledger")


def test_a_copy_without_its_passwords_can_still_be_adopted(
    own_home: Any, copy_of: Callable[[OwnHome], OwnHome]
) -> None:
    own_home.json("up", "--only", "ledger")
    write(own_home, 1)
    copy = copy_of(own_home)
    shutil.rmtree(copy.folder / "secrets")
    copy.json("up", "--adopt", "--only", "ledger")
    assert written(copy) == [1]


def test_a_process_that_a_file_names_is_left_alone_unless_it_is_of_this_home(own_home: Any) -> None:
    """Its id was given to another program, or it is the server of another home."""
    own_home.json("up", "--only", "stream")
    state = json.loads((own_home.folder / "run" / "state.json").read_text())
    own_home.json("down")
    environ = {**os.environ, processes.MARK: str(own_home.folder.parent)}
    with subprocess.Popen(["sleep", "600"], env=environ) as stranger:
        identity = processes.identify(stranger.pid)
        assert identity is not None
        state["servers"][0]["process"] = {"pid": identity.pid, "started": identity.started}
        (own_home.folder / "run" / "state.json").write_text(json.dumps(state))
        (own_home.folder / "run" / "supervisor.lock").write_text(str(stranger.pid))
        own_home.json("down")
        assert stranger.poll() is None
        stranger.kill()


def test_a_home_known_by_a_link_is_stopped_by_its_real_path(own_home: Any, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(own_home.folder)
    OwnHome(link).json("up", "--only", "stream")
    equal(own_home.healthy, ["stream"])
    assert own_home.json("down")["stopped"] == ["stream"]
    assert OwnHome(link).healthy() == []


def test_deleting_data_removes_no_folder_that_is_none_of_a_ledger(own_home: Any, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (own_home.folder / "ledger.folder").write_text(str(tmp_path))
    own_home.json("down", "--delete-data", "--yes")
    assert (tmp_path / "precious").exists()
