"""A real PgBouncer in front of the tests' PostgreSQL: its connections are whoever's transaction comes next."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import pytest

from causal_organism.embedded.processes import dies_with_parent
from causal_organism.embedded.servers import probes
from tests.waiting import PATIENCE_S, until

SERVER_CONNECTIONS = 6  # at most, for each database and user

_CONFIGURATION = """\
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = {pool_mode}
default_pool_size = {server_connections}
max_client_conn = 400
logfile = {folder}/log
"""


def program() -> str | None:
    """Debian puts it where only root looks."""
    return shutil.which("pgbouncer", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))


@contextmanager
def running(dsn: str, *, pool_mode: str = "transaction") -> Iterator[PgBouncer]:
    """In front of this server; skips where the program is not there."""
    found = program()
    if found is None:
        pytest.skip("PgBouncer is not installed (apt-get install pgbouncer)")
    with TemporaryDirectory(prefix="organism-pgbouncer-") as folder:
        started = PgBouncer(found, Path(folder), dsn, pool_mode=pool_mode)
        try:
            yield started
        finally:
            started.close()


class PgBouncer:
    """One process for one server, until `close`."""

    def __init__(self, found: str, folder: Path, dsn: str, *, pool_mode: str):
        server = urlsplit(dsn)
        self.port = _free_port()
        self._folder = folder
        self._write("users.txt", f'"{server.username}" "{unquote(server.password or "")}"\n')
        self._write(
            "pgbouncer.ini",
            _CONFIGURATION.format(
                host=server.hostname, port=server.port, listen_port=self.port, folder=folder, pool_mode=pool_mode,
                server_connections=SERVER_CONNECTIONS,
            ),
        )  # fmt: skip
        user = _give(folder)
        self.version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.split()[1]
        self._process = subprocess.Popen(
            [found, "--quiet", str(folder / "pgbouncer.ini")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        until(self._accepts, "PgBouncer accepted a connection")

    def dsn(self, direct: str) -> str:
        """The same database, through this PgBouncer."""
        place = urlsplit(direct)
        return direct.replace(f"@{place.hostname}:{place.port}/", f"@127.0.0.1:{self.port}/")

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)

    def _accepts(self) -> bool:
        ended = self._process.poll()
        assert ended is None, f"PgBouncer ended with {ended}: {(self._folder / 'log').read_text()}"
        return probes.accepts("127.0.0.1", self.port)

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text)


def _give(folder: Path) -> int | None:
    """The user to run as, who gets the folder: PgBouncer refuses to be root. None: the user of this process."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody").pw_uid
    for path in (folder, *folder.iterdir()):
        os.chown(path, user, user)
    return user


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
