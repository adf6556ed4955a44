"""The audit log and whether it is whole.

Moments are ISO 8601 texts.
"""

from typing import TypedDict

from causal_organism.documents.json import JsonObject


class AuditRow(TypedDict):
    """A row of organism.audit/1. `session`: the login that the server knew; None: none was recorded."""

    at: str
    actor: str
    session: str | None
    action: str
    subject: str
    detail: JsonObject


class ExportedRow(AuditRow):
    """With its place in the chain: its digest, and the one before it."""

    number: int
    previous: str | None
    digest: str


class BrokenRow(TypedDict):
    """The first row that is not as it was written, and why."""

    number: int
    at: str
    reason: str | None


class AuditCheckDocument(TypedDict):
    """organism.audit-check/1. `last`, `digest`: of the last row; `missing`: the first numbers that are not there."""

    schema: str
    whole: bool
    rows: int
    first: int | None
    last: int | None
    digest: str | None
    broken: BrokenRow | None
    missing: list[int]
    missing_count: int
