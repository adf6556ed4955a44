"""`organism schedules`, as text."""

from __future__ import annotations

from typing import Any

from causal_organism.cli.orchestration.schedules import schedules_text


def test_a_schedule_is_active_late_or_paused() -> None:
    rows: Any = [
        {"deployment": name, "rule": "@hourly", "timezone": "UTC", "active": active, "next_at": None, "late_s": late_s}
        for name, active, late_s in (("a", True, None), ("b", True, 340.0), ("c", False, None))
    ]
    lines = schedules_text(rows).splitlines()
    assert [line.split()[3:] for line in lines[1:]] == [
        ["active", "-", "-"], ["late", "-", "5m40s"], ["paused", "-", "-"],
    ]  # fmt: skip
