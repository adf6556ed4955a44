"""Queues over time, and what starts next by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tui.presenters.lines import plain
from tui.presenters.overview.panes import day_words, flow_lines, run_lines
from tui.presenters.queues import hourly_runs, queue_rows, workless_words

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
QUEUE: dict[str, Any] = {"pool": "p", "name": "q", "depth": 8, "running": 1, "limit": 2, "paused": False, "late": 0,
                         "oldest_s": None}  # fmt: skip


def run(minutes: float, queue: str = "q") -> dict[str, Any]:
    return {"queue": queue, "started_at": str(NOW - timedelta(minutes=minutes))}


def test_a_queue_shows_how_its_depth_went_and_what_begins_in_an_hour() -> None:
    (row,) = queue_rows({"queues": [QUEUE]}, depths={"p/q": [0, 4, None, 8]}, hourly={"q": "3"})
    assert row.cells[7:] == ("3", "▁▅·█")
    (row,) = queue_rows({"queues": [QUEUE]})
    assert row.cells[7:] == ("?", ""), "nothing is known of it yet"


def test_runs_of_an_hour_are_at_least_so_many_where_the_known_ones_do_not_reach_back() -> None:
    runs = [run(1), run(30), run(59, "other"), run(61)]
    names = ("q", "other", "idle")
    assert hourly_runs({"runs": runs, "until": "x"}, NOW, names) == {"q": "2", "other": "1", "idle": "0"}
    assert hourly_runs({"runs": runs[:2], "until": "x"}, NOW, names) == {"q": "2+", "other": "?", "idle": "?"}
    assert hourly_runs({"runs": runs[:2], "until": None}, NOW, names) == {"q": "2", "other": "0", "idle": "0"}
    assert hourly_runs(None, NOW, names) == {}


def next_line(*schedules: dict[str, Any]) -> str:
    lines = flow_lines({"queues": None, "schedules": {"schedules": schedules}, "status": None}, (), NOW, 40)
    return next(plain(each).strip() for each in lines if plain(each).startswith("next"))


def test_the_overview_says_what_starts_next_what_is_late_and_what_is_paused() -> None:
    soon = {"deployment": "f/pulse", "active": True, "late_s": None, "next_at": str(NOW + timedelta(minutes=3))}
    later = {**soon, "deployment": "f/full", "next_at": str(NOW + timedelta(hours=9))}
    late = {**later, "deployment": "f/refresh", "late_s": 340.0}
    off = {"deployment": "f/off", "active": False, "late_s": None, "next_at": None}
    assert next_line(later, soon) == "next      in 3m pulse"
    assert next_line(later, soon, late, off) == "next      5m late refresh  1 paused  in 3m pulse"
    assert next_line() == "next      nothing is scheduled"


def test_a_day_says_how_often_runs_had_to_be_tried_again() -> None:
    day = {"success_rate": 0.98, "retry_rate": 0.031, "states": {"Completed": 97}, "p50_s": 2.0, "p95_s": 9.0}
    assert day_words({"day": day}, NOW).startswith("24h 97 98% ok 3% retried")
    assert "retried" not in day_words({"day": {**day, "retry_rate": 0.0}}, NOW)


def test_a_pipeline_has_a_column_for_each_half_hour_of_its_day_as_wide_as_there_is_room() -> None:
    half = {"runs": 6, "failed": 0, "retried": 0, "took_s": 8.0}
    halves = [None] * 44 + [half, {**half, "retried": 1, "took_s": 4.0}, {**half, "failed": 1}, half]
    day = {
        "name": "f/pulse",
        "succeeded": 1_200,
        "failed": 4,
        "retried": 2,
        "p50_s": 2.0,
        "p95_s": 9.0,
        "half_hours": halves,
    }
    runs = [{"deployment": "f/pulse", "state": "Completed", "started_at": str(NOW - timedelta(minutes=2))}]
    head, strip = run_lines({"runs": runs, "day": {"deployments": [day]}}, NOW, 106)
    assert plain(head).endswith("1,200/1,204 ok  p50 2.0s  p95 9.0s  2 retried")
    narrow, _ = run_lines({"runs": runs, "day": {"deployments": [day]}}, NOW, 64)
    assert plain(narrow).endswith("1,200/1,204 ok  p50 2.0s")
    assert len(plain(narrow)) == 63, "what is wanted least is left out"
    assert [(piece, tone) for piece, tone in strip if tone != "faint"] == [
        ("██", "ok"), ("▅▅", "warn"), ("██", "bad"), ("██", "ok"),
    ]  # fmt: skip
    assert len(plain(strip)) == 105


def test_queues_that_nobody_works_off_are_named() -> None:
    served = {"name": "fast", "served": True, "deployments": ["a"]}
    without = {"name": "slow\x1b", "served": False, "deployments": ["b"]}
    unused = {"name": "spare", "served": False, "deployments": []}
    assert workless_words({"queues": [served, without, unused]}) == "no worker for slow␛ (W lists them)"
    assert workless_words({"queues": [served, unused]}) == ""
