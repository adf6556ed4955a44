"""Keys of assets and partitions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from causal_organism.errors import GraphError

_NAME = r"[\w.\-]+"  # \w takes in Unicode letters, digits and the underscore
_KEY = re.compile(rf"{_NAME}(/{_NAME})*")

UNPARTITIONED = ""


def check_key(key: object) -> str:
    """The key itself; raises GraphError unless it is `name(/name)*` of letters, digits, `_`, `.` and `-`."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise GraphError(f"{key!r} is no key: names of letters, digits, '_', '.', '-', parted by '/'")
    return key


def group_of(key: str) -> str:
    """The group that a key has unless its asset names one: the key without its last name."""
    return key.rpartition("/")[0]


def partition_text(partition: Mapping[str, str] | None) -> str:
    """One text per partition, dimensions in order of name: `day=2026-01-01;site=north`; empty for none."""
    if not partition:
        return UNPARTITIONED
    return ";".join(f"{name}={partition[name]}" for name in sorted(partition))


def partition_of(text: str) -> dict[str, str]:
    """The inverse of `partition_text`."""
    return dict(part.split("=", 1) for part in text.split(";")) if text else {}
