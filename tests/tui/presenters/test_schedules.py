"""When a schedule is due, and what is said of one whose time went by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tui.presenters.schedules import schedule_rows

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"next_at": NOW + timedelta(minutes=4)}, ("OK", "in 4m", "-")),
        ({"next_at": NOW - timedelta(minutes=4)}, ("OK", "4m ago", "-")),
        ({"next_at": None, "late_s": 340.0}, ("LATE", "-", "5m")),
        ({"next_at": None, "active": False}, ("PAUSED", "-", "-")),
    ],
)
def test_a_schedule_tells_its_next_run_and_how_late_it_is(more: dict[str, Any], shown: tuple[str, ...]) -> None:
    schedule = {"deployment": "f/d", "rule": "*/5 * * * *", "active": True, "late_s": None, **more}
    (row,) = schedule_rows({"schedules": [schedule]}, NOW)
    assert row.cells[3:] == shown
    assert row.fault is (shown[0] != "OK")
