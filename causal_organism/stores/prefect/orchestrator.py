"""The Prefect server over REST: runs, logs, queues and schedules. Prefect itself is not imported."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache, partial
from typing import Any

from causal_organism.deployments import TRIGGER_TAG
from causal_organism.documents.json import JsonObject
from causal_organism.documents.runs import (
    Health,
    LogRow,
    QueueRow,
    RunRow,
    RunWithTasks,
    ScheduleRow,
    TryRow,
    WorkerRow,
)
from causal_organism.errors import RefusedError
from causal_organism.ports import RunFilter
from causal_organism.settings import Settings
from causal_organism.stores.prefect import documents
from causal_organism.stores.prefect.api import PAGE, PrefectApi, utc_now
from causal_organism.stores.prefect.coming import ComingRuns
from causal_organism.stores.prefect.lookup import CLOCK_SKEW, Lookup
from causal_organism.stores.prefect.run_history import PrefectHistory
from causal_organism.stores.prefect.setup import PrefectSetup
from causal_organism.stores.prefect.task_trails import TaskTrails
from causal_organism.stores.silence import Silence
from causal_organism.tracing import traceparent

TERMINAL = ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")
MOST_COUNTED = 2_000
"""Waiting and running runs that are counted; a queue deeper than this is shown with this depth."""

_TRACEPARENT = "__OTEL_TRACEPARENT"
"""The label by which Prefect knows what the span of a run is a part of."""

LIVE = ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED")


class PrefectOrchestrator:
    """Implements ports.Orchestrator."""

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], datetime] | None = None,
        clock: Callable[[], datetime] = utc_now,
        deadline_s: float | None = None,
        silence: Silence | None = None,
        permit: Callable[[], None] = lambda: None,
    ):
        """`now`: what time it is; None: as the server says, also where the `clock` of this machine is wrong.

        `deadline_s`: what one answer may take, without a repetition; None: as patient as the server is busy.

        `permit` raises RefusedError for whoever may change nothing.
        """
        self._api = PrefectApi(settings, deadline_s=deadline_s, permit=permit, clock=clock)
        self._api.silence = silence or Silence()
        self._now = now = now or self._api.now
        self._look = Lookup(self._api, now)
        self._setup = PrefectSetup(self._api, now)
        self._history = PrefectHistory(self._api, self._look)
        self._trails = TaskTrails(self._api)
        self._coming = ComingRuns(self._api, now)

    def close(self) -> None:
        self._api.close()

    def health(self) -> Health:
        began = time.monotonic()
        version = self._api.read("/admin/version")
        latency_ms = (time.monotonic() - began) * 1000
        scheduled = [
            row["id"]
            for row in self._look.deployments()
            if not row["paused"] and any(each["active"] for each in row["schedules"])
        ]
        return {
            "version": version,
            "latency_ms": latency_ms,
            "scheduling": not scheduled or bool(self._coming.planned(scheduled)),
        }

    def clock(self) -> datetime:
        return self._now()

    def trigger(
        self, deployment: str, parameters: JsonObject, *, idempotency: str | None = None, trigger: str = "api"
    ) -> str:
        found = self._look.deployment(deployment)
        body = {
            "parameters": dict(parameters),
            "tags": [*found["tags"], f"{TRIGGER_TAG}{trigger}"],
            # With a key of its own, asking again after a broken connection gives the same run.
            "idempotency_key": idempotency or str(uuid.uuid4()),
        }
        if (parent := traceparent()) is not None:
            body["labels"] = {_TRACEPARENT: parent}
        run = self._api.write("POST", f"/deployments/{found['id']}/create_flow_run", body, repeat=True)
        return str(run["id"])

    def runs(self, *, limit: int = 50, include_scheduled: bool = False) -> tuple[RunRow, ...]:
        rows = self._look.flow_runs({} if include_scheduled else self._look.begun(), limit)
        return self._look.to_runs(rows)

    def history(self, wanted: RunFilter, *, page: int | None = None) -> Iterator[RunRow]:
        return self._history.history(wanted, page=page)

    def tries(self, run: str) -> tuple[TryRow, ...]:
        return self._history.tries(run)

    def run(self, run: str) -> RunWithTasks | None:
        row = self._look.find(run)
        if row is None:
            return None
        tasks = self._api.read(
            "/task_runs/filter",
            {"flow_runs": {"id": {"any_": [row["id"]]}}, "limit": PAGE, "sort": "EXPECTED_START_TIME_ASC"},
        )
        self._look.remember_tasks(tasks)
        return {**self._look.to_runs([row])[0], "tasks": documents.to_tasks(tasks, self._trails.of(tasks))}

    def logs(self, run: str, *, after: str | None = None, limit: int = PAGE) -> tuple[LogRow, ...]:
        """Those of `after`'s own moment come again; their `id` tells them apart."""
        wanted: dict[str, Any] = {"flow_run_id": {"any_": [self._look.need(run)["id"]]}}
        if after is not None:
            wanted["timestamp"] = {"after_": after}
        rows = self._api.read_pages("/logs/filter", {"logs": wanted, "sort": "TIMESTAMP_ASC"}, limit)
        self._look.learn_tasks(row["task_run_id"] for row in rows)
        return tuple(documents.to_log(row, task=self._look.names.get(row["task_run_id"] or "")) for row in rows)

    def cancel(self, run: str) -> None:
        row = self._look.need(run)
        if row["state_type"] in TERMINAL:
            raise RefusedError(f"run {row['id']} has ended already: {row['state_name']}", code="run-ended")
        self._set_state(row["id"], {"type": "CANCELLING", "name": "Cancelling"})

    def is_cancelled(self, run: str) -> bool:
        row = self._api.glance(f"/flow_runs/{run}")
        return row is not None and row["state_type"] in ("CANCELLING", "CANCELLED")

    def retry(self, run: str) -> None:
        row = self._look.need(run)
        if row["state_type"] not in TERMINAL:
            raise RefusedError(
                f"run {row['id']} is {row['state_name']}; only an ended run can be tried again", code="not-retryable"
            )
        if row["deployment_id"] is None:
            raise RefusedError(
                f"run {row['id']} belongs to no deployment, so no worker can run it again",
                hint="ask for a new one with `organism refresh`",
                code="no-deployment",
            )
        self._set_state(row["id"], {"type": "SCHEDULED", "name": "AwaitingRetry"})

    def supersede(self, run: str) -> int:
        """Cancel the scheduled runs of the same deployment that are due and never began: this one does their work.

        After a pause of the workers that leaves one pulse to catch up instead of hundreds; runs that people asked for
        are left alone.
        """
        row = self._look.need(run)
        if row["deployment_id"] is None:
            return 0
        waiting = self._look.flow_runs(
            {
                "deployment_id": {"any_": [row["deployment_id"]]},
                "state": {"type": {"any_": ["SCHEDULED"]}},
                "expected_start_time": {"before_": self._now().isoformat()},
            },
            PAGE,
        )
        # One that began waits, in its process, to be tried again: that is its own.
        others = [
            each["id"]
            for each in waiting
            if each["id"] != row["id"] and each["auto_scheduled"] and each["start_time"] is None
        ]
        for each in others:
            self._set_state(
                each, {"type": "CANCELLED", "name": "Cancelled", "message": f"run {row['id']} did its work"}
            )
        return len(others)

    def queues(self) -> tuple[QueueRow, ...]:
        now = self._now()
        due: JsonObject = {
            "state": {"type": {"any_": list(LIVE)}},
            "expected_start_time": {"before_": (now + CLOCK_SKEW).isoformat()},
        }
        query: JsonObject = {"flow_runs": due, "sort": "EXPECTED_START_TIME_ASC"}
        live = self._api.read_pages("/flow_runs/filter", query, MOST_COUNTED)
        ours = self._look.deployments()
        found = []
        for pool in self._look.pools():
            workers = cache(partial(self._look.workers_of, pool))
            for queue in self._look.queues_of(pool):
                here = (pool["name"], queue["name"])
                runs = [run for run in live if (run["work_pool_name"], run["work_queue_name"]) == here]
                names = [
                    self._look.names[row["id"]]
                    for row in ours
                    if (row["work_pool_name"], row["work_queue_name"]) == here
                ]
                found.append(documents.to_queue(pool, queue, runs, now, deployments=names, workers=workers))
        return tuple(found)

    def pause_queue(self, name: str, *, paused: bool) -> None:
        self._api.write("PATCH", self._look.queue(name), {"is_paused": paused}, repeat=True)

    def limit_queue(self, name: str, limit: int | None) -> None:
        self._api.write("PATCH", self._look.queue(name), {"concurrency_limit": limit}, repeat=True)

    def schedules(self) -> tuple[ScheduleRow, ...]:
        found: list[ScheduleRow] = []
        for row in self._look.deployments():
            if row["schedules"]:
                coming, name = self._coming.of(row), self._look.names[row["id"]]
                next_at = documents.stamp(coming.next_at)
                found += [
                    documents.to_schedule(row, each, name=name, next_at=next_at, late_s=coming.late_s)
                    for each in row["schedules"]
                ]
        return tuple(sorted(found, key=lambda each: (each["deployment"], each["schedule"])))

    def set_schedule(self, deployment: str, *, active: bool) -> int:
        row = self._look.deployment(deployment)
        changed = [each for each in row["schedules"] if each["active"] is not active]
        for each in changed:
            # The server takes a missing `parameters` for an empty one, so they are sent along.
            body = {"active": active, "parameters": each.get("parameters") or {}}
            self._api.write("PATCH", f"/deployments/{row['id']}/schedules/{each['id']}", body, repeat=True)
        if active and row["paused"]:
            self._api.write("POST", f"/deployments/{row['id']}/resume_deployment", repeat=True)
        return len(changed)

    def workers(self) -> tuple[WorkerRow, ...]:
        return tuple(
            documents.to_worker(pool, row) for pool in self._look.pools() for row in self._look.workers_of(pool)
        )

    def forget_worker(self, pool: str, name: str) -> None:
        self._look.forget_worker(pool, name)

    def setup(self, *, reset: bool = False) -> tuple[str, ...]:
        return self._setup.apply(reset=reset)

    def missing(self) -> tuple[str, ...]:
        return self._setup.differences()

    def reap(self) -> tuple[str, ...]:
        return self._setup.reap()

    def drift(self) -> tuple[str, ...]:
        return self._setup.drift()

    def _set_state(self, run: str, state: JsonObject) -> None:
        answer = self._api.write("POST", f"/flow_runs/{run}/set_state", {"state": state}, repeat=True)
        if answer["status"] == "ABORT":
            reason = (answer.get("details") or {}).get("reason") or "no reason given"
            raise RefusedError(f"Prefect does not let run {run} become {state['name']}: {reason}", code="state-refused")
