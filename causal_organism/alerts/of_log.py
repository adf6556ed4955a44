"""Faults that stand in the audit log: one that is not whole, and imports that took much away."""

from __future__ import annotations

from causal_organism.alerts.alerts import WARNING
from causal_organism.alerts.faults import Fault, FaultKind
from causal_organism.wording.amounts import count, share

MUCH = 0.2
"""Share of rows. An import that removes more is refused unless somebody says that it is meant, who may be wrong."""


def audit_broken(why: str) -> Fault:
    """`why`: which rows are not as they were written."""
    return Fault(
        kind=FaultKind.AUDIT_BROKEN,
        subject="audit",
        text=f"the audit log is not whole: {why}",
        hint="`organism audit verify` names the rows; compare with what `organism audit export` handed on. Whoever may"
        " change tables in PostgreSQL can have done it",
    )


def import_removed_much(name: str, *, rows: int, removed: int, actor: str) -> Fault | None:
    """`rows`: what the import has; None where it took away little."""
    before = rows + removed
    if not removed or removed <= MUCH * before:
        return None
    return Fault(
        kind=FaultKind.IMPORT_REMOVED_MUCH,
        subject=name,
        text=f"an import of {name} by {actor} removed {count(removed)} of some {count(before)} rows"
        f" ({share(removed / before)})",
        hint=f"if that was not meant, import the whole file again: `organism import {name} FILE`",
        severity=WARNING,
    )
