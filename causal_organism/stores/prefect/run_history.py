"""Runs on a Prefect server, any number of them: read in pages, filtered there as far as it can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from causal_organism.documents.json import Json, JsonObject
from causal_organism.documents.runs import RunRow, TryRow
from causal_organism.ports import RunFilter
from causal_organism.stores.prefect import documents
from causal_organism.stores.prefect.api import PAGE, PrefectApi
from causal_organism.stores.prefect.lookup import OURS, Lookup


class PrefectHistory:
    """Implements ports.RunHistory."""

    def __init__(self, api: PrefectApi, look: Lookup):
        self._api = api
        self._look = look

    def history(self, wanted: RunFilter, *, page: int | None = None) -> Iterator[RunRow]:
        if wanted.ids is None:
            yield from self._pages(_query(wanted, self._look.begun()), page or PAGE)
            return
        for begin in range(0, len(wanted.ids), PAGE):
            some = {"id": {"any_": list(wanted.ids[begin : begin + PAGE])}}
            yield from self._pages(_query(wanted, some), page or PAGE)

    def tries(self, run: str) -> tuple[TryRow, ...]:
        return tuple(documents.to_tries(self._api.read(f"/flow_run_states/?flow_run_id={self._look.need(run)['id']}")))

    def _pages(self, query: JsonObject, page: int) -> Iterator[RunRow]:
        """The moment until which runs are asked for stands in the query, so what comes meanwhile moves no page."""
        page, offset = min(page, PAGE), 0
        while True:
            rows = self._api.read("/flow_runs/filter", {**query, "limit": page, "offset": offset})
            yield from self._look.to_runs(rows)
            offset += len(rows)
            if len(rows) < page:
                return


def _query(wanted: RunFilter, chosen: JsonObject) -> JsonObject:
    runs: dict[str, Any] = dict(chosen)
    if wanted.since is not None:
        runs["expected_start_time"] = {**runs.get("expected_start_time", {}), "after_": wanted.since.isoformat()}
    if wanted.until is not None:
        runs["expected_start_time"] = {**runs.get("expected_start_time", {}), "before_": wanted.until.isoformat()}
    if wanted.types or wanted.names:
        runs["state"] = {
            "operator": "or_",
            **({"type": {"any_": sorted(wanted.types)}} if wanted.types else {}),
            **({"name": {"any_": sorted(wanted.names)}} if wanted.names else {}),
        }
    query: dict[str, Json] = {"sort": "EXPECTED_START_TIME_DESC", "flows": OURS, "flow_runs": runs}
    if wanted.deployment is not None:
        flow, _, name = wanted.deployment.partition("/")
        query |= {"flows": {"name": {"any_": [flow]}}, "deployments": {"name": {"any_": [name]}}}
    return query
