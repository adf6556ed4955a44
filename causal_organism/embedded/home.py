"""The home's folder: its private files, generated passwords and chosen ports."""

from __future__ import annotations

import fcntl
import json
import math
import os
import random
import secrets
import socket
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causal_organism.errors import RequestError
from causal_organism.homes import write_private
from causal_organism.settings import SERVERS_FILE

FIRST_PORT, LAST_PORT = 20_000, 31_999
"""Below the range from which Linux and macOS take ports of outgoing connections, so that a kept port stays free."""


@dataclass(frozen=True, slots=True)
class Home:
    """Paths in one home. Nothing is created before `open_home`."""

    folder: Path

    @property
    def servers_file(self) -> Path:
        return self.folder / SERVERS_FILE

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def log(self, server: str) -> Path:
        return self.logs / f"{server}.log"

    def private(self, name: str) -> Path:
        """A folder of the home for one server, 0700."""
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def password_file(self, name: str) -> Path:
        """File (0600) of a generated password; the password is made when it is first asked for."""
        path = self.private("secrets") / name
        if not path.exists():
            write_private(path, secrets.token_hex(20))
        return path

    def password(self, name: str) -> str:
        return self.password_file(name).read_text()

    def has_port(self, name: str) -> bool:
        return name in self._ports()

    def port(self, name: str) -> int:
        """The port chosen for this server; the same one every time unless `choose_port` found it taken."""
        return int(self._ports().get(name) or self.choose_port(name))

    def choose_port(self, name: str) -> int:
        """Keep the port of this server if it is free now, else choose and keep another."""
        ports = self._ports()
        kept = ports.get(name)
        if kept is not None and is_free(kept):
            return kept
        ports[name] = _free_port(taken=set(ports.values()))
        write_private(self.folder / "ports.json", json.dumps(ports, indent=1))
        return ports[name]

    def _ports(self) -> dict[str, int]:
        return {str(name): int(port) for name, port in read_json(self.folder / "ports.json").items()}


def open_home(folder: Path) -> Home:
    """Make the folder private (0700), with the folders that every server needs.

    Raises:
        RequestError: the folder belongs to somebody else, is shared, or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise RequestError(f"the home {folder} belongs to user {found.st_uid}", hint="set ORGANISM_HOME")
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_ISVTX):
            raise RequestError(
                f"the home {folder} may be written by others",
                hint="make it 0700 if it is yours alone, or set ORGANISM_HOME",
            )
        folder.chmod(0o700)
        home = Home(folder)
        home.private("run")
        home.private("logs")
    except OSError as error:
        raise RequestError(f"the home {folder} cannot be used: {error.strerror}", hint="set ORGANISM_HOME") from error
    return home


@contextmanager
def locked(path: Path, *, limit_s: float = math.inf) -> Iterator[int | None]:
    """Hold the lock file while the block runs, and give its descriptor; None if it stays held for `limit_s`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + limit_s
    try:
        while not (mine := _take(descriptor)) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield descriptor if mine else None
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_json(path: Path) -> Mapping[str, Any]:
    """The document in a file; empty if there is none or it is damaged."""
    try:
        document = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def is_free(port: int) -> bool:
    """Can a server listen on this loopback port now?"""
    with socket.socket() as probe:
        # As servers do: connections of the last run that linger in TIME_WAIT do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port(*, taken: set[int]) -> int:
    chance = random.SystemRandom()
    while True:
        port = chance.randint(FIRST_PORT, LAST_PORT)
        if port not in taken and is_free(port):
            return port
