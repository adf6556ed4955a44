"""What is wrong now, as facts with words: `organism check` shows faults, and `organism watch` tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from causal_organism.alerts.alerts import ERROR, Alert


class FaultKind(StrEnum):
    """What may be wrong. The text is part of every alert's key, so it never changes."""

    ASSET_FAILED = "asset-failed"
    ASSET_LATE = "asset-late"
    ASSET_REJECTED = "asset-rejected"
    AUDIT_BROKEN = "audit-broken"
    CALIBRATION = "calibration"
    CHECK_FAILED = "check-failed"
    CLOCK = "clock"
    DEAD_LETTERS = "dead-letters"
    DISK_FILLING = "disk-filling"
    DISK_FULL = "disk-full"
    GAP = "gap"
    IMPORT_REMOVED_MUCH = "import-removed-much"
    NETWORK_DIFFERS = "network-differs"
    PROCESS_DOWN = "process-down"
    QUEUE_WITHOUT_WORKER = "queue-without-worker"
    RUN_FAILED = "run-failed"
    SCHEDULE_LATE = "schedule-late"
    SERVER_AWAY = "server-away"
    STREAM_LAG = "stream-lag"
    WORKER_BROKEN = "worker-broken"
    WORKER_SILENT = "worker-silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong as long as it is seen. `subject`: what it is about; `hint`: what an operator does.

    `cause`: the key of another fault that explains it; as long as that is seen, it is told with it and not by itself.
    """

    kind: FaultKind
    subject: str
    text: str
    hint: str = ""
    severity: str = ERROR
    run: str | None = None
    cause: str | None = None

    @property
    def key(self) -> str:
        """The same as long as the same thing is wrong; no run stands in it, so that it is one for all runs."""
        return key_of(self.kind, self.subject)


def key_of(kind: FaultKind, subject: str) -> str:
    """`kind/subject`: faults of one key are one incident."""
    return f"{kind}/{subject}"


def alert_of(fault: Fault, *, again: str = "", also: tuple[Fault, ...] = ()) -> Alert:
    """What people are told of a fault. `again`: what makes it another alert, as the moment at which it began; `also`:
    what it explains."""
    parts = [fault.text, *(f"Behind it: {each.text}" for each in also if each.text != fault.text), fault.hint]
    return Alert(
        title=fault.text.partition("\n")[0],
        text="\n\n".join(filter(None, parts)),
        severity=fault.severity,
        subject=fault.subject,
        run=fault.run,
        dedup_key=f"{fault.key}/{again}" if again else fault.key,
        group=fault.key,
    )
