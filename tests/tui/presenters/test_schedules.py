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
    assert row.cells[3:6] == shown
    assert row.fault is (shown[0] != "OK")


def test_a_schedule_says_how_its_last_run_went() -> None:
    schedule = {"deployment": "f/d", "rule": "*/5 * * * *", "active": True, "late_s": None, "next_at": None}
    runs = [
        {"deployment": "f/other", "state": "Completed", "started_at": str(NOW)},
        {"deployment": "f/d", "state": "Failed", "started_at": str(NOW - timedelta(minutes=7)), "duration_s": 3.2},
        {"deployment": "f/d", "state": "Completed", "started_at": str(NOW - timedelta(minutes=12)), "duration_s": 1.0},
    ]
    (row,) = schedule_rows({"schedules": [schedule]}, NOW, {"runs": runs})
    assert row.cells[-1] == "FAIL 7m ago, took 3.2s"
    (row,) = schedule_rows({"schedules": [schedule]}, NOW, {"runs": runs[:1], "until": None})
    assert row.cells[-1] == "-"


def test_whether_a_schedule_ever_ran_is_unknown_while_older_runs_are_not_read() -> None:
    schedule = {"deployment": "f/d", "rule": "*/5 * * * *", "active": True, "late_s": None, "next_at": None}
    for runs in (None, {"runs": [], "until": str(NOW)}):
        (row,) = schedule_rows({"schedules": [schedule]}, NOW, runs)
        assert row.cells[-1] == "?"
