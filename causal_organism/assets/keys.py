"""Keys of assets and partitions, and their texts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from causal_organism.documents.assets import Placed
from causal_organism.errors import GraphError

_NAME = r"[\w.\-]+"  # \w takes in Unicode letters, digits and the underscore
_KEY = re.compile(rf"{_NAME}(/{_NAME})*")
_PLAIN = re.compile(r"(?! )[\w.\-+:/@ ]*[\w\-+:/@]")  # a name that needs no quotes in a label

UNPARTITIONED = ""

AssetRef = tuple[str, str]
"""An asset's key and the text of its partition; the text is empty for an asset without."""


def check_key(key: object) -> str:
    """The key itself; raises GraphError unless it is `name(/name)*` of letters, digits, `_`, `.` and `-`."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise GraphError(f"{key!r} is not a valid key: names of letters, digits, '_', '.', '-', parted by '/'")
    return key


def is_key(text: str) -> bool:
    """Whether it could be a key."""
    return _KEY.fullmatch(text) is not None


def group_of(key: str) -> str:
    """The group that a key has unless its asset names one: the key without its last name."""
    return key.rpartition("/")[0]


def nearest(key: str, keys: Iterable[str]) -> str:
    """A hint that names the keys nearest to a wrong one."""
    known = list(keys)
    close = difflib.get_close_matches(key, known, n=3, cutoff=0.5) or [each for each in known if key in each][:3]
    return f"did you mean {' or '.join(close)}?" if close else "`organism assets` lists them all"


def partition_text(partition: Mapping[str, str] | None) -> str:
    """One text per partition, dimensions in order of name: `day=2026-01-01;site=north`; empty for none."""
    if not partition:
        return UNPARTITIONED
    return ";".join(member_text(name, partition[name]) for name in sorted(partition))


def member_text(name: str, member: str) -> str:
    """The part of a partition's text that one dimension gives."""
    return f"{name}={member.replace('%', '%25').replace(';', '%3B')}"


def partition_of(text: str) -> dict[str, str]:
    """The inverse of `partition_text`."""
    parts = (part.partition("=") for part in text.split(";")) if text else ()
    return {name: unquote(member) for name, _, member in parts}


def label_of(key: str, partition: str = UNPARTITIONED) -> str:
    """What people call a partition of an asset: `daily/sum[day=2026-01-01,site=north]`; the key alone for none."""
    if not partition:
        return key
    return f"{key}[{','.join(f'{name}={_quoted(member)}' for name, member in partition_of(partition).items())}]"


def placed(key: str, partition: str) -> Placed:
    """The fields by which every document names an asset or a partition of one."""
    return {"key": key, "partition": partition_of(partition)} if partition else {"key": key}


def _quoted(member: str) -> str:
    if _PLAIN.fullmatch(member) and ".." not in member:
        return member
    escaped = member.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
