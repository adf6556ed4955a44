"""An orchestrator in memory: the same documents, with runs that move when a test says so."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from causal_organism.deployments import (
    PIPELINES,
    QUEUES,
    WORK_POOL,
    Pipeline,
    pipeline_named,
)
from causal_organism.documents.json import JsonObject
from causal_organism.documents.runs import (
    Health,
    LogRow,
    QueueRow,
    RunRow,
    RunWithTasks,
    ScheduleRow,
    TaskRow,
    TryRow,
    WorkerRow,
)
from causal_organism.errors import RefusedError, RequestError
from causal_organism.ports import RunFilter
from causal_organism.stores.memory.orchestrated import TYPES, MemoryRun, to_document
from causal_organism.wording.identities import SHORTEST, matching, one_of


class MemoryOrchestrator:
    """Implements ports.Orchestrator. `begin`, `end` and `plan_run` play the worker and the scheduler."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._now = now
        self._runs: dict[str, MemoryRun] = {}
        self._keys: dict[str, str] = {}
        self._queues: dict[str, dict[str, Any]] = {}
        self._active: dict[str, bool] = {}  # deployment -> its schedule is active
        self._changed: dict[str, datetime] = {}  # deployment -> when its schedule was set
        self._deployed: set[str] = set()
        self.online = {"in memory": True}  # worker of the pool -> it is online
        self.served = True  # a worker asks for the work of every queue

    def plan_run(self, deployment: str, at: datetime) -> str:
        """A run that a schedule planned for `at`."""
        return self._add(self._pipeline(deployment), {}, trigger="schedule", scheduled=True, at=at)

    def begin(self, run: str) -> None:
        found = self._need(run)
        found.state, found.tries = "Running", found.tries + 1
        found.try_at = self._now()
        found.started_at = found.started_at or found.try_at
        began = found.try_at.isoformat()
        found.tried.append({"try": found.tries, "state": "Running", "started_at": began, "ended_at": None,
                            "duration_s": None, "message": None})  # fmt: skip

    def end(self, run: str, state: str = "Completed", message: str | None = None) -> None:
        found = self._need(run)
        found.state, found.message, found.ended_at = state, message, self._now()
        if found.try_at is not None:
            took = found.ended_at - found.try_at
            found.worked, found.try_at = found.worked + took, None
            found.tried[-1] |= {"state": state, "message": message, "ended_at": found.ended_at.isoformat(),
                                "duration_s": took.total_seconds()}  # fmt: skip

    def set_task(self, run: str, name: str, state: str, tries: int = 1) -> None:
        self._need(run).tasks[name] = TaskRow(
            name=name, state=state, tries=tries, started_at=None, duration_s=None, message=None, attempts=[]
        )

    def log(self, run: str, message: str, *, level: str = "info", task: str | None = None) -> None:
        logs = self._need(run).logs
        logs.append(
            LogRow(
                id=str(len(logs)), timestamp=self._now().isoformat(), level=level, name="organism", message=message,
                task=task,
            )
        )  # fmt: skip

    def health(self) -> Health:
        return {"version": "in memory", "latency_ms": 0.0, "scheduling": True}

    def trigger(
        self, deployment: str, parameters: JsonObject, *, idempotency: str | None = None, trigger: str = "api"
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

    def runs(self, *, limit: int = 50, include_scheduled: bool = False) -> tuple[RunRow, ...]:
        now = self._now()
        found = [run for run in self._runs.values() if include_scheduled or run.scheduled_at <= now]
        found.sort(key=lambda run: run.scheduled_at, reverse=True)
        return tuple(to_document(run) for run in found[:limit])

    def history(self, wanted: RunFilter, *, page: int | None = None) -> Iterator[RunRow]:
        for row in self.runs(limit=len(self._runs)):
            due = self._runs[row["id"]].scheduled_at
            is_in_time = due >= (wanted.since or due) and due <= (wanted.until or due)
            if is_in_time and wanted.takes(row):
                yield row

    def tries(self, run: str) -> tuple[TryRow, ...]:
        return tuple(self._need(run).tried)

    def run(self, run: str) -> RunWithTasks | None:
        found = self._find(run)
        return None if found is None else {**to_document(found), "tasks": list(found.tasks.values())}

    def logs(self, run: str, *, after: str | None = None, limit: int = 200) -> tuple[LogRow, ...]:
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
        return found is not None and TYPES[found.state] in ("CANCELLING", "CANCELLED")

    def retry(self, run: str) -> None:
        found = self._need(run)
        if not found.ended:
            raise RefusedError(
                f"run {found.id} is {found.state}; only an ended run can be tried again", code="not-retryable"
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
            and TYPES[each.state] == "SCHEDULED"
            and each.scheduled_at <= self._now()
        ]
        for each in others:
            self.end(each.id, "Cancelled", f"run {found.id} did its work")
        return len(others)

    def queues(self) -> tuple[QueueRow, ...]:
        return tuple(self._queue_document(name) for name in sorted(self._queues, key=lambda name: QUEUES[name]))

    def pause_queue(self, name: str, *, paused: bool) -> None:
        self._queue(name)["paused"] = paused

    def limit_queue(self, name: str, limit: int | None) -> None:
        self._queue(name)["limit"] = limit

    def schedules(self) -> tuple[ScheduleRow, ...]:
        return tuple(
            {
                "deployment": each.full_name,
                "schedule": each.slug,
                "cron": each.cron,
                "rule": each.cron,
                "timezone": "UTC",
                "active": self._active[each.full_name],
                "changed_at": self._changed[each.full_name].isoformat(),
                "next_at": None,
                "late_s": self._late_s(each),
            }
            for each in sorted(PIPELINES, key=lambda each: each.full_name)
            if each.full_name in self._active
        )

    def _late_s(self, pipeline: Pipeline) -> float | None:
        waiting = [run for run in self._runs.values() if run.pipeline is pipeline and run.scheduled and not run.ended]
        late = [(self._now() - run.scheduled_at).total_seconds() for run in waiting if run.started_at is None]
        return max((each for each in late if each >= 0), default=None)

    def set_schedule(self, deployment: str, *, active: bool) -> int:
        name = self._pipeline(deployment).full_name
        changed = name in self._active and self._active[name] is not active
        if changed:
            self._active[name], self._changed[name] = active, self._now()
        return int(changed)

    def clock(self) -> datetime:
        return self._now()

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
                self._changed.setdefault(each.full_name, self._now())
        return changed

    def missing(self) -> tuple[str, ...]:
        queues = [f"queue {name} created" for name in QUEUES if name not in self._queues]
        missing = [each.full_name for each in PIPELINES if each.full_name not in self._deployed]
        return (*queues, *(f"deployment {name} created" for name in missing))

    def reap(self) -> tuple[str, ...]:
        return ()

    def drift(self) -> tuple[str, ...]:
        limits = [f"queue {name}: limit removed" for name, row in self._queues.items() if row["limit"] is not None]
        paused = [f"queue {name} is paused" for name, row in self._queues.items() if row["paused"]]
        return (*limits, *paused)

    def workers(self) -> tuple[WorkerRow, ...]:
        at = self._now().isoformat()
        return tuple(
            WorkerRow(
                pool=WORK_POOL, name=name, status="ONLINE" if online else "OFFLINE", online=online, last_heartbeat=at
            )
            for name, online in self.online.items()
        )

    def forget_worker(self, pool: str, name: str) -> None:
        self.online.pop(name, None)

    def _add(
        self, pipeline: Pipeline, parameters: Mapping[str, Any], *, trigger: str, scheduled: bool, at: datetime
    ) -> str:
        run = MemoryRun(str(uuid.uuid4()), pipeline, dict(parameters), trigger, scheduled, at)
        self._runs[run.id] = run
        return run.id

    def _pipeline(self, name: str) -> Pipeline:
        pipeline = pipeline_named(name)
        if pipeline is None:
            raise RequestError(f"there is no deployment {name!r}", code="unknown-deployment")
        if pipeline.full_name not in self._deployed:
            raise RequestError(f"{pipeline.full_name} is not deployed on this Prefect server", code="not-deployed")
        return pipeline

    def _find(self, run: str) -> MemoryRun | None:
        if run in self._runs:
            return self._runs[run]
        ids = tuple(self._runs)
        return self._runs[one_of(run, ids, what="run")] if len(run) < SHORTEST or matching(run, ids) else None

    def _need(self, run: str) -> MemoryRun:
        found = self._find(run)
        if found is None:
            raise RequestError(f"Prefect has no run {run!r}", hint="`organism runs` lists them", code="unknown-run")
        return found

    def _queue(self, name: str) -> dict[str, Any]:
        queue = name.removeprefix(f"{WORK_POOL}/")
        if queue not in self._queues:
            raise RequestError(f"there is no queue {name!r} in pool {WORK_POOL!r}", code="unknown-queue")
        return self._queues[queue]

    def _queue_document(self, name: str) -> QueueRow:
        now = self._now()
        runs = [run for run in self._runs.values() if run.pipeline.queue == name]
        due = [
            run
            for run in runs
            if TYPES[run.state] == "PENDING" or (TYPES[run.state] == "SCHEDULED" and run.scheduled_at <= now)
        ]
        return {
            "pool": WORK_POOL,
            "name": name,
            "depth": len(due),
            "running": sum(TYPES[run.state] in ("RUNNING", "CANCELLING") for run in runs),
            "paused": self._queues[name]["paused"],
            "limit": self._queues[name]["limit"],
            "late": sum(run.state == "Late" for run in due),
            "oldest_s": max((now - run.scheduled_at).total_seconds() for run in due) if due else None,
            "priority": QUEUES[name],
            "last_polled": now.isoformat(),
            "deployments": [
                each.full_name for each in PIPELINES if each.queue == name and each.full_name in self._deployed
            ],
            "served": self.served,
        }
