"""Who else may use a home, and as what: kept in the home, so that every start of a server knows it."""

from __future__ import annotations

import json
import os
import pwd
import re
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from causal_organism.embedded.home import Home, read_json
from causal_organism.errors import RequestError
from causal_organism.homes import write_private

FILE = "access.json"
WORKER_LOGIN = "organism_home_worker"
"""Who a home's worker and watcher are in its ledger; no person's login begins like this."""
_FIRST_PERSON = 1000  # below are the system's own accounts, by the default of every distribution
_NAME = re.compile("[a-z_][a-z0-9_.-]{0,31}")
_OURS = re.compile("organism.*|prefect|postgres|pg_.*")


class Role(StrEnum):
    """As what somebody uses the home: a role of PostgreSQL without its `organism_`."""

    READER = "reader"
    ANALYST = "analyst"
    OPERATOR = "operator"
    APPROVER = "approver"

    @property
    def writes(self) -> bool:
        """May change stream and network too."""
        return self is Role.OPERATOR


@dataclass(frozen=True, slots=True)
class Access:
    """`people`: operating-system user -> role. `socket`: the folder that they reach the ledger by; None: nobody may."""

    people: Mapping[str, Role]
    socket: Path | None = None


def has_access_file(home: Home) -> bool:
    """Whether anybody else ever was let in."""
    return (home.folder / FILE).exists()


def load_access(home: Home) -> Access:
    """Who was let in, with which role, and where their socket is."""
    found = read_json(home.folder / FILE)
    people = {str(user): Role(role) for user, role in found.get("people", {}).items()}
    return Access(people, Path(found["socket"]) if found.get("socket") else None)


def record_access(home: Home, access: Access) -> None:
    """Write it, readable by the home's owner alone."""
    document = {"people": dict(access.people), "socket": None if access.socket is None else str(access.socket)}
    write_private(home.folder / FILE, json.dumps(document, indent=1))


def person_login(user: str) -> str:
    """The name that somebody has on the servers of stream and network, and of their password there."""
    return f"person-{user}"


def check_person(user: str, role: Role) -> None:
    """Raises RequestError for who is nobody here, and for an account of many or of a service that would decide."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise RequestError(f"there is no user {user!r} on this machine") from None
    if not _NAME.fullmatch(user) or _OURS.fullmatch(user):
        raise RequestError(
            f"{user!r} cannot be a login of the ledger", hint="a name of the servers' own is not a person's"
        )
    if entry.pw_uid == os.geteuid():
        raise RequestError(f"{user} owns this home", hint="the owner is its admin")
    if role is Role.APPROVER and (entry.pw_uid < _FIRST_PERSON or entry.pw_shell.endswith(("nologin", "false"))):
        raise RequestError(
            f"{user} is an account of the system: it may trigger and does not decide",
            hint="--role operator; deciding takes a person's own login",
        )


def socket_folder(home: Home, owner: int) -> Path:
    """The folder of the ledger's socket, which everybody may pass through and only user `owner` may write in.

    Short and outside the home, which nobody else can enter; whoever connects asks for the server's user besides
    (`requirepeer`), so that another's socket in its place gets nothing.
    """
    access = load_access(home)
    folder = access.socket
    if folder is None or not _is_owned(folder, owner):
        folder = Path(tempfile.mkdtemp(prefix="organism-", dir="/tmp"))
        os.chown(folder, owner, -1)
        folder.chmod(0o711)
        record_access(home, Access(access.people, folder))
    return folder


def remove_socket(home: Home) -> None:
    """Remove the socket for others, and its folder if that is empty then."""
    folder = load_access(home).socket
    if folder is not None and folder.is_dir() and not folder.is_symlink():
        for each in folder.glob(".s.PGSQL.*"):
            each.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def _is_owned(folder: Path, owner: int) -> bool:
    """Is it still the one that was made? One that is gone, as after a restart of the machine, is made again."""
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, owner, -1)
        folder.chmod(0o711)
    except FileExistsError:
        pass
    except OSError:
        return False
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
