"""Users of ArcadeDB, in the two files that it reads when it starts: what a group may do, and who is in it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causal_organism.embedded.home import read_json
from causal_organism.homes import write_private

_ROUNDS = 65_536  # its own number
_NO_LIMITS = {"resultSetLimit": -1, "readTimeout": -1}
_READERS = {**_NO_LIMITS, "access": [], "types": {"*": {"access": ["readRecord"]}}}
_CHANGES = ["createRecord", "readRecord", "updateRecord", "deleteRecord"]
_WRITERS = {**_NO_LIMITS, "access": ["updateSchema"], "types": {"*": {"access": _CHANGES}}}
_ADMINS = {
    **_NO_LIMITS,
    "access": ["updateSecurity", "updateSchema", "updateDatabaseSettings"],
    "types": {"*": {"access": _CHANGES}},
}
_NOBODY = {**_NO_LIMITS, "access": [], "types": {"*": {"access": []}}}
_DEFAULT = {"databases": {"*": {"groups": {"admin": _ADMINS, "*": _NOBODY}}}, "version": 2}
"""What it writes itself where there is no file."""


@dataclass(frozen=True, slots=True)
class User:
    name: str
    password: str
    writes: bool


def group_of(*, writes: bool) -> str:
    return "writers" if writes else "readers"


def write_users(folder: Path, database: str, *, root: str, users: Collection[User]) -> None:
    """Let these users read the database, or write it too, and do nothing else; whoever is no longer named goes.

    `root` is that user's password, where there are no users yet: the server makes it only if there is no file.
    It must not run: it reads the files when it starts.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    groups: dict[str, Any] = dict(read_json(folder / "server-groups.json")) or _DEFAULT
    of_database = groups["databases"].get(database, {"groups": {}})
    of_database = {**of_database, "groups": {**of_database["groups"], "readers": _READERS, "writers": _WRITERS}}
    groups = {**groups, "databases": {**groups["databases"], database: of_database}}
    write_private(folder / "server-groups.json", json.dumps(groups, indent=2))
    file = folder / "server-users.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    kept = [line for line in lines if line.strip() and json.loads(line).get("name") == "root"]
    if not kept:
        kept.append(_line("root", root, {"*": ["admin"]}))
    added = (_line(each.name, each.password, {database: [group_of(writes=each.writes)]}) for each in users)
    write_private(file, "\n".join([*kept, *added, ""]))


def _line(name: str, password: str, databases: Mapping[str, list[str]]) -> str:
    return json.dumps({"name": name, "databases": databases, "password": _hashed(password)})


def _hashed(password: str) -> str:
    """As the server keeps it; the salt counts as the text that it is written as."""
    salt = base64.b64encode(secrets.token_bytes(32)).decode()
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS)
    return f"PBKDF2WithHmacSHA256${_ROUNDS}${salt}${base64.b64encode(digest).decode()}"
