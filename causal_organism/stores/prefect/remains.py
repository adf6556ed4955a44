"""What workers and servers that died left on the Prefect server: runs that never began, slots that nobody holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from causal_organism.deployments import (
    ORPHANED_S,
    PIPELINES,
    RESUMES_WITHIN_S,
    UNBORN_S,
    WORK_POOL,
    Pipeline,
)
from causal_organism.stores.prefect.api import PAGE, PrefectApi
from causal_organism.stores.prefect.changes import Change
from causal_organism.stores.prefect.documents import Row

BEGUN_AGAIN = 3
"""So often a run is given to another worker; one that no worker can begin is not tried for ever."""

_NEVER_BEGAN = "its worker ended before it began"


class Remains:
    def __init__(self, api: PrefectApi, now: Callable[[], datetime]):
        self._api = api
        self._now = now

    def left_by_the_dead(self) -> Iterator[Change]:
        """Runs that never began, which another worker gets; those whose process died, which are resumed by policy."""
        yield from self.unborn()
        yield from self._went_with_their_worker()
        yield from self._died()

    def unborn(self) -> Iterator[Change]:
        """Runs that a worker took and that never began: it died, and no heartbeat of theirs can stop."""
        pending = self._runs_in("PENDING")
        workers = self._workers() if pending else {}
        for run in pending:
            since = _moment(run["state"]["timestamp"])
            if self._now() - since > timedelta(seconds=UNBORN_S) or self._is_orphan(run, since, workers):
                if self._times_begun_again(run) < BEGUN_AGAIN:
                    yield self._again(run, f"run {run['id']} never began: given to another worker", _NEVER_BEGAN)
                else:
                    state = {"type": "CRASHED", "name": "Crashed", "message": "no worker could begin it"}
                    yield self._to(run, f"run {run['id']} never began: set to Crashed", state)

    def _went_with_their_worker(self) -> Iterator[Change]:
        """Runs whose worker was begun anew since, under its name: their processes ended before it began. Nobody waits
        until their heartbeats are missed. One that is begun anew beside runs that go on keeps the day of its first.
        """
        running = self._runs_in("RUNNING")
        workers = self._workers() if running else {}
        for run in running:
            worker = workers.get((run.get("labels") or {}).get("prefect.worker.name") or "")
            if worker is not None and _moment(worker["created"]) > _moment(run["state"]["timestamp"]):
                state = {"type": "CRASHED", "name": "Crashed", "message": "its worker ended, and its process with it"}
                yield self._to(run, f"run {run['id']} ended with its worker: set to Crashed", state)

    def _died(self) -> Iterator[Change]:
        for run in self._runs_in("CRASHED", since=self._now() - timedelta(seconds=RESUMES_WITHIN_S)):
            resumes = self._resumes.get(run["deployment_id"], 0) if run["start_time"] else 0
            if self._times_begun_again(run) < resumes:
                yield self._again(run, f"run {run['id']} lost its process: resumed", "its process died")

    def _is_orphan(self, run: Row, since: datetime, workers: Mapping[str, Row]) -> bool:
        """Whether the worker that took it is gone: silent, or begun anew under the same name."""
        silent_since = self._now() - timedelta(seconds=ORPHANED_S)
        name = (run.get("labels") or {}).get("prefect.worker.name")
        if name is None or name not in workers:
            return since < silent_since
        worker = workers[name]
        heard = worker.get("last_heartbeat_time")
        return _moment(worker["created"]) > since or heard is None or _moment(heard) < silent_since

    def _again(self, run: Row, text: str, why: str) -> Change:
        return self._to(run, text, {"type": "SCHEDULED", "name": "AwaitingRetry", "message": why})

    def _to(self, run: Row, text: str, state: Row) -> Change:
        return Change(text, partial(self._api.write, "POST", f"/flow_runs/{run['id']}/set_state", {"state": state}))

    def _runs_in(self, state: str, *, since: datetime | None = None) -> list[Row]:
        wanted: dict[str, Any] = {"state": {"type": {"any_": [state]}}}
        if since is not None:
            wanted["end_time"] = {"after_": since.isoformat()}
        query = {"flows": {"name": {"any_": [each.flow for each in PIPELINES]}}, "flow_runs": wanted}
        rows = self._api.read_pages("/flow_runs/filter", query, PAGE)
        return [row for row in rows if row["deployment_id"] is not None]

    def _times_begun_again(self, run: Row) -> int:
        states = self._api.read(f"/flow_run_states/?flow_run_id={run['id']}")
        return sum(each["name"] == "AwaitingRetry" for each in states)

    def _workers(self) -> dict[str, Row]:
        path = f"/work_pools/{WORK_POOL}/workers/filter"
        return {str(each["name"]): each for each in self._api.read(path, {}) or ()}

    @property
    def _resumes(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for each in PIPELINES:
            if each.resumes and (row := self._api.find(f"/deployments/name/{each.full_name}")) is not None:
                found[row["id"]] = each.resumes
        return found

    def slot(self, pipeline: Pipeline, row: Row) -> Iterator[Change]:
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


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
