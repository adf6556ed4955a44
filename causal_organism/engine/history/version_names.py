"""Versions as people name them: `KEY`, `KEY@N`, `KEY@rejected`, each with `[day=2026-01-01]` behind the key."""

from __future__ import annotations

import re
import shlex
from bisect import bisect_right
from datetime import datetime

from causal_organism.assets.definitions import SOURCE
from causal_organism.assets.keys import label_of, partition_text
from causal_organism.assets.partitions.choices import one_partition, parse_choice
from causal_organism.assets.versions import Version
from causal_organism.errors import RequestError
from causal_organism.ports import Engine

REJECTED = "@rejected"
_NAMED = re.compile(r"(?P<key>[^\[]+?)(?:\[(?P<partition>.*)\])?(?:@(?P<number>\d+))?", re.DOTALL)


def find_ref(organism: Engine, text: str, partition: str | None = None) -> tuple[str, str, int | None]:
    """(key, text of the partition, number) of `KEY`, `KEY@N` or `KEY[day=2026-01-01]@N`. Raises RequestError.

    The partition may be given beside the text, as `--partition` does.
    """
    match = _NAMED.fullmatch(text)
    key, inner, number = match.group("key", "partition", "number") if match else (text, None, None)
    if text.endswith(REJECTED):
        raise RequestError(
            f"{text}: a rejected value is not a version, and can only be read and compared",
            hint=f"organism read {shlex.quote(text)}",
            code="unknown-version",
        )
    if "@" in key:
        hint = f"organism versions {key.partition('@')[0]}"
        raise RequestError(f"{text!r} names no version: N in KEY@N is a number", hint=hint, code="unknown-version")
    dimensions = organism.graph[key].partitions
    if inner is not None and partition is not None:
        raise RequestError(f"{text} names a partition itself; leave --partition away")
    said = inner if inner is not None else partition
    found = one_partition(parse_choice(said) if said is not None else {}, dimensions, key)
    if said is not None and not dimensions:
        raise RequestError(f"{key} has no partitions", code="unknown-partition")
    return key, partition_text(found), int(number) if number else None


def find_version(organism: Engine, text: str, partition: str | None = None) -> Version:
    """The version that `KEY` (its head), `KEY@N` or `KEY@TIME` (what was published last by then) names.

    Of an asset with partitions, of one of them.

    Raises RequestError.
    """
    text, at = _with_moment(text)
    key, part, number = find_ref(organism, text, partition)
    label = label_of(key, part)
    head = organism.ledger.heads_of([key], part).get(key)
    if head is None:
        what = "observe " if organism.graph[key].kind == SOURCE else "refresh +"  # nothing makes a source
        hint = f"organism {what}{key}" + (f" --partition '{label[len(key) + 1 : -1]}'" if part else "")
        raise RequestError(f"{label} was never made", hint=hint, code="never-made")
    if at is not None:
        return _head_then(organism, head.version, at)
    if number is None:
        return head.version
    version = organism.ledger.version(key, number, part)
    if version is None:
        raise RequestError(f"there is no {label}@{number}", hint=f"organism versions {key}", code="unknown-version")
    return version


def _with_moment(text: str) -> tuple[str, datetime | None]:
    """`KEY@2026-01-31T08:00` as key and moment, in the zone of this machine where it names none."""
    name, _, said = text.rpartition("@")
    if not name or said.isdecimal():
        return text, None
    try:
        return name, datetime.fromisoformat(said).astimezone()
    except ValueError:
        return text, None


def _head_then(organism: Engine, newest: Version, at: datetime) -> Version:
    """The last that was published by a moment; numbers stand in the order of time, so few are looked at."""
    key, part = newest.key, newest.partition

    def made_at(number: int) -> datetime:
        found = organism.ledger.version(key, number, part)
        return found.made_at if found else newest.made_at

    number = bisect_right(range(1, newest.number + 1), at, key=made_at)
    found = organism.ledger.version(key, number, part) if number else None
    if found is None:
        raise RequestError(
            f"{label_of(key, part)} had no version at {at.isoformat(timespec='seconds')}: the first was made at "
            f"{made_at(1).astimezone(at.tzinfo).isoformat(timespec='seconds')}",
            hint=f"organism versions {key}",
            code="unknown-version",
        )
    return found


def find_kept(organism: Engine, text: str, partition: str | None = None) -> Version:
    """What can be read: as `find_version`, or the newest value of `KEY@rejected`. Raises RequestError."""
    if not text.endswith(REJECTED):
        return find_version(organism, text, partition)
    key, part, number = find_ref(organism, text.removesuffix(REJECTED), partition)
    if number is not None:
        raise RequestError(f"{text!r} names two; write {label_of(key, part)}{REJECTED}", code="unknown-version")
    for version in organism.ledger.rejected(key, part, limit=1):
        return version
    label = label_of(key, part)
    hint = f"organism versions {shlex.quote(label)} lists what was published"
    raise RequestError(f"no value of {label} was rejected by a check", hint=hint, code="unknown-version")


def number_in(version: Version) -> int | None:
    """The number as documents have it: null for a rejected value, which has none."""
    return None if version.rejected else version.number
