"""Files and folders that are their owner's alone, or a named group's as well."""

from __future__ import annotations

import grp
import os
from pathlib import Path

from causal_organism.errors import SettingsError


def group_of(name: str | None) -> int | None:
    """Raises SettingsError where there is no such group."""
    if not name:
        return None
    try:
        return int(name) if name.isdecimal() else grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise SettingsError(f"ORGANISM_VALUES_GROUP is {name!r}, and there is no such group here") from error


def make_folder(folder: Path, group: int | None) -> None:
    """With what is missing above it; what is there stays as it is. Raises OSError."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
        if group is not None:
            os.chown(each, -1, group)
            each.chmod(0o2770)  # what others of the group make in it is the group's too


def write_durably(file: Path, body: bytes, group: int | None) -> None:
    """Raises OSError."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        if group is not None:
            os.fchown(handle.fileno(), -1, group)
            os.fchmod(handle.fileno(), 0o660)
        handle.write(body)
        handle.flush()
        os.fsync(handle.fileno())
