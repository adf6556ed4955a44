"""What a Prefect server must hold for our pipelines, and the steps from what it holds to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from causal_organism.deployments import (
    HEARTBEAT_S,
    PIPELINES,
    QUEUES,
    SILENCE_S,
    START_GRACE_S,
    TAG,
    WORK_POOL,
    ZOMBIE_AUTOMATION,
    Pipeline,
)
from causal_organism.documents.json import JsonObject
from causal_organism.stores.prefect.api import PrefectApi
from causal_organism.stores.prefect.changes import Change
from causal_organism.stores.prefect.documents import Row
from causal_organism.stores.prefect.remains import Remains
from causal_organism.stores.prefect.template import process_template, template_differences

RUN_ENVIRONMENT: Mapping[str, str] = {
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S),
    "PREFECT_LOGGING_EXTRA_LOGGERS": "causal_organism",
}
"""What every run of ours needs in its process, whichever worker starts it."""


class PrefectSetup:
    """Repeating a setup changes nothing. What operators changed stays: pauses, limits, crons and queues.

    `reset` takes crons, queues and limits back to their definitions; no setup ever resumes what is paused.
    """

    def __init__(self, api: PrefectApi, now: Callable[[], datetime]):
        self._api = api
        self._remains = Remains(api, now)

    def apply(self, *, reset: bool = False) -> tuple[str, ...]:
        """Make every change; what was changed, a line each."""
        made: list[str] = []
        for change in self._changes(reset=reset):
            change.make()
            made.append(change.text)
        return tuple(made)

    def reap(self) -> tuple[str, ...]:
        """Begin again what died with its worker, and free what it held; a line each."""
        made = []
        for change in self._remains.left_by_the_dead():
            change.make()
            made.append(change.text)
        return tuple(made)

    def differences(self) -> tuple[str, ...]:
        """What `apply` would change, a line each."""
        return tuple(change.text for change in self._changes(reset=False))

    def drift(self) -> tuple[str, ...]:
        """What operators changed, a line each: what `apply(reset=True)` takes back besides, and what is paused."""
        code = set(self.differences())
        changed = [change.text for change in self._changes(reset=True) if change.text not in code]
        return (*changed, *self._paused())

    def _changes(self, *, reset: bool) -> Iterator[Change]:
        # A generator: a later step reads the server after the earlier changes were made.
        yield from self._pool(reset=reset)
        yield from self._queues(reset=reset)
        yield from self._remains.unborn()
        for pipeline in PIPELINES:
            yield from self._deployment(pipeline, reset=reset)
        yield from self._automation()

    def _pool(self, *, reset: bool) -> Iterator[Change]:
        path = f"/work_pools/{WORK_POOL}"
        row = self._api.find(path)
        if row is None:
            body = {"name": WORK_POOL, "type": "process", "base_job_template": process_template()}
            yield Change(f"work pool {WORK_POOL} created", lambda: self._api.write("POST", "/work_pools/", body))
        elif reset and row["type"] == "process" and (different := template_differences(row["base_job_template"])):
            yield Change(
                f"work pool {WORK_POOL}: template taken back in {', '.join(different)}",
                lambda: self._api.write("PATCH", path, {"base_job_template": process_template()}),
            )

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

    def _deployment(self, pipeline: Pipeline, *, reset: bool) -> Iterator[Change]:
        row = self._api.find(f"/deployments/name/{pipeline.full_name}")
        if row is None:
            yield Change(f"deployment {pipeline.full_name} created", lambda: self._create(pipeline))
            return
        yield from self._fields(pipeline, row, _code_bound(pipeline, row), "updated")
        if reset:
            yield from self._fields(pipeline, row, _operators_own(pipeline), "taken back")
        yield from self._schedule(pipeline, row, reset=reset)
        yield from self._remains.slot(pipeline, row)

    def _fields(self, pipeline: Pipeline, row: Row, wanted: JsonObject, verb: str) -> Iterator[Change]:
        different = {name: value for name, value in wanted.items() if _current(row, name) != _comparable(name, value)}
        if different:
            yield Change(
                f"deployment {pipeline.full_name} {verb}: {', '.join(sorted(different))}",
                lambda: self._api.write("PATCH", f"/deployments/{row['id']}", different),
            )

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
        elif reset and _rule(found["schedule"]) != _rule(_schedule_body(pipeline)["schedule"]):
            body = {"schedule": _schedule_body(pipeline)["schedule"], "parameters": found.get("parameters") or {}}
            yield Change(
                f"schedule {pipeline.slug} of {pipeline.full_name} set to {pipeline.cron}",
                lambda: self._api.write("PATCH", f"{path}/{found['id']}", body),
            )

    def _paused(self) -> Iterator[str]:
        for name in QUEUES:
            row = self._api.find(f"/work_pools/{WORK_POOL}/queues/{name}")
            if row is not None and row["is_paused"]:
                yield f"queue {name} is paused"
        for pipeline in PIPELINES:
            row = self._api.find(f"/deployments/name/{pipeline.full_name}")
            if row is None:
                continue
            if row["paused"]:
                yield f"deployment {pipeline.full_name} is paused"
            for each in row["schedules"]:
                if each.get("slug") != pipeline.slug:
                    yield f"deployment {pipeline.full_name} has another schedule: {_rule(each['schedule'])[0]}"
                elif not each["active"]:
                    yield f"schedule {pipeline.slug} of {pipeline.full_name} is paused"

    def _automation(self) -> Iterator[Change]:
        named = {"automations": {"name": {"any_": [ZOMBIE_AUTOMATION]}}}
        if not self._api.read("/automations/filter", named):
            yield Change("automation for dead runs created", lambda: self._api.write("POST", "/automations/", zombie()))


def zombie() -> JsonObject:
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
        "pull_steps": [],  # the package is installed where workers run; a folder of the deployer's is not there
        "path": None,
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
    if name == "pull_steps":
        return row.get(name) or []
    return _comparable(name, row.get(name))


def _comparable(name: str, value: Any) -> Any:
    """A schema without the empty parts that one of its writers leaves out."""
    if name == "parameter_openapi_schema" and isinstance(value, Mapping):
        return {key: part for key, part in value.items() if part not in ([], {})}
    return value


def _rule(schedule: Row) -> tuple[str, str]:
    """When it is due, and in which zone."""
    rule = schedule.get("cron") or schedule.get("rrule") or f"every {schedule.get('interval')} s"
    return str(rule), str(schedule.get("timezone") or "UTC")


def _schedule_body(pipeline: Pipeline) -> dict[str, Any]:
    return {"schedule": {"cron": pipeline.cron, "timezone": "UTC"}, "active": True, "slug": pipeline.slug}
