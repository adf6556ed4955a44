"""Runs, queues, schedules and workers, as the orchestrator tells them.

Moments are ISO 8601 texts.
"""

from typing import NotRequired, TypedDict

from causal_organism.documents.json import JsonObject

TryRow = TypedDict(
    "TryRow",
    {
        "try": int,
        "state": str,
        "started_at": str | None,
        "ended_at": str | None,
        "duration_s": float | None,
        "message": str | None,
    },
)
"""One try of a run or a task, counted from 1: the state that it ended in, or is in."""


class TaskRow(TypedDict):
    """One task of a run, by name. `attempts`: its tries, where there were several and they are known; else none."""

    name: str
    state: str
    tries: int
    started_at: str | None
    duration_s: float | None
    message: str | None
    attempts: list[TryRow]


class RunRow(TypedDict):
    """One run. `duration_s` and `ended_at` are None until it has ended; neither counts what lies between tries."""

    id: str
    flow: str | None
    deployment: str | None
    state: str
    state_type: str
    message: str | None
    trigger: str
    actor: str
    parameters: JsonObject
    queue: str | None
    scheduled_at: str | None
    started_at: str | None
    ended_at: str | None
    duration_s: float | None
    elapsed_s: float | None
    tries: int


class ReasonedRun(RunRow):
    """A run of a list. `why`: in words, why it ended badly or waits; None: it does neither."""

    why: str | None


class RunWithTasks(RunRow):
    """A run and its tasks."""

    tasks: list[TaskRow]


class RunRefusals(TypedDict):
    """What cannot be done with a run and why, in words. None: it can; `lost`: what a failed pulse found to be lost."""

    lost: str | None
    not_retryable: str | None
    not_cancellable: str | None


class ListedRun(ReasonedRun, RunRefusals):
    """A row of organism.runs/1."""


class LogRow(TypedDict):
    """One line of a log."""

    id: str
    timestamp: str
    level: str
    name: str
    message: str
    task: str | None


class QueueRow(TypedDict):
    """A work queue: `depth` is due and not started; `served`: None where it cannot be known yet."""

    pool: str
    name: str
    depth: int
    running: int
    limit: int | None
    paused: bool
    late: int
    oldest_s: float | None
    priority: int | None
    last_polled: str | None
    deployments: list[str]
    served: bool | None


class ScheduleRow(TypedDict):
    """A schedule of a deployment. `late_s`: of its oldest run that is due and never began; None: none is."""

    deployment: str
    schedule: str | None
    cron: str | None
    rule: str | None
    timezone: str
    active: bool
    changed_at: str | None
    next_at: str | None
    late_s: float | None


class SchedulesDocument(TypedDict):
    """organism.schedules/1. `changed`: how many were just paused or resumed."""

    schema: str
    schedules: list[ScheduleRow]
    changed: NotRequired[int]


class WorkerRow(TypedDict):
    """A worker: `status` is ONLINE or OFFLINE."""

    pool: str
    name: str
    status: str
    online: bool
    last_heartbeat: str | None


class Health(TypedDict):
    """`scheduling`: deployments with schedules have scheduled runs."""

    version: str
    latency_ms: float
    scheduling: bool
