"""When a deployment's schedules begin a run next, and how late one is that has not begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from causal_organism.stores.prefect import documents
from causal_organism.stores.prefect.api import PAGE, PrefectApi

KEPT = timedelta(minutes=1)
"""How long an answer is relied on at most."""


@dataclass(frozen=True, slots=True)
class Coming:
    """`next_at` None: nothing is planned. `late_s` None: nothing that was planned is due and waits."""

    next_at: datetime | None
    late_s: float | None


@dataclass(frozen=True, slots=True)
class _Known:
    schedules: Any  # of the deployment, as they were
    coming: Coming
    asked_at: datetime


class ComingRuns:
    """Asks the server, and for who asks again and again only where the answer may be another: until the next run is
    due, none can be late that was not, while the schedules are as they were."""

    def __init__(self, api: PrefectApi, now: Callable[[], datetime]):
        self._api = api
        self._now = now
        self._known: dict[str, _Known] = {}

    def of(self, deployment: documents.Row) -> Coming:
        id, now, schedules = deployment["id"], self._now(), (deployment["schedules"], deployment["paused"])
        known = self._known.get(id)
        if known is not None and known.schedules == schedules and now - known.asked_at < KEPT:
            coming = known.coming
            if coming.late_s is None and coming.next_at is not None and now < coming.next_at:
                return coming
        first = self.planned([id])
        coming = Coming(documents.moment(first[0]["expected_start_time"]) if first else None, self._late_s(id, now))
        self._known[id] = _Known(schedules, coming, now)
        return coming

    def planned(self, deployments: Sequence[str]) -> list[documents.Row]:
        """The next run that a schedule has planned. Past ones do not count: a scheduler that died leaves those."""
        planned: list[documents.Row] = self._api.read(
            "/flow_runs/filter",
            {
                "flow_runs": {
                    "deployment_id": {"any_": list(deployments)},
                    "state": {"type": {"any_": ["SCHEDULED"]}},
                    "expected_start_time": {"after_": self._now().isoformat()},
                },
                "sort": "EXPECTED_START_TIME_ASC",
                "limit": 1,
            },
        )
        return planned

    def _late_s(self, deployment: str, now: datetime) -> float | None:
        """How long the oldest run that a schedule planned waits to begin."""
        planned = {"deployment_id": {"any_": [deployment]}, "state": {"type": {"any_": ["SCHEDULED", "PENDING"]}}}
        due = {"expected_start_time": {"before_": now.isoformat()}}
        query = {"flow_runs": {**planned, **due}, "sort": "EXPECTED_START_TIME_ASC", "limit": PAGE}
        rows = self._api.read("/flow_runs/filter", query)
        # One that began, and waits for its next try, is not late.
        first = next((row for row in rows if row["auto_scheduled"] and not row["run_count"]), None)
        at = documents.moment(first["expected_start_time"]) if first else None
        return None if at is None else max(0.0, (now - at).total_seconds())
