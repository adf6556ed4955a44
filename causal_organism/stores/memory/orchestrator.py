"""An orchestrator in memory: the same documents, with runs that move when a test says so."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from causal_organism.deployments import (
    PIPELINES,
    QUEUES,
    WORK_POOL,
    Pipeline,
    actor_of,
    pipeline_named,
    trigger_of,
)
from causal_organism.errors import RefusedError, RequestError

_TYPES = {
    "Scheduled": "SCHEDULED",
    "Late": "SCHEDULED",
    "AwaitingRetry": "SCHEDULED",
    "Pending": "PENDING",
    "Running": "RUNNING",
    "Cancelling": "CANCELLING",
    "Completed": "COMPLETED",
    "Failed": "FAILED",
    "Cancelled": "CANCELLED",
    "Crashed": "CRASHED",
}
_ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})
_LEAST_PREFIX = 4


@dataclass(slots=True)
class _Run:
    id: str
    pipeline: Pipeline
    parameters: Mapping[str, Any]
    trigger: str
    scheduled: bool
    scheduled_at: datetime
    state: str = "Scheduled"
    message: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tries: int = 0
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return _TYPES[self.state] in _ENDED


class MemoryOrchestrator:
    """Implements ports.Orchestrator. `begin`, `end` and `plan_run` play the worker and the scheduler."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._now = now
        self._runs: dict[str, _Run] = {}
        self._keys: dict[str, str] = {}
        self._queues: dict[str, dict[str, Any]] = {}
        self._active: dict[str, bool] = {}  # deployment -> its schedule is active
        self._deployed: set[str] = set()

    def plan_run(self, deployment: str, at: datetime) -> str:
        """A run that a schedule planned for `at`."""
        return self._add(self._pipeline(deployment), {}, trigger="schedule", scheduled=True, at=at)

    def begin(self, run: str) -> None:
        found = self._need(run)
        found.state, found.tries = "Running", found.tries + 1
        found.started_at = found.started_at or self._now()

    def end(self, run: str, state: str = "Completed", message: str | None = None) -> None:
        found = self._need(run)
        found.state, found.message, found.ended_at = state, message, self._now()

    def set_task(self, run: str, name: str, state: str, tries: int = 1) -> None:
        task = {"name": name, "state": state, "tries": tries, "started_at": None, "duration_s": None, "message": None}
        self._need(run).tasks[name] = task

    def log(self, run: str, message: str, *, level: str = "info", task: str | None = None) -> None:
        logs = self._need(run).logs
        line = {"id": str(len(logs)), "timestamp": self._now().isoformat(), "level": level, "name": "organism"}
        logs.append({**line, "message": message, "task": task})

    def health(self) -> Mapping[str, Any]:
        return {"version": "in memory", "latency_ms": 0.0, "scheduling": True}

    def trigger(
        self,
        deployment: str,
        parameters: Mapping[str, Any],
        *,
        idempotency: str | None = None,
        trigger: str = "api",
    ) -> str:
        pipeline = self._pipeline(deployment)
        unknown = sorted(set(parameters) - set(pipeline.parameters))
        missing = [name for name in pipeline.parameter_schema["required"] if name not in parameters]
        if unknown or missing:
            raise RequestError(f"Prefect refuses: {', '.join(unknown or missing)}", code="prefect-refuses")
        if idempotency is not None and idempotency in self._keys:
            return self._keys[idempotency]
        run = self._add(pipeline, parameters, trigger=trigger, scheduled=False, at=self._now())
        if idempotency is not None:
            self._keys[idempotency] = run
        return run

    def runs(self, *, limit: int = 50, include_scheduled: bool = False) -> tuple[Mapping[str, Any], ...]:
        now = self._now()
        found = [run for run in self._runs.values() if include_scheduled or run.scheduled_at <= now]
        found.sort(key=lambda run: run.scheduled_at, reverse=True)
        return tuple(_document(run) for run in found[:limit])

    def run(self, run: str) -> Mapping[str, Any] | None:
        found = self._find(run)
        return None if found is None else {**_document(found), "tasks": list(found.tasks.values())}

    def logs(self, run: str, *, after: str | None = None, limit: int = 200) -> tuple[Mapping[str, Any], ...]:
        lines = [line for line in self._need(run).logs if after is None or line["timestamp"] >= after]
        return tuple(lines[:limit])

    def cancel(self, run: str) -> None:
        found = self._need(run)
        if found.ended:
            raise RefusedError(f"run {found.id} has ended already: {found.state}", code="run-ended")
        if found.state in ("Running", "Pending"):
            found.state = "Cancelling"
        else:
            self.end(found.id, "Cancelled")

    def is_cancelled(self, run: str) -> bool:
        found = self._find(run)
        return found is not None and _TYPES[found.state] in ("CANCELLING", "CANCELLED")

    def retry(self, run: str) -> None:
        found = self._need(run)
        if not found.ended:
            raise RefusedError(
                f"run {found.id} is {found.state}; only an ended run can be tried again", code="run-live"
            )
        found.state, found.ended_at = "AwaitingRetry", None

    def supersede(self, run: str) -> int:
        found = self._need(run)
        others = [
            each
            for each in self._runs.values()
            if each.id != found.id
            and each.pipeline is found.pipeline
            and each.scheduled
            and each.started_at is None
            and _TYPES[each.state] == "SCHEDULED"
            and each.scheduled_at <= self._now()
        ]
        for each in others:
            self.end(each.id, "Cancelled", f"run {found.id} did its work")
        return len(others)

    def queues(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(self._queue_document(name) for name in sorted(self._queues, key=lambda name: QUEUES[name]))

    def pause_queue(self, name: str, *, paused: bool) -> None:
        self._queue(name)["paused"] = paused

    def limit_queue(self, name: str, limit: int | None) -> None:
        self._queue(name)["limit"] = limit

    def schedules(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(
            {
                "deployment": each.full_name,
                "schedule": each.slug,
                "cron": each.cron,
                "rule": each.cron,
                "timezone": "UTC",
                "active": self._active[each.full_name],
                "next_at": None,
            }
            for each in sorted(PIPELINES, key=lambda each: each.full_name)
            if each.full_name in self._active
        )

    def set_schedule(self, deployment: str, *, active: bool) -> int:
        name = self._pipeline(deployment).full_name
        changed = name in self._active and self._active[name] is not active
        if changed:
            self._active[name] = active
        return int(changed)

    def setup(self, *, reset: bool = False) -> tuple[str, ...]:
        changed = self.missing()
        for name in QUEUES:
            queue = self._queues.setdefault(name, {"paused": False, "limit": None})
            if reset and queue["limit"] is not None:
                queue["limit"] = None
                changed += (f"queue {name}: limit removed",)
        for each in PIPELINES:
            self._deployed.add(each.full_name)
            if each.cron is not None:
                self._active.setdefault(each.full_name, True)
        return changed

    def missing(self) -> tuple[str, ...]:
        queues = [f"queue {name} created" for name in QUEUES if name not in self._queues]
        missing = [each.full_name for each in PIPELINES if each.full_name not in self._deployed]
        return (*queues, *(f"deployment {name} created" for name in missing))

    def workers(self) -> tuple[Mapping[str, Any], ...]:
        heartbeat = self._now().isoformat()
        worker = {"pool": WORK_POOL, "name": "in memory", "status": "ONLINE", "online": True}
        return ({**worker, "last_heartbeat": heartbeat},)

    def _add(
        self, pipeline: Pipeline, parameters: Mapping[str, Any], *, trigger: str, scheduled: bool, at: datetime
    ) -> str:
        run = _Run(str(uuid.uuid4()), pipeline, dict(parameters), trigger, scheduled, at)
        self._runs[run.id] = run
        return run.id

    def _pipeline(self, name: str) -> Pipeline:
        pipeline = pipeline_named(name)
        if pipeline is None:
            raise RequestError(f"there is no deployment {name!r}", code="unknown-deployment")
        if pipeline.full_name not in self._deployed:
            raise RequestError(f"{pipeline.full_name} is not deployed on this Prefect server", code="not-deployed")
        return pipeline

    def _find(self, run: str) -> _Run | None:
        if run in self._runs:
            return self._runs[run]
        if len(run) < _LEAST_PREFIX:
            raise RequestError(f"{run!r} is too short; give at least {_LEAST_PREFIX} characters of a run's id")
        matching = [each for each in self._runs.values() if each.id.startswith(run)]
        if len(matching) > 1:
            raise RequestError(f"{run!r} is the beginning of {len(matching)} runs", hint="give more of the id")
        return matching[0] if matching else None

    def _need(self, run: str) -> _Run:
        found = self._find(run)
        if found is None:
            raise RequestError(f"Prefect has no run {run!r}", hint="`organism runs` lists them", code="unknown-run")
        return found

    def _queue(self, name: str) -> dict[str, Any]:
        queue = name.removeprefix(f"{WORK_POOL}/")
        if queue not in self._queues:
            raise RequestError(f"there is no queue {name!r} in pool {WORK_POOL!r}", code="unknown-queue")
        return self._queues[queue]

    def _queue_document(self, name: str) -> dict[str, Any]:
        now = self._now()
        runs = [run for run in self._runs.values() if run.pipeline.queue == name]
        due = [
            run
            for run in runs
            if _TYPES[run.state] == "PENDING" or (_TYPES[run.state] == "SCHEDULED" and run.scheduled_at <= now)
        ]
        return {
            "pool": WORK_POOL,
            "name": name,
            "depth": len(due),
            "running": sum(_TYPES[run.state] in ("RUNNING", "CANCELLING") for run in runs),
            **self._queues[name],
            "late": sum(run.state == "Late" for run in due),
            "oldest_s": max((now - run.scheduled_at).total_seconds() for run in due) if due else None,
            "priority": QUEUES[name],
            "last_polled": now.isoformat(),
        }


def _document(run: _Run) -> dict[str, Any]:
    ended = run.ended_at - run.started_at if run.ended_at and run.started_at else None
    return {
        "id": run.id,
        "flow": run.pipeline.flow,
        "deployment": run.pipeline.full_name,
        "state": run.state,
        "state_type": _TYPES[run.state],
        "message": run.message,
        "trigger": trigger_of((), scheduled=run.scheduled) if run.scheduled else run.trigger,
        "actor": actor_of(run.parameters, scheduled=run.scheduled),
        "parameters": dict(run.parameters),
        "queue": run.pipeline.queue,
        "scheduled_at": run.scheduled_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "duration_s": ended.total_seconds() if ended else None,
        "tries": run.tries,
    }
