"""A disk that fills: the supervisor goes on, and the servers come back with all that they took when there is room."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.deliveries import SENT
from causal_organism.alerts.faults import Fault, FaultKind
from causal_organism.embedded import lifecycle
from causal_organism.embedded.state import ServerPhase
from causal_organism.embedded.talk import Talk
from causal_organism.embedded.watched import LONGEST_PAUSE_S, Watched
from causal_organism.homes import LEDGER_PLACE
from causal_organism.platform.watching.looks import Look
from causal_organism.platform.watching.turn import take_turn
from causal_organism.stores.notices.outbox import FolderOutbox
from tests.embedded.conftest import OwnHome
from tests.platform.test_queues import with_stream
from tests.platform.test_runs import organism as in_memory
from tests.waiting import equal

PARTS = ("ledger", "stream")


class Told:
    """ports.Channels: one that takes everything."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    def names(self) -> tuple[str, ...]:
        return ("hook",)

    def send(self, channel: str, alert: Alert) -> None:
        self.titles.append(alert.title)


class Disk:
    """A file system of 250 MB that holds a home and its ledger's data."""

    def __init__(self, folder: Path):
        self.folder = folder
        home, outside = folder / "home", folder / "outside"
        home.mkdir(mode=0o700)
        outside.mkdir(mode=0o700)
        user = pwd.getpwnam("nobody")
        os.chown(outside, user.pw_uid, user.pw_gid)
        (home / LEDGER_PLACE).write_text(str(outside))
        self.own = OwnHome(home)

    def fill(self) -> None:
        with (self.folder / "fill").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(65_536))

    def free(self) -> None:
        (self.folder / "fill").unlink()


@pytest.fixture
def disk(guard: Callable[[Path], None]) -> Iterator[Disk]:
    folder = Path(tempfile.mkdtemp(prefix="organism-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", "size=250m,mode=711", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("a disk that can be filled needs root on Linux, and leave to mount")
    try:
        found = Disk(folder)
        guard(found.own.folder)
        yield found
        lifecycle.remove(found.own.folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def append_until_refused(url: str | None) -> list[str]:
    """Ids of the entries that the stream's server took."""
    taken = []
    with redis.Redis.from_url(str(url), decode_responses=True) as client, pytest.raises(redis.RedisError):
        while True:
            taken.append(str(client.xadd("s", {"a": "x" * 10_000})))
    return taken


def insert_until_ended(connection: psycopg.Connection[Any]) -> list[int]:
    """Numbers that PostgreSQL committed, up to where it can write no more log and ends."""
    taken: list[int] = []
    while not connection.closed:
        with suppress(psycopg.Error):  # a table that cannot grow is refused and ends nobody
            connection.execute("INSERT INTO kept VALUES (%s)", (len(taken),))
            taken.append(len(taken))
        with suppress(psycopg.Error):
            connection.execute("SELECT pg_logical_emit_message(true, 'fill', repeat('x', 1000000))")
    return taken


def test_servers_come_back_with_all_that_they_took_when_a_full_disk_has_room_again(disk: Disk) -> None:
    own = disk.own
    before = {row["name"]: row["pid"] for row in own.json("up", "--only", ",".join(PARTS))["servers"]}
    supervisor, settings = own.supervisor(), own.settings()
    with psycopg.connect(settings.need("postgres_dsn"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT -1 AS n")
        disk.fill()
        numbers = insert_until_ended(connection)
    entries = append_until_refused(settings.redis_url)

    def reasons() -> list[bool]:
        rows = own.status()
        return [not rows[name]["healthy"] and "is full" in str(rows[name]["error"]) for name in PARTS]

    equal(reasons, [True, True])
    assert own.supervisor() == supervisor

    disk.free()
    equal(own.healthy, list(PARTS))
    assert own.supervisor() == supervisor
    after = own.status()
    assert not {after[name]["pid"] for name in PARTS} & set(before.values()), "they had ended"
    with redis.Redis.from_url(str(settings.redis_url), decode_responses=True) as client:
        found: Any = client.xrange("s")
        assert set(entries) <= {entry for entry, _ in found}
    with psycopg.connect(settings.need("postgres_dsn")) as connection:
        assert {n for (n,) in connection.execute("SELECT n FROM kept")} >= {-1, *numbers}


def test_an_up_on_a_full_disk_says_so_and_works_when_there_is_room(disk: Disk) -> None:
    disk.fill()
    done = disk.own.run("up", "--only", "stream", "--json")
    assert (done.returncode, "is full" in done.stdout) == (1, True), done.stdout + done.stderr
    disk.free()
    disk.own.json("up", "--only", "stream")


class Unstartable:
    name = "stream"


def test_a_server_that_lacks_room_is_tried_for_ever_and_another_is_given_up() -> None:
    lacking, broken = (Watched(Unstartable(), "1") for _ in range(2))  # type: ignore[arg-type]
    for _ in range(5_000):
        lacking.ended("no room", 0.0, lacked_room=True)
        broken.ended("a defect", 0.0)
    assert (lacking.state, broken.state) == (ServerPhase.RESTARTING, ServerPhase.FAILED)
    assert lacking.may_start_again(LONGEST_PAUSE_S)


def test_what_a_watcher_has_to_tell_of_a_full_disk_is_sent_once_and_kept_when_there_is_room(disk: Disk) -> None:
    organism, told = with_stream(in_memory(), entries=0, read=0), Told()
    organism.outbox, organism.channels = FolderOutbox(disk.own.folder / "watch"), told
    full = Look(frozenset({FaultKind.DISK_FULL}), "disk", lambda _: seen)
    seen = list[Fault]()
    take_turn(organism, looks=(full,))
    disk.fill()
    seen.append(Fault(kind=FaultKind.DISK_FULL, subject="/d", text="full"))
    for _ in range(4):
        organism.clock.move(seconds=30)
        take_turn(organism, looks=(full,))
    assert told.titles == ["full"]
    disk.free()
    take_turn(organism, looks=(full,))
    after = FolderOutbox(disk.own.folder / "watch")  # as the next process finds it
    assert [each.fault.text for each in after.incidents()] == ["full"]
    assert [(each.alert.title, each.outcome) for each in after.deliveries()] == [("full", SENT)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_lines_that_cannot_be_written_are_dropped_and_counted(tmp_path: Path) -> None:
    full, log = os.open("/dev/full", os.O_WRONLY), os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    try:
        talk = Talk(full)
        talk.say("one")
        talk.say("two")
        talk.descriptor = log
        talk.say("three")
        talk.say_once("three")
        talk.say("four")
    finally:
        os.close(full)
        os.close(log)
    lines = [line.partition(" ")[2] for line in (tmp_path / "log").read_text().splitlines()]
    assert lines == ["three (2 lines before this could not be written)", "four"]


WRITE = """\
import resource, signal, sys
from pathlib import Path
from causal_organism.homes import write_private
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_private(Path(sys.argv[1]), "new" * 1000)
except OSError:
    sys.exit(7)
"""


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(tmp_path: Path) -> None:
    """The first part of it fits: nobody may take that for all."""
    file = tmp_path / "state.json"
    file.write_text("old")
    done = subprocess.run([sys.executable, "-c", WRITE, str(file)])
    assert (done.returncode, file.read_text(), list(tmp_path.iterdir())) == (7, "old", [file])
