"""Fingerprints, provenance and the records of what was made. A version's identity is its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from causal_organism.assets.contents import Content, Stored
from causal_organism.assets.json_values import plain_json
from causal_organism.assets.outcomes import Outcome
from causal_organism.documents.assets import CheckDocument
from causal_organism.documents.json import JsonObject


def fingerprint(*parts: bytes | memoryview | str) -> str:
    """SHA-256 over length-prefixed parts, so that two different lists of parts never share one."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()


def fingerprint_json(value: Any) -> str:
    """Fingerprint of a JSON value: order of dict keys and NaN against NaN are no change."""
    return fingerprint("json", canonical_json(value))


def canonical_json(value: Any) -> str:
    """One text per JSON value. Raises UnstorableError, with the place, for what is not JSON."""
    return json.dumps(plain_json(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


Metadata = Mapping[str, Any]
"""What a make said of a value, as JSON; a value's own facts included. Who reads a fact knows who said it."""


@dataclass(frozen=True, slots=True)
class InputVersion:
    """The exact version of one input. `number` is None where the fingerprint is not a published version.

    `partition` is the one that was read, of an asset that has them. Where several were read as one input, `count` says
    how many, the fingerprint is of all of theirs, and `manifest` says where their versions are listed.
    """

    fingerprint: str
    number: int | None = None
    partition: str = ""
    count: int | None = None
    manifest: Stored | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What something was made from. An input that was missing then has the value None."""

    code_version: str
    inputs: Mapping[str, InputVersion | None]

    def same_as(self, other: Provenance) -> bool:
        """Compared by code and fingerprints; numbers are for people."""
        return self.code_version == other.code_version and fingerprints(self.inputs) == fingerprints(other.inputs)


def fingerprints(inputs: Mapping[str, InputVersion | None]) -> dict[str, str | None]:
    """Input key -> fingerprint, in order of key."""
    return {key: each.fingerprint if (each := inputs[key]) else None for key in sorted(inputs)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check said about one value. `code_version` is that of the check; None: an older release ran it."""

    name: str
    passed: bool
    blocking: bool
    detail: str = ""
    facts: JsonObject = field(default_factory=dict)
    code_version: str | None = None

    @property
    def rejects(self) -> bool:
        """Whether the value may not be what readers see."""
        return self.blocking and not self.passed

    @property
    def reason(self) -> str:
        """`row_count: 1 rows, at least 2`."""
        return f"{self.name}: {self.detail or 'not met'}"

    def to_document(self) -> CheckDocument:
        return {
            "name": self.name,
            "passed": self.passed,
            "blocking": self.blocking,
            "detail": self.detail,
            "facts": dict(self.facts),
            "code_version": self.code_version,
        }


def reasons_text(failed: Iterable[CheckResult]) -> str:
    """Why checks rejected a value, in one line."""
    return "; ".join(each.reason for each in failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One publication of an asset. Never changes; `kept` says whether its content can still be read.

    A `rejected` one was made and not published, because of a blocking check: its number is 0, and `made_at` is when.
    """

    key: str
    partition: str = ""
    number: int
    fingerprint: str
    made_at: datetime
    run: str | None
    actor: str
    trigger: str
    provenance: Provenance
    confirmed: Provenance | None = None  # of the last make that gave this content again; None: there was none
    confirmed_metadata: Metadata | None = None  # what that make said; None: the same as `metadata`
    content: Content
    metadata: Metadata = field(default_factory=dict)
    kept: bool = True
    pinned: bool = False
    checks: tuple[CheckResult, ...] = ()
    rejected: bool = False

    @property
    def latest_metadata(self) -> Metadata:
        """What the last make that gave this content said of it: a sample may have become exact, and stayed the same."""
        return self.metadata if self.confirmed_metadata is None else self.confirmed_metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The latest try to make an asset, where it failed or was rejected.

    `of_head`: nothing was made; what was made before was checked again, and was rejected.
    """

    outcome: Outcome
    at: datetime
    run: str | None
    provenance: Provenance
    error: str | None = None
    of_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecked:
    """What checks said of a head after it was published. `run` None: nobody's run."""

    results: tuple[CheckResult, ...]
    at: datetime
    run: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What readers see of one asset, and the record that staleness is judged against.

    `latest` is the provenance of the last make that gave the head's content: the head's own, or that of a later make
    that came out the same. `confirmed_at` is when that was.
    """

    version: Version
    latest: Provenance
    confirmed_at: datetime
    pinned: bool = False
    attempt: Attempt | None = None  # the last try since, where it failed or was rejected
    rechecked: Rechecked | None = None  # None: not since it was published

    @property
    def failed(self) -> bool:
        return self.attempt is not None

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """What checks said last of its content."""
        return self.version.checks if self.rechecked is None else self.rechecked.results
