"""Who else is on the machine sees no password and reaches no server without one."""

from __future__ import annotations

import contextlib
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import psycopg
import pytest
import redis

from causal_organism.embedded import processes
from causal_organism.settings import Settings


@pytest.fixture
def passwords(servers: Settings) -> list[str]:
    return [file.read_text() for file in (servers.home / "secrets").iterdir()]


def test_no_password_stands_on_a_command_line(servers: Settings, passwords: list[str]) -> None:
    shown = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(servers.home) in shown
    assert [password for password in passwords if password in shown] == []


def test_no_password_stands_in_an_environment(servers: Settings, passwords: list[str]) -> None:
    seen = 0
    for process in processes.marked(servers.home):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            assert [password for password in passwords if password.encode() in environment] == []
            seen += 1
    assert seen >= 5


def test_every_file_is_the_owners_alone(servers: Settings) -> None:
    def open_to_others(folder: Path) -> Iterator[Path]:
        for path in (folder, *folder.iterdir()):
            with contextlib.suppress(FileNotFoundError):  # a file that was being written has its name now
                if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    yield path

    folders = (servers.home, servers.home / "secrets", servers.home / "run", servers.home / "logs")
    assert [path for folder in folders for path in open_to_others(folder)] == []
    place = servers.home / "ledger.folder"
    if place.exists():
        assert stat.S_IMODE(Path(place.read_text()).stat().st_mode) == 0o700


def test_every_port_is_on_loopback(servers: Settings) -> None:
    sockets: set[str] = set()
    for process in processes.marked(servers.home):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            sockets |= set(_sockets(process.pid))
    listening = [
        fields[1].partition(":")[0]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A" and fields[9] in sockets
    ]
    assert len(listening) >= 4
    assert set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def _sockets(pid: int) -> Iterator[str]:
    """Inodes of the sockets that a process has open."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            kind, _, inode = entry.readlink().name.partition("[")
            if kind == "socket:":
                yield inode.rstrip("]")


def test_no_server_answers_without_its_password(servers: Settings) -> None:
    url = str(servers.redis_url)
    with redis.Redis.from_url(f"redis://{url.partition('@')[2]}") as client, pytest.raises(redis.RedisError):
        client.ping()
    dsn = str(servers.postgres_dsn)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://organism:wrong@{dsn.partition('@')[2]}")
    with (
        neo4j.GraphDatabase.driver(str(servers.neo4j_uri), auth=("root", "wrong-password")) as driver,
        pytest.raises(neo4j.exceptions.AuthError),
    ):
        driver.verify_authentication()
        driver.execute_query("RETURN 1", database_=servers.neo4j_database)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{servers.prefect_api_url}/admin/version")  # a loopback address of ours


def test_a_home_that_others_may_write_is_refused(own_home: Any) -> None:
    own_home.folder.chmod(0o777)
    done = own_home.run("up", "--only", "stream", "--json")
    own_home.folder.chmod(0o700)
    assert (done.returncode, "may be written by others" in done.stdout) == (2, True)
