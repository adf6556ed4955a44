"""What a Prefect server must hold for our pipelines, and the steps from what it holds to that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.resources import files
from typing import Any

from causal_organism.deployments import (
    HEARTBEAT_S,
    PIPELINES,
    QUEUES,
    SILENCE_S,
    START_GRACE_S,
    TAG,
    UNBORN_S,
    WORK_POOL,
    ZOMBIE_AUTOMATION,
    Pipeline,
)
from causal_organism.stores.prefect.api import PAGE, PrefectApi

Row = Mapping[str, Any]

RUN_ENVIRONMENT: Mapping[str, str] = {
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S),
    "PREFECT_LOGGING_EXTRA_LOGGERS": "causal_organism",
}
"""What every run of ours needs in its process, whichever worker starts it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what is and what should be. `make` removes it."""

    text: str
    make: Callable[[], Any]


class PrefectSetup:
    """Repeating a setup changes nothing. What operators changed stays: pauses, limits, crons and queues.

    `reset` takes crons, queues and limits back to their definitions; no setup ever resumes what is paused.
    """

    def __init__(self, api: PrefectApi, now: Callable[[], datetime]):
        self._api = api
        self._now = now

    def apply(self, *, reset: bool = False) -> tuple[str, ...]:
        """Make every change; what was changed, a line each."""
        made: list[str] = []
        for change in self._changes(reset=reset):
            change.make()
            made.append(change.text)
        return tuple(made)

    def differences(self) -> tuple[str, ...]:
        """What `apply` would change, a line each."""
        return tuple(change.text for change in self._changes(reset=False))

    def _changes(self, *, reset: bool) -> Iterator[Change]:
        # A generator: a later step reads the server after the earlier changes were made.
        yield from self._pool()
        yield from self._queues(reset=reset)
        yield from self._unborn()
        for pipeline in PIPELINES:
            yield from self._deployment(pipeline, reset=reset)
        yield from self._automation()

    def _pool(self) -> Iterator[Change]:
        if self._api.find(f"/work_pools/{WORK_POOL}") is None:
            body = {"name": WORK_POOL, "type": "process", "base_job_template": process_template()}
            yield Change(f"work pool {WORK_POOL} created", lambda: self._api.write("POST", "/work_pools/", body))

    def _queues(self, *, reset: bool) -> Iterator[Change]:
        path = f"/work_pools/{WORK_POOL}/queues"
        for name, priority in QUEUES.items():
            row = self._api.find(f"{path}/{name}")
            if row is None:
                body = {"name": name, "priority": priority}
                yield Change(f"queue {name} created", partial(self._api.write, "POST", path, body))
            elif reset and row["concurrency_limit"] is not None:
                yield Change(
                    f"queue {name}: limit removed",
                    partial(self._api.write, "PATCH", f"{path}/{name}", {"concurrency_limit": None}),
                )

    def _unborn(self) -> Iterator[Change]:
        """Runs that a worker took and that never began: it died, and no heartbeat of theirs can stop."""
        pending = {
            "flows": {"name": {"any_": [each.flow for each in PIPELINES]}},
            "flow_runs": {"state": {"type": {"any_": ["PENDING"]}}},
        }
        for run in self._api.read_pages("/flow_runs/filter", pending, PAGE):
            age = self._now() - datetime.fromisoformat(run["state"]["timestamp"])
            if age > timedelta(seconds=UNBORN_S):
                state = {"type": "CRASHED", "name": "Crashed", "message": "its worker ended before it began"}
                path = f"/flow_runs/{run['id']}/set_state"
                yield Change(
                    f"run {run['id']} never began: set to Crashed",
                    partial(self._api.write, "POST", path, {"state": state}),
                )

    def _deployment(self, pipeline: Pipeline, *, reset: bool) -> Iterator[Change]:
        row = self._api.find(f"/deployments/name/{pipeline.full_name}")
        if row is None:
            yield Change(f"deployment {pipeline.full_name} created", lambda: self._create(pipeline))
            return
        wanted = _code_bound(pipeline, row) | (_operators_own(pipeline) if reset else {})
        different = {name: value for name, value in wanted.items() if _current(row, name) != value}
        if different:
            yield Change(
                f"deployment {pipeline.full_name} updated: {', '.join(sorted(different))}",
                lambda: self._api.write("PATCH", f"/deployments/{row['id']}", different),
            )
        yield from self._schedule(pipeline, row, reset=reset)
        yield from self._slot(pipeline, row)

    def _create(self, pipeline: Pipeline) -> None:
        flow = self._api.write("POST", "/flows/", {"name": pipeline.flow, "tags": [TAG]}, repeat=True)
        schedules = [] if pipeline.cron is None else [_schedule_body(pipeline)]
        body = {"name": pipeline.name, "flow_id": flow["id"], "schedules": schedules}
        self._api.write(
            "POST", "/deployments/", body | _code_bound(pipeline, {}) | _operators_own(pipeline), repeat=True
        )

    def _schedule(self, pipeline: Pipeline, row: Row, *, reset: bool) -> Iterator[Change]:
        if pipeline.cron is None:
            return
        path = f"/deployments/{row['id']}/schedules"
        found = next((each for each in row["schedules"] if each.get("slug") == pipeline.slug), None)
        if found is None:
            yield Change(
                f"schedule {pipeline.slug} of {pipeline.full_name} created",
                lambda: self._api.write("POST", path, [_schedule_body(pipeline)]),
            )
        elif reset and found["schedule"].get("cron") != pipeline.cron:
            body = {"schedule": _schedule_body(pipeline)["schedule"], "parameters": found.get("parameters") or {}}
            yield Change(
                f"schedule {pipeline.slug} of {pipeline.full_name} set to {pipeline.cron}",
                lambda: self._api.write("PATCH", f"{path}/{found['id']}", body),
            )

    def _slot(self, pipeline: Pipeline, row: Row) -> Iterator[Change]:
        """A slot that no run holds, left by a server that lost its leases, would hold up the deployment for ever."""
        limit = row.get("global_concurrency_limit")
        if not limit or not limit["active_slots"]:
            return
        # A run that waits in its process to be tried again keeps its slot.
        holding = (
            {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}},
            {"state": {"name": {"any_": ["AwaitingRetry"]}}},
        )
        ours = {"deployments": {"id": {"any_": [row["id"]]}}}
        holders = sum(self._api.read("/flow_runs/count", {**ours, "flow_runs": each}) for each in holding)
        if holders == 0:
            yield Change(
                f"deployment {pipeline.full_name}: a slot that no run held was freed",
                lambda: self._api.write("PATCH", f"/v2/concurrency_limits/{limit['id']}", {"active_slots": 0}),
            )

    def _automation(self) -> Iterator[Change]:
        named = {"automations": {"name": {"any_": [ZOMBIE_AUTOMATION]}}}
        if not self._api.read("/automations/filter", named):
            yield Change("automation for dead runs created", lambda: self._api.write("POST", "/automations/", zombie()))


def process_template() -> dict[str, Any]:
    """The base job template of a process pool, as Prefect 3.8 has it.

    Shipped, because a Prefect server answers its own view of templates from the Internet.
    """
    text = files("causal_organism.stores.prefect").joinpath("process_pool.json").read_text("utf-8")
    template: dict[str, Any] = json.loads(text)
    return template


def zombie() -> dict[str, Any]:
    """The automation that makes a run Crashed when its heartbeats stop; Prefect has none of its own."""
    return {
        "name": ZOMBIE_AUTOMATION,
        "description": f"A run of ours that was alive and gave no sign for {SILENCE_S} s lost its process.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            "after": ["prefect.flow-run.heartbeat"],
            "expect": ["prefect.flow-run.*"],
            "match": {"prefect.resource.id": "prefect.flow-run.*"},
            "match_related": {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"},
            "for_each": ["prefect.resource.id"],
            "threshold": 1,
            "within": SILENCE_S,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "name": "Crashed",
                "message": f"no heartbeat for {SILENCE_S} s: the process is gone",
            }
        ],
    }


def _code_bound(pipeline: Pipeline, row: Row) -> dict[str, Any]:
    """What must fit the installed code. What operators added to tags and job variables is kept."""
    variables = dict(row.get("job_variables") or {})
    tags = list(row.get("tags") or [])
    return {
        "entrypoint": pipeline.entrypoint,
        "description": pipeline.description,
        "parameter_openapi_schema": pipeline.parameter_schema,
        "enforce_parameter_schema": True,
        "tags": tags if TAG in tags else [*tags, TAG],
        "job_variables": {**variables, "env": {**(variables.get("env") or {}), **RUN_ENVIRONMENT}},
        "concurrency_options": None
        if pipeline.limit is None
        else {"collision_strategy": "ENQUEUE", "grace_period_seconds": START_GRACE_S},
    }


def _operators_own(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "work_pool_name": WORK_POOL,
        "work_queue_name": pipeline.queue,
        "concurrency_limit": pipeline.limit,
    }


def _current(row: Row, name: str) -> Any:
    if name == "concurrency_limit":
        return (row.get("global_concurrency_limit") or {}).get("limit")
    return row.get(name)


def _schedule_body(pipeline: Pipeline) -> dict[str, Any]:
    return {"schedule": {"cron": pipeline.cron, "timezone": "UTC"}, "active": True, "slug": pipeline.slug}
