"""Finding things on a Prefect server: runs by the beginning of an id, deployments by name, names of everything."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import quote

from causal_organism.deployments import PIPELINES, WORK_POOL, pipeline_named
from causal_organism.documents.json import JsonObject
from causal_organism.documents.runs import RunRow
from causal_organism.errors import RequestError
from causal_organism.stores.prefect import documents
from causal_organism.stores.prefect.api import PAGE, PrefectApi
from causal_organism.wording.identities import SHORTEST, matching, one_of

CLOCK_SKEW = timedelta(seconds=5)

OURS: JsonObject = {"name": {"any_": [each.flow for each in PIPELINES]}}
"""Prefect's filter for our flows."""


class Lookup:
    """Names are remembered: those of flows and deployments never change, those of tasks not once they have begun."""

    def __init__(self, api: PrefectApi, now: Callable[[], datetime]):
        self._api = api
        self._now = now
        self.names: dict[str, str] = {}

    def flow_runs(self, wanted: JsonObject, limit: int) -> list[documents.Row]:
        """Runs of our flows, the newest first."""
        query: JsonObject = {"sort": "EXPECTED_START_TIME_DESC", "flows": OURS}
        return self._api.read_pages("/flow_runs/filter", {**query, "flow_runs": wanted} if wanted else query, limit)

    def begun(self) -> JsonObject:
        """Not those that a schedule has planned for later."""
        return {"expected_start_time": {"before_": (self._now() + CLOCK_SKEW).isoformat()}}

    def find(self, run: str) -> documents.Row | None:
        if len(run) == 36:
            try:
                uuid.UUID(run)
            except ValueError:
                return None
            found: documents.Row | None = self._api.find(f"/flow_runs/{run}")
            return found
        rows = {row["id"]: row for row in self.flow_runs(self.begun(), PAGE)}
        return rows[one_of(run, tuple(rows), what="run")] if len(run) < SHORTEST or matching(run, rows) else None

    def need(self, run: str) -> documents.Row:
        row = self.find(run)
        if row is None:
            raise RequestError(f"Prefect has no run {run!r}", hint="`organism runs` lists them", code="unknown-run")
        return row

    def to_runs(self, rows: Sequence[documents.Row]) -> tuple[RunRow, ...]:
        self._learn_flows(row["flow_id"] for row in rows)
        unknown = {row["deployment_id"] for row in rows} - self.names.keys() - {None}
        if unknown:
            self.deployments()
        return tuple(
            documents.to_run(
                row, flow=self.names.get(row["flow_id"]), deployment=self.names.get(row["deployment_id"] or "")
            )
            for row in rows
        )

    def learn_tasks(self, ids: Iterable[str | None]) -> None:
        unknown = sorted({each for each in ids if each} - self.names.keys())
        for begin in range(0, len(unknown), PAGE):
            query = {"task_runs": {"id": {"any_": unknown[begin : begin + PAGE]}}, "limit": PAGE}
            self.remember_tasks(self._api.read("/task_runs/filter", query))

    def remember_tasks(self, rows: Iterable[documents.Row]) -> None:
        self.names.update((row["id"], row["name"]) for row in rows if row["state_type"] != "PENDING")

    def _learn_flows(self, ids: Iterable[str]) -> None:
        unknown = sorted(set(ids) - self.names.keys())
        if unknown:
            rows = self._api.read("/flows/filter", {"flows": {"id": {"any_": unknown[:PAGE]}}, "limit": PAGE})
            self.names.update((row["id"], row["name"]) for row in rows)

    def deployments(self) -> list[documents.Row]:
        """Ours, by name; learns the names `flow/deployment` by the way."""
        query = {"flows": OURS, "limit": PAGE}
        rows: list[documents.Row] = self._api.read("/deployments/filter", query)
        self._learn_flows(row["flow_id"] for row in rows)
        self.names.update((row["id"], f"{self.names[row['flow_id']]}/{row['name']}") for row in rows)
        return sorted(rows, key=lambda row: self.names[row["id"]])

    def deployment(self, name: str) -> documents.Row:
        pipeline = pipeline_named(name)
        full_name = pipeline.full_name if pipeline else name
        row = self._api.find(f"/deployments/name/{quote(full_name)}") if full_name.count("/") == 1 else None
        if row is None and pipeline is None:
            known = ", ".join(each.full_name for each in PIPELINES)
            raise RequestError(f"there is no deployment {name!r}", hint=f"there are {known}", code="unknown-deployment")
        if row is None:
            raise RequestError(
                f"{full_name} is not deployed on this Prefect server",
                hint="deploy it with `organism deploy setup`",
                code="not-deployed",
            )
        self.names[row["id"]] = full_name
        found: documents.Row = row
        return found

    def pools(self) -> list[documents.Row]:
        return sorted(self._api.read("/work_pools/filter", {"limit": PAGE}), key=lambda pool: pool["name"])

    def workers_of(self, pool: documents.Row) -> list[documents.Row]:
        rows: list[documents.Row] = self._api.read(f"/work_pools/{quote(pool['name'], safe='')}/workers/filter", {})
        return rows

    def forget_worker(self, pool: str, name: str) -> None:
        with suppress(RequestError):  # there was none
            self._api.write("DELETE", f"/work_pools/{quote(pool, safe='')}/workers/{quote(name, safe='')}")

    def queue(self, name: str) -> str:
        """The path of a queue, given as `queue` (of the default pool) or `pool/queue`."""
        pool, _, queue = name.rpartition("/")
        pool = pool or WORK_POOL
        path = f"/work_pools/{quote(pool, safe='')}/queues/{quote(queue, safe='')}"
        if queue and self._api.find(path) is not None:
            return path
        known = ", ".join(
            each["name"] for found in self.pools() if found["name"] == pool for each in self.queues_of(found)
        )
        raise RequestError(
            f"there is no queue {queue!r} in pool {pool!r}", hint=f"there: {known or 'none'}", code="unknown-queue"
        )

    def queues_of(self, pool: documents.Row) -> list[documents.Row]:
        rows = self._api.read(f"/work_pools/{quote(pool['name'], safe='')}/queues/filter", {})
        return sorted(rows, key=lambda each: (each["priority"], each["name"]))
