"""The audit log: who changed what, in rows that are chained."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from causal_organism.documents.json import JsonObject

Detail = Mapping[str, object]
"""What an action is recorded with: anything that JSON can be made of, as a document."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One action that changed something: who, when, what.

    `actor` is who the client said it was; `session` is the login that the server knew, '' where none was recorded.
    `number` counts without a hole; `digest` is a SHA-256 (hex) of the row and of `previous`, the digest before it.
    """

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: JsonObject
    session: str = ""
    previous: str | None = None
    digest: str = ""


class AuditLog(Protocol):
    """Who changed what."""

    def audit(self, *, actor: str, action: str, subject: str, detail: Detail, at: datetime) -> None: ...

    def audit_log(self, *, since: datetime | None = None, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """Newest first."""

    def audit_chain(self, *, since: datetime | None = None, after: int = 0) -> Iterable[tuple[AuditEntry, str]]:
        """Rows with their detail as the text that went into the digest, oldest first, from the first one at or after
        a moment, and behind a number. However many: they are not held at once.
        """


def digest_of(entry: AuditEntry, detail: str) -> str:
    """What the digest of a row has to be: SHA-256 over the digest before it and, each with its length in bytes before
    it, number, microseconds since 1970, session, actor, action, subject and detail.
    """
    moment = (entry.at - _EPOCH) // timedelta(microseconds=1)
    parts = (str(entry.number), str(moment), entry.session, entry.actor, entry.action, entry.subject, detail)
    measured = b"".join(b"%d:%s" % (len(part), part) for part in (each.encode() for each in parts))
    return hashlib.sha256(bytes.fromhex(entry.previous or "") + measured).hexdigest()
