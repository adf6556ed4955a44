"""Whether there is room left where a home writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from causal_organism.alerts.of_servers import LEAST_BYTES
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers.server import ServerFailedError
from causal_organism.homes import ledger_outside

_SAID = ("No space left on device", "Disk quota exceeded", "File too large")
_TAIL_BYTES = 4_096


def shortage(home: Home) -> str | None:
    """One sentence where a disk of the home is full, that of the ledger outside it included; None while there is room.

    For who cannot ask the servers: a full disk keeps them from saying why they end.
    """
    for folder in filter(None, (home.folder, ledger_outside(home.folder))):
        try:
            found = os.statvfs(folder)
        except OSError:
            continue
        left = found.f_bavail * found.f_frsize
        if left < LEAST_BYTES:
            return f"the disk of {folder} is full: {left / 1e6:.1f} MB are left"
        if found.f_files and not found.f_favail:
            return f"the disk of {folder} is full: it takes no more files"
    return None


@contextmanager
def writing(home: Home) -> Iterator[None]:
    """Say what an operator can do where the home's files cannot be written."""
    try:
        yield
    except OSError as error:
        what = shortage(home) or f"the home {home.folder} cannot be written: {error.strerror}"
        raise ServerFailedError(what, hint="make room there, and try again") from error


def lacked(home: Home, how: str, log: Path) -> str | None:
    """Why a server that ended had no room: the disk is full, or it or its log says so. None: that was not it."""
    said = next((each for each in _SAID if each in how or each in _tail(log)), None)
    return shortage(home) or said


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
