"""When a schedule begins a run next is asked again only where the answer may be another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from causal_organism.stores.prefect.api import PrefectApi
from causal_organism.stores.prefect.coming import KEPT, Coming, ComingRuns

NOON = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
DEPLOYMENT: dict[str, Any] = {"id": "d", "paused": False, "schedules": [{"id": "s", "active": True}]}


class Planned:
    """A server that has planned runs for some moments; none of them begins."""

    def __init__(self, *moments: datetime):
        self.moments = moments
        self.now = NOON
        self.asked = 0

    def read(self, path: str, query: Any) -> list[dict[str, Any]]:
        self.asked += 1
        times = query["flow_runs"]["expected_start_time"]
        after, before = (
            datetime.fromisoformat(times[name]) if name in times else None for name in ("after_", "before_")
        )
        found = [each for each in self.moments if (after is None or each > after) and (before is None or each < before)]
        return [
            {"expected_start_time": each.isoformat(), "auto_scheduled": True, "run_count": 0} for each in sorted(found)
        ]


def test_until_the_next_run_is_due_nothing_is_asked_again_for_a_while() -> None:
    server = Planned(NOON + timedelta(minutes=5), NOON + timedelta(minutes=10))
    coming = ComingRuns(cast(PrefectApi, server), lambda: server.now)
    known = coming.of(DEPLOYMENT)
    assert known == Coming(NOON + timedelta(minutes=5), None)
    asked = server.asked
    assert coming.of(DEPLOYMENT) == known
    assert server.asked == asked
    server.now += KEPT
    coming.of(DEPLOYMENT)
    assert server.asked > asked


def test_a_run_that_is_due_and_does_not_begin_is_late_at_once_and_asked_for_each_time() -> None:
    server = Planned(NOON + timedelta(seconds=10), NOON + timedelta(minutes=5))
    coming = ComingRuns(cast(PrefectApi, server), lambda: server.now)
    coming.of(DEPLOYMENT)
    for late_s in (5.0, 6.0):
        server.now = NOON + timedelta(seconds=10 + late_s)
        assert coming.of(DEPLOYMENT) == Coming(NOON + timedelta(minutes=5), late_s)


def test_a_schedule_that_was_changed_is_asked_about() -> None:
    server = Planned(NOON + timedelta(minutes=5))
    coming = ComingRuns(cast(PrefectApi, server), lambda: server.now)
    coming.of(DEPLOYMENT)
    server.moments = ()
    assert coming.of({**DEPLOYMENT, "schedules": [{"id": "s", "active": False}]}) == Coming(None, None)
