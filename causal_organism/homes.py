"""Whose home a folder is. A home knows its path and an id, so that a moved or copied one is not taken for another.

Both stand in `home.json`, and beside the ledger's data where that lies outside the home (as root), with which two homes
could otherwise end up. They are written by the first `organism up`; a home of before has none until then.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from causal_organism.errors import NotRunningError, RefusedError

IDENTITY_FILE = "home.json"
LEDGER_PLACE = "ledger.folder"
"""Names the folder of the ledger's data outside the home, where it lies there."""
OWNER_FILE = "home"
"""In that folder: the path of the home that it belongs to, and its id."""

_ID = re.compile("[0-9a-f]{32}")
_LARGEST_BYTES = 8_192


class HomeState(StrEnum):
    NEW = "new"  # nothing is recorded: an empty folder, or a home of before
    OWN = "own"
    MOVED = "moved"  # it is not where it was recorded, and there is none any more
    COPIED = "copied"  # the one that it was recorded for is still there, or that cannot be told


@dataclass(frozen=True, slots=True)
class Identity:
    """What is recorded of a home. No id: by a version that gave none."""

    id: str | None
    path: Path


@dataclass(frozen=True, slots=True)
class Recognition:
    """A folder, and how it stands to the home that is recorded in it; `of` is where that was, if it can be read."""

    folder: Path
    state: HomeState
    of: Path | None = None

    @property
    def is_strange(self) -> bool:
        return self.state in (HomeState.MOVED, HomeState.COPIED)

    def describe(self) -> str:
        """One sentence; empty for a home that is its own."""
        if not self.is_strange:
            return ""
        if self.state is HomeState.MOVED:
            return f"the home {self.folder} was at {self.of} when it last ran, and there it is no more"
        if self.of is None:
            return f"whose home {self.folder} is cannot be told: what is recorded of it is damaged"
        return f"the home {self.folder} is a copy of {self.of}, whose servers and data are not its own"

    def refusal(self) -> RefusedError:
        if self.state is HomeState.MOVED:
            hint = "if it was moved here, take it over with its data: organism up --adopt"
        else:
            use = f", or use the other: ORGANISM_HOME={self.of}" if self.of else ""
            hint = f"make it a home of its own, with its own data and ports: organism up --adopt{use}"
        return RefusedError(self.describe(), hint=hint, code=f"home-{self.state}")

    def not_running(self) -> NotRunningError:
        """For who only wants to read: nothing that runs belongs to it."""
        refusal = self.refusal()
        return NotRunningError(refusal.message, hint=refusal.hint, code=refusal.code)


class _UnreadableError(Exception):
    """What is recorded is there and says nothing."""


def recognize(folder: Path) -> Recognition:
    """Look whose home this folder is. Cost: two small files read."""
    here = folder.resolve()
    try:
        own, outside = load_identity(here), _owner_of_ledger(here)
    except PermissionError:  # somebody else's, whose servers and data cannot be reached either
        return Recognition(folder, HomeState.NEW)
    except _UnreadableError:
        return Recognition(folder, HomeState.COPIED)
    recorded = [each for each in (own, outside) if each is not None]
    elsewhere = [each for each in recorded if not _is_same(each.path, here)]
    for each in elsewhere:
        if _is_at(each, here):
            return Recognition(folder, HomeState.COPIED, each.path)
    if own and outside in elsewhere and outside is not None and outside.id not in (None, own.id):
        return Recognition(folder, HomeState.COPIED, outside.path)  # somebody else has adopted the ledger
    if elsewhere:
        return Recognition(folder, HomeState.MOVED, elsewhere[0].path)
    return Recognition(folder, HomeState.OWN if recorded else HomeState.NEW)


def refuse_strange(folder: Path) -> None:
    """Raises RefusedError (`home-copied`, `home-moved`) where the folder is not the home that is recorded in it."""
    found = recognize(folder)
    if found.is_strange:
        raise found.refusal()


def load_identity(folder: Path) -> Identity | None:
    """The id of a home and the path that it was made at; None: it has none."""
    text = _read(folder / IDENTITY_FILE)
    if text is None:
        return None
    try:
        document = json.loads(text)
        found, path = document["id"], document["path"]
        if not (isinstance(found, str) and _ID.fullmatch(found) and _is_path(path)):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _UnreadableError from error
    return Identity(found, Path(path))


def record_identity(folder: Path) -> None:
    """Give the home a new id, here and with its ledger's data. A copy with the old id is another home from now on."""
    identity = Identity(secrets.token_hex(16), folder.resolve())
    write_private(folder / IDENTITY_FILE, json.dumps({"id": identity.id, "path": str(identity.path)}))
    outside = ledger_outside(folder)
    if outside is not None and outside.is_dir():
        record_owner(outside, folder)


def record_owner(outside: Path, folder: Path) -> None:
    """Say in the folder of the ledger's data whose it is; a person can read it too."""
    own = load_identity(folder.resolve())
    write_private(outside / OWNER_FILE, f"{folder.resolve()}\n" + (f"{own.id}\n" if own else ""))


def has_own_ledger(folder: Path) -> bool:
    """Is the ledger's data outside the home that of this home, by what stands there?"""
    try:
        owner = _owner_of_ledger(folder)
    except (_UnreadableError, PermissionError):
        return False
    return owner is not None and _is_same(owner.path, folder.resolve())


def ledger_outside(folder: Path) -> Path | None:
    """The folder outside the home that is named as that of the ledger's data; None if none is, or nothing readable."""
    try:
        return _ledger_outside(folder)
    except (_UnreadableError, PermissionError):
        return None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read (0600); readers see the old content or the new, never half.

    The old one stays where there is no room for the new. The name that it has meanwhile is nobody else's.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:  # `os.write` may write less than it was given
            file.write(os.fsencode(text))
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _ledger_outside(folder: Path) -> Path | None:
    text = _read(folder / LEDGER_PLACE)
    if text is not None and not _is_path(text.strip()):
        raise _UnreadableError
    return None if text is None else Path(text.strip())


def _owner_of_ledger(folder: Path) -> Identity | None:
    outside = _ledger_outside(folder)
    text = None if outside is None else _read(outside / OWNER_FILE)
    if text is None:
        return None
    path, _, found = text.removesuffix("\n").rpartition("\n")
    if not _ID.fullmatch(found):  # of a version that wrote the path alone
        path, found = text.removesuffix("\n"), ""
    if not _is_path(path):
        raise _UnreadableError
    return Identity(found or None, Path(path))


def _is_at(recorded: Identity, here: Path) -> bool:
    """Is the home that is recorded still at its path? What cannot be looked at counts as still there."""
    try:
        there = load_identity(recorded.path)
        if there is not None and recorded.id is not None:
            return there.id == recorded.id
        outside = _ledger_outside(recorded.path)
        return outside is not None and outside == _ledger_outside(here)
    except (_UnreadableError, OSError):
        return True


def _is_same(path: Path, here: Path) -> bool:
    """The same folder: by its path, or mounted under both."""
    try:
        return path == here or path.samefile(here)
    except OSError:
        return False


def _is_path(text: object) -> bool:
    return isinstance(text, str) and text.startswith("/") and "\0" not in text


def _read(path: Path) -> str | None:
    """The text of a small plain file; None if there is none. Nothing else is opened, or waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise
    except OSError as error:  # a symbolic link among others
        raise _UnreadableError from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _UnreadableError
        content = os.read(descriptor, _LARGEST_BYTES + 1)
        if len(content) > _LARGEST_BYTES:
            raise _UnreadableError
        return os.fsdecode(content)
    finally:
        os.close(descriptor)
