"""Bars, columns and the axis of a run's tasks fill their cells exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.presenters.drawing import bar, columns, parts_bar
from tui.presenters.lines import plain
from tui.presenters.overview.panes import failure_lines
from tui.presenters.runs.gantt import task_lines

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("share", "filled"), [(0.0, 0), (0.001, 1), (0.5, 5), (1.0, 10), (7.0, 10)])
def test_what_is_there_shows_at_least_a_little_in_a_bar(share: float, filled: int) -> None:
    assert plain(bar(share, 10, "ok")) == "━" * filled + "─" * (10 - filled)


@given(numbers=st.lists(st.integers(0, 10_000), min_size=1, max_size=5), width=st.integers(10, 80))
def test_the_parts_of_a_bar_fill_it_and_none_is_lost(numbers: list[int], width: int) -> None:
    pieces = parts_bar([(number, str(at)) for at, number in enumerate(numbers)], width)
    assert len(plain(pieces)) == width
    if any(numbers):
        assert [tone for _, tone in pieces] == [str(at) for at, number in enumerate(numbers) if number]


def test_columns_are_the_newest_as_high_as_their_share_of_the_most() -> None:
    assert columns([(9.0, "ok"), (1.0, "ok"), (None, "dim"), (8.0, "bad")], 3) == (
        ("▂", "ok"),
        ("·", "dim"),
        ("█", "bad"),
    )
    assert plain(columns([(0.0, "ok")], 5)) == "▁"


def test_tasks_stand_on_one_axis_of_time() -> None:
    tasks = [
        {"name": "a", "state": "Completed", "tries": 1, "started_at": NOW.isoformat(), "duration_s": 10.0},
        {"name": "b", "state": "Failed", "tries": 3, "max_tries": 4, "duration_s": 10.0,
         "started_at": (NOW + timedelta(seconds=10)).isoformat()},
        {"name": "c", "state": "Pending", "tries": 0, "started_at": None, "duration_s": None},
    ]  # fmt: skip
    head, *lines = (plain(line) for line in task_lines(tasks, NOW + timedelta(seconds=20), 55))
    assert head == f"{'TASKS 2 of 3 ended':<21}0s{'─' * 15}20s"
    first, second, third = (line[21:41] for line in lines)
    assert (first, second, third) == ("▄" * 10 + " " * 10, "─" * 10 + "▄" * 10, "╌" * 20)
    assert "×3/4" in lines[1], "its tries"
    assert plain(task_lines(tasks[2:], NOW, 67)[0]) == "TASKS 0 of 1 ended", "no axis where nothing has begun"


def test_failed_runs_with_the_same_reason_are_one_line() -> None:
    def run(name: str, error: str, minutes: int) -> dict[str, object]:
        at = (NOW - timedelta(minutes=minutes)).isoformat()
        return {
            "id": f"{name}{minutes}",
            "deployment": f"f/{name}",
            "state": "Failed",
            "error": error,
            "started_at": at,
        }

    runs = {"runs": [run("pulse", "away", 2), run("full", "away", 3), run("pulse", "away", 9), run("pulse", "x", 10)]}
    assert [plain(line).split() for line in failure_lines(runs, NOW, 80)] == [
        ["3", "×", "pulse", "+1", "2m", "ago", "away"],
        ["1", "×", "pulse", "10m", "ago", "x"],
    ]
    assert [plain(line) for line in failure_lines(None, NOW, 80)] == ["?"]
