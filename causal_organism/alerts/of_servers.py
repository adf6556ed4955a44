"""Faults of machines, servers, queues and schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from causal_organism.alerts.alerts import ERROR, WARNING
from causal_organism.alerts.faults import Fault, FaultKind, key_of
from causal_organism.documents.runs import QueueRow, WorkerRow
from causal_organism.wording.amounts import duration, size_text

FILLING, FULL = 0.90, 0.97
"""Shares of a disk that are taken: from the first on people are told, from the second on it is an error."""

LEAST_BYTES = 16 << 20
"""With less left a disk is full, whatever its size: PostgreSQL goes on only if it can write its next 16 MB of log."""

LATE_S = 600.0
"""A run that is due and has waited for so long is late, whatever else waits; pulses come every 300 s."""


def clocks_differ(about: str, *, machine: str) -> Fault:
    """The clock of a machine differs from those of the servers. `about`: by how much."""
    return Fault(
        kind=FaultKind.CLOCK,
        subject=machine,
        text=f"clocks differ: {about}",
        hint="set the clocks of all machines by NTP; what was refused as `future` by a wrong clock is taken back by the"
        " next pulse after that",
    )


def disk_fills(folder: str, *, used: float, left_bytes: int) -> Fault | None:
    """None where there is room."""
    full = used >= FULL or left_bytes < LEAST_BYTES
    if used < FILLING and not full:
        return None
    return Fault(
        kind=FaultKind.DISK_FULL if full else FaultKind.DISK_FILLING,
        subject=folder,
        text=f"the disk of {folder} is {used:.0%} full: {size_text(left_bytes)} are left",
        hint="make room there; `organism retain --dry-run` shows what retention would remove",
        severity=ERROR if full else WARNING,
    )


def disk_faults(fault: Fault) -> tuple[Fault, ...]:
    """What goes on: a disk that is full has not stopped filling up, which is told with it and not as over."""
    if fault.kind is not FaultKind.DISK_FULL:
        return (fault,)
    return fault, replace(fault, kind=FaultKind.DISK_FILLING, severity=WARNING, cause=fault.key)


def queues_without_worker(queues: Sequence[QueueRow]) -> tuple[Fault, ...]:
    """Queues of organism.queues/1 with deployments on them, of which no worker asks for work.

    One that is paused on purpose is none, and neither is one of which it is not known yet. In a home they are told as a
    part of its worker's fault.
    """
    return tuple(
        Fault(
            kind=FaultKind.QUEUE_WITHOUT_WORKER,
            subject=f"{each['pool']}/{each['name']}",
            text=f"no worker serves the queue {each['name']} of pool {each['pool']}: "
            f"{', '.join(each['deployments'])} never run",
            hint=f"prefect worker start --pool {each['pool']} --work-queue {each['name']}",
            cause=key_of(FaultKind.PROCESS_DOWN, "worker"),
        )
        for each in queues
        if each["served"] is False and each["deployments"] and not each["paused"]
    )


def late_queues(queues: Sequence[QueueRow]) -> tuple[Fault, ...]:
    """Queues whose oldest run is due for longer than `LATE_S`; one without a worker explains itself."""
    return tuple(
        Fault(
            kind=FaultKind.SCHEDULE_LATE,
            subject=f"{each['pool']}/{each['name']}",
            text=f"runs of the queue {each['name']} are late: the oldest of {each['depth']} waits for"
            f" {duration(each['oldest_s'])}",
            hint="`organism queues` and `organism runs` show what holds them up",
            severity=WARNING,
            cause=key_of(FaultKind.QUEUE_WITHOUT_WORKER, f"{each['pool']}/{each['name']}"),
        )
        for each in queues
        if not each["paused"] and (each["oldest_s"] or 0.0) > LATE_S
    )


def silent_workers(
    workers: Sequence[WorkerRow], *, recent: Sequence[str], unserved: Sequence[Fault] = ()
) -> tuple[Fault, ...]:
    """Workers that were heard from lately (`recent`: their names) and are not any more. `unserved`: queues without a
    worker, of which that of the same pool says more.
    """
    return tuple(
        Fault(
            kind=FaultKind.WORKER_SILENT,
            subject=f"{each['pool']}/{each['name']}",
            text=f"worker {each['name']} of pool {each['pool']} is silent since {each['last_heartbeat']}",
            hint="look at its machine; its runs are taken over by the others",
            severity=WARNING,
            cause=next((queue.key for queue in unserved if queue.subject.startswith(f"{each['pool']}/")), None),
        )
        for each in workers
        if not each["online"] and each["name"] in recent
    )


def not_scheduling(version: str) -> Fault:
    """Deployments have active schedules, and the server plans no run of them."""
    return Fault(
        kind=FaultKind.SCHEDULE_LATE,
        subject="scheduler",
        text=f"Prefect {version} answers, and plans no run although schedules are active",
        hint="restart the Prefect server: its scheduler is dead",
    )


def server_away(name: str, error: str, hint: str | None, *, behind: str | None = None) -> Fault:
    """A server does not answer. `behind`: the process of the home that explains it; None: its own, where it has one."""
    return Fault(
        kind=FaultKind.SERVER_AWAY,
        subject=name,
        text=f"{name} cannot be reached: {error}",
        hint=hint or "",
        cause=key_of(FaultKind.PROCESS_DOWN, behind or name),
    )


def process_down(name: str, *, product: str, state: str, error: str | None, cause: str | None = None) -> Fault:
    """A server that the home should run does not. `cause`: the key of what explains it, as of one that it needs."""
    return Fault(
        kind=FaultKind.PROCESS_DOWN,
        subject=name,
        text=f"{product} ({name}) {'has a full disk' if state == 'disk full' else f'is {state}'}"
        + (f": {error}" if error else ""),
        hint=f"`organism status` shows it, and its log is logs/{name}.log in the home",
        cause=cause,
    )
