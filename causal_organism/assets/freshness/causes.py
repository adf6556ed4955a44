"""Why an asset is out of date: a closed set of causes, and their form in documents and in the ledger.

`match` on a Cause needs no default: the type checker finds the cause that was forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from causal_organism.assets.keys import UNPARTITIONED, partition_of, partition_text
from causal_organism.documents.assets import CauseDocument

Seen = int | str | None
"""A version of an input as people name it: its number, `day=…@3`, `24 partitions, 1a2b3c4`; None: missing."""


class Limit(StrEnum):
    """Which promise about age was broken."""

    MAX_AGE = "max-age"  # `was` and `now` are durations: how old it is, and how old it may be
    DUE = "due"  # `was` and `now` are moments: when it was made, and when it was due


@dataclass(frozen=True, slots=True)
class NeverMade:
    """It has no version."""


@dataclass(frozen=True, slots=True)
class CodeChanged:
    """Its code version differs. `what`: the functions, constants, files and settings that do, in words; empty where the
    parts of the older version are not known."""

    was: str
    now: str
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputChanged:
    """An input has another version. `partition` is that of the input, where it has one."""

    input: str
    was: Seen
    now: Seen
    partition: str = UNPARTITIONED


@dataclass(frozen=True, slots=True)
class InputAdded:
    """It reads what it did not read when it was made."""

    input: str
    now: Seen
    partition: str = UNPARTITIONED


@dataclass(frozen=True, slots=True)
class InputRemoved:
    """It no longer reads what it read when it was made."""

    input: str
    was: Seen
    partition: str = UNPARTITIONED


@dataclass(frozen=True, slots=True)
class TooOld:
    """It is older than it promises to be. `limit` None: an older release recorded it and did not say which."""

    limit: Limit | None
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """A blocking check rejected what this code made of these inputs. `version`: the head; None: there is none.

    `checks`: those that the head itself did not pass when it was checked again; empty: what was made was rejected.
    """

    version: int | None = None
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckChanged:
    """These checks are new or others than those that the head passed."""

    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingMissing:
    """It declares a setting that is not set, so it cannot be made. `variable` is the one to set."""

    variable: str


@dataclass(frozen=True, slots=True)
class ContentDamaged:
    """The content of its head is missing or damaged."""

    version: int


@dataclass(frozen=True, slots=True)
class Pinned:
    """A version is held as head. For information: it makes nothing stale."""

    version: int


Cause = (
    NeverMade
    | CodeChanged
    | InputChanged
    | InputAdded
    | InputRemoved
    | TooOld
    | CheckFailed
    | CheckChanged
    | SettingMissing
    | ContentDamaged
    | Pinned
)


def input_of(cause: Cause) -> str | None:
    """The input that a cause is about."""
    return cause.input if isinstance(cause, InputChanged | InputAdded | InputRemoved) else None


def cause_order(cause: Cause) -> tuple[str, str]:
    """By kind and input: the order of the causes of several partitions taken together."""
    document = cause_document(cause)
    return document["kind"], document["input"] or ""


def cause_document(cause: Cause) -> CauseDocument:  # noqa: C901 - one case a type
    """A cause as documents and the ledger have it: `kind`, `input`, `was`, `now`, and what its kind says besides."""
    match cause:
        case NeverMade():
            return _document("never-made")
        case CodeChanged(was, now, what):
            return {**_document("code-changed", was=was, now=now), "what": list(what)}
        case InputChanged(name, before, after, partition):
            return _of_input("input-changed", name, before, after, partition)
        case InputAdded(name, after, partition):
            return _of_input("input-added", name, None, after, partition)
        case InputRemoved(name, before, partition):
            return _of_input("input-removed", name, before, None, partition)
        case TooOld(limit, was, now):
            return {**_document("too-old", was=was, now=now), "limit": limit and str(limit)}
        case CheckFailed(version, checks):
            return {**_document("check-failed", was=version), "checks": list(checks)}
        case CheckChanged(checks):
            return {**_document("check-changed"), "checks": list(checks)}
        case SettingMissing(variable):
            return {**_document("setting-missing"), "setting": variable}
        case ContentDamaged(version):
            return _document("content-damaged", was=version)
        case Pinned(version):
            return _document("pinned", was=version, now=version)


def read_cause(document: CauseDocument) -> Cause | None:  # noqa: C901 - one case a type
    """The cause in a document; None for a kind that this release does not know. What is missing in it is empty."""
    was, now = document.get("was"), document.get("now")
    name, partition = str(document.get("input") or ""), partition_text(document.get("partition"))
    match document.get("kind"):
        case "never-made":
            return NeverMade()
        case "code-changed":
            return CodeChanged(str(was or ""), str(now or ""), tuple(map(str, document.get("what") or ())))
        case "input-changed":
            return InputChanged(name, was, now, partition)
        case "input-added":
            return InputAdded(name, now, partition)
        case "input-removed":
            return InputRemoved(name, was, partition)
        case "too-old":
            limit = document.get("limit")
            return TooOld(Limit(limit) if limit in tuple(Limit) else None, str(was or ""), str(now or ""))
        case "check-failed":
            return CheckFailed(_number(was), tuple(map(str, document.get("checks") or ())))
        case "check-changed":
            return CheckChanged(tuple(map(str, document.get("checks") or ())))
        case "setting-missing":
            return SettingMissing(str(document.get("setting") or ""))
        case "content-damaged":
            return ContentDamaged(_number(was) or 0)
        case "pinned":
            return Pinned(_number(was) or 0)
    return None


def _number(seen: Seen) -> int | None:
    return seen if isinstance(seen, int) else None


def _document(kind: str, *, was: Seen = None, now: Seen = None) -> CauseDocument:
    return {"kind": kind, "input": None, "was": was, "now": now}


def _of_input(kind: str, name: str, was: Seen, now: Seen, partition: str) -> CauseDocument:
    document: CauseDocument = {"kind": kind, "input": name, "was": was, "now": now}
    return {**document, "partition": partition_of(partition)} if partition else document
