"""The ledger's data for a copied home: a copy of its own, never the original's."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from causal_organism.embedded.home import Home, locked
from causal_organism.embedded.servers import binaries
from causal_organism.embedded.servers.postgres import ADMIN_SECRET, Postgres, data_folder, give, is_served, new_outside
from causal_organism.embedded.servers.server import HOST, LEDGER, ServerFailedError
from causal_organism.embedded.supervisor import LOCK
from causal_organism.homes import has_own_ledger, ledger_outside, write_private

_ENDING_S = 20.0


class LedgerData(StrEnum):
    """Where an adopted home's ledger comes from."""

    KEPT = "kept"  # it was in the home
    COPIED = "copied"  # from the original, as that stood at the adoption
    EMPTY = "empty"  # there was none to be had


def copy_ledger(home: Home, original: Path | None) -> LedgerData:
    """Give a copied home a ledger that is its own alone. The original's stays as it is; it may be in use.

    What lies in the home is kept if no server worked in it when it was copied: files that were copied one after the
    other while a server wrote them do not fit together.

    Raises:
        ServerFailedError: the original's data is there, and could not be copied.
    """
    inside = home.folder / LEDGER / "data"
    is_settled = inside.is_dir() and not (inside / "postmaster.pid").exists()
    if os.geteuid() != 0 and is_settled:
        return LedgerData.KEPT
    outside = ledger_outside(home.folder)
    if outside is not None and has_own_ledger(home.folder) and (outside / "data").is_dir():
        return LedgerData.KEPT
    source = _source(home, original)
    if os.geteuid() == 0:
        new_outside(home)
    if source is None or not (source / "data").is_dir():
        if os.geteuid() != 0 and inside.is_dir():  # all that is left; PostgreSQL repairs what it can
            return LedgerData.KEPT
        return LedgerData.EMPTY
    shutil.rmtree(data_folder(home) / "data", ignore_errors=True)
    _copy(home, source / "data", original)
    return LedgerData.COPIED


def _source(home: Home, original: Path | None) -> Path | None:
    """The folder of the original's ledger; where that home was removed, the copy still knows its name."""
    if os.geteuid() != 0:
        return None if original is None else original / LEDGER
    return (None if original is None else ledger_outside(original)) or ledger_outside(home.folder)


def _copy(home: Home, source: Path, original: Path | None) -> None:
    folder = data_folder(home)
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    with _stopped(source, original) as stopped:
        if stopped:
            _copy_files(source, fresh)
        else:
            assert original is not None
            _copy_from_server(home, Home(original), fresh)
    fresh.rename(folder / "data")


@contextmanager
def _stopped(source: Path, original: Path | None) -> Iterator[bool]:
    """Whether no server works there; while it lasts none is started there either."""
    if original is None or not (original / "run").is_dir():
        yield not is_served(source)
        return
    with locked(original / "run" / LOCK, limit_s=1.0) as mine:
        deadline = time.monotonic() + _ENDING_S
        while mine is not None and is_served(source) and time.monotonic() < deadline:
            time.sleep(0.1)  # its supervisor was killed, and it ends
        yield mine is not None and not is_served(source)


def _copy_files(source: Path, fresh: Path) -> None:
    shutil.copytree(source, fresh, symlinks=True)
    (fresh / "postmaster.pid").unlink(missing_ok=True)
    owner = source.stat()
    if os.geteuid() == 0:
        for path in (fresh, *fresh.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _copy_from_server(home: Home, original: Home, fresh: Path) -> None:
    """PostgreSQL's own way, while its server goes on."""
    if not original.has_port(LEDGER):
        raise ServerFailedError(
            f"the ledger of {original.folder} is in use and cannot be copied",
            hint=f"stop it first: ORGANISM_HOME={original.folder} organism down",
        )
    passwords = data_folder(home) / "pgpass"
    write_private(passwords, f"{HOST}:*:*:postgres:{original.password(ADMIN_SECRET)}\n")
    server = Postgres(home, binaries.postgres_install())
    try:
        give(passwords, server.user)
        server.run_program(
            ("pg_basebackup", "-h", HOST, "-p", str(original.port(LEDGER)), "-U", "postgres", "-w", "-D", str(fresh),
             "-c", "fast", "-X", "stream"), PGPASSFILE=str(passwords),
        )  # fmt: skip
    finally:
        passwords.unlink(missing_ok=True)
