"""Whether the audit log is whole: each row as it was written, and none taken out between others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from causal_organism.documents.audit import AuditCheckDocument, BrokenRow
from causal_organism.ports import AuditEntry, digest_of

_SHOWN = 20


@dataclass(slots=True)
class ChainReport:
    """What was found. `broken`: the first row that is not as it was written, and why; None: none is.

    What was taken off the end leaves no trace in the log itself: compare `number` and `digest` of the last row with
    what was exported before.
    """

    rows: int = 0
    first: int | None = None
    last: AuditEntry | None = None
    broken: AuditEntry | None = None
    reason: str | None = None
    missing: list[int] = field(default_factory=list)
    missing_count: int = 0

    @property
    def whole(self) -> bool:
        return self.broken is None and not self.missing_count

    def to_document(self) -> AuditCheckDocument:
        """organism.audit-check/1."""
        broken: BrokenRow | None = None
        if self.broken is not None:
            at = self.broken.at.isoformat()
            broken = {"number": self.broken.number, "at": at, "reason": self.reason}
        return {
            "schema": "organism.audit-check/1",
            "whole": self.whole,
            "rows": self.rows,
            "first": self.first,
            "last": self.last.number if self.last else None,
            "digest": self.last.digest if self.last else None,
            "broken": broken,
            "missing": self.missing,
            "missing_count": self.missing_count,
        }


def check_chain(rows: Iterable[tuple[AuditEntry, str]], *, from_the_start: bool) -> ChainReport:
    """Read (row, its detail as text), oldest first. `from_the_start`: the first of them has to be the log's first."""
    report = ChainReport()
    number, digest = 0, None  # of the row before
    for entry, detail in rows:
        if report.rows == 0:
            report.first = entry.number
            if not from_the_start:
                number, digest = entry.number - 1, entry.previous
        if entry.number > number + 1:
            lost = range(number + 1, entry.number)
            report.missing_count += len(lost)
            report.missing += lost[: _SHOWN - len(report.missing)]
            digest = entry.previous  # what it was, nobody can say; the rows after it are looked at all the same
        if report.broken is None:
            report.reason = _fault(entry, detail, digest)
            report.broken = entry if report.reason else None
        report.rows += 1
        number, digest, report.last = entry.number, entry.digest, entry
    return report


def _fault(entry: AuditEntry, detail: str, previous: str | None) -> str | None:
    if digest_of(entry, detail) != entry.digest:
        return "it was changed after it was written"
    if entry.previous != previous:
        return "it does not follow the row before it, which was replaced"
    return None
