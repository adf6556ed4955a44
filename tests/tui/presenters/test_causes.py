"""Failures by what made them fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from causal_organism.wording.run_causes import causes
from tui.presenters.runs.causes import cause_rows

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


def run(id: str, state: str, minutes: float, deployment: str = "f/pulse", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "deployment": deployment,
        "state": state,
        "started_at": str(NOW - timedelta(minutes=minutes)),
        **more,
    }


def test_failed_runs_with_one_reason_are_one_line_whatever_they_were_about() -> None:
    runs = [
        run("5", "Failed", 1, why="away", message="Flow run encountered an exception: away"),
        run("4", "Completed", 2, message="away"),
        run("3", "Crashed", 60, "f/full", why="away"),
        run("2", "Failed", 90, why="no way"),
        run("1", "Failed", 120),
    ]
    found = causes(runs)
    assert [(each.reason, [same["id"] for same in each.runs]) for each in found] == [
        ("away", ["5", "3"]), ("no way", ["2"]), ("", ["1"]),
    ]  # fmt: skip
    assert [row.cells for row in cause_rows(found, NOW)] == [
        ("2", "1m", "1h", "pulse +1", "away"),
        ("1", "1h", "1h", "pulse", "no way"),
        ("1", "2h", "2h", "pulse", "no reason recorded"),
    ]


def test_what_a_failure_blocked_is_no_other_reason() -> None:
    runs = [
        run("3", "Failed", 1, "f/refresh", selection="+report", why="forecast failed: away; blocked: stock, report"),
        run("2", "Failed", 2, "f/refresh", selection="+stock", why="forecast failed: away; blocked: stock"),
        run("1", "Failed", 3, "f/refresh", selection="forecast", why="forecast failed: away"),
    ]
    assert [(each.reason, each.what) for each in causes(runs)] == [("forecast failed: away", "+report +2")]
