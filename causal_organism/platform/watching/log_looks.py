"""What the watcher reads in the audit log: whether it is whole, and what people did that others should hear of."""

from __future__ import annotations

from datetime import datetime, timedelta

from causal_organism.alerts.faults import Fault
from causal_organism.alerts.of_log import audit_broken, import_removed_much
from causal_organism.documents.alerts import AuditMark, WatchMemory
from causal_organism.documents.json import count_in
from causal_organism.engine.history.audit_chain import ChainReport, check_chain
from causal_organism.ports import Organism

WHOLE_EVERY = timedelta(days=1)
"""So often all rows are read; in between only those that came since."""

TOLD_FOR = timedelta(days=1)
_IMPORT = "import."


def look_at_audit(organism: Organism, memory: WatchMemory, now: datetime) -> list[Fault]:
    """Rows that came since the last turn, and once a day all of them.

    The last row is remembered outside of PostgreSQL, so that who takes rows off the end, or makes the chain anew from
    some row on, is seen too.
    """
    known: AuditMark = memory.get("audit") or {"number": 0, "digest": None, "whole_at": None}
    whole = known["whole_at"] is None or now - datetime.fromisoformat(known["whole_at"]) >= WHOLE_EVERY
    after = 0 if whole else max(known["number"] - 1, 0)
    report = check_chain(organism.ledger.audit_chain(after=after), from_the_start=after == 0)
    why = _last_row_differs(organism, known) or _reason(report)
    if why is not None:
        memory["audit"] = {**known, "whole_at": None}  # all of it again, until it is whole
        return [audit_broken(why)]
    memory["audit"] = {
        "number": report.last.number if report.last else 0,
        "digest": report.last.digest if report.last else None,
        "whole_at": now.isoformat() if whole else known["whole_at"],
    }
    return []


def look_at_imports(organism: Organism, now: datetime) -> list[Fault]:
    """The last import of each table, where it is of the last day."""
    found: dict[str, Fault | None] = {}
    for entry in organism.ledger.audit_log(since=now - TOLD_FOR):
        name = entry.action.removeprefix(_IMPORT)
        if entry.action.startswith(_IMPORT) and name not in found:
            rows, removed = count_in(entry.detail, "rows"), count_in(entry.detail, "removed")
            found[name] = import_removed_much(name, rows=rows, removed=removed, actor=entry.actor)
    return [each for each in found.values() if each is not None]


def _last_row_differs(organism: Organism, known: AuditMark) -> str | None:
    number = known["number"]
    if not number:
        return None
    found = next(iter(organism.ledger.audit_chain(after=number - 1)), None)
    if found is None:
        return f"rows up to {number} were taken off its end"
    if found[0].number == number and found[0].digest != known["digest"]:
        return f"row {number} is another one than it was"
    return None


def _reason(report: ChainReport) -> str | None:
    if report.broken is not None:
        return f"row {report.broken.number}: {report.reason}"
    return f"{report.missing_count} rows are missing, the first is {report.missing[0]}" if report.missing else None
