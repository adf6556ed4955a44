"""Tries and steps that are still to come, on the axis of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tui.presenters.lines import plain
from tui.presenters.runs.detail import detail_lines, pending_steps
from tui.presenters.runs.gantt import left_words, task_lines, try_lines
from tui.widgets.paint import Paint

START = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
NOW = START + timedelta(seconds=100)


def attempt(number: int, *, at_s: float, took_s: float) -> dict[str, Any]:
    began = (START + timedelta(seconds=at_s)).isoformat()
    return {"try": number, "state": "Failed", "started_at": began, "duration_s": took_s}


def planned(key: str, estimate_s: float | None) -> dict[str, Any]:
    return {"key": key, "estimate_s": estimate_s}


def test_each_try_has_a_bar_and_the_pause_before_it_is_hatched() -> None:
    tries = (attempt(1, at_s=0, took_s=40), attempt(2, at_s=80, took_s=20))
    head, first, second = (plain(each) for each in try_lines(tries, NOW, 13 + 17 + 20))
    assert head.startswith("TRIES 2")
    assert first[21:41] == "▄" * 8 + " " * 12
    assert second[21:41] == "─" * 8 + "▒" * 8 + "▄" * 4
    assert Paint(ascii_only=True).text(second[21:41]) == "-" * 8 + "%" * 8 + "=" * 4, "also without colours"


def test_a_short_pause_is_seen_too() -> None:
    tries = (attempt(1, at_s=0, took_s=500), attempt(2, at_s=501, took_s=499))
    assert "▒" in plain(try_lines(tries, NOW, 67)[2])


def retried(*attempts: dict[str, Any], state: str = "Completed", took_s: float | None = 100.0) -> dict[str, Any]:
    at = START.isoformat()
    return {"name": "a", "state": state, "tries": 3, "started_at": at, "duration_s": took_s, "attempts": attempts}


def test_a_task_has_a_bar_per_try_with_the_pauses_between_them_hatched() -> None:
    tries = (attempt(1, at_s=0, took_s=25), attempt(2, at_s=50, took_s=10), attempt(3, at_s=80, took_s=20))
    _, shown = task_lines((retried(*tries),), NOW, 13 + 17 + 5 + 20)
    assert plain(shown)[21:41] == "▄" * 5 + "▒" * 5 + "▄" * 2 + "▒" * 4 + "▄" * 4
    assert [tone for text, tone in shown if "▄" in text] == ["bad", "bad", "bad"]
    assert [tone for text, tone in shown if "▒" in text] == ["warn", "warn"]


def test_a_try_that_was_followed_by_another_went_badly_and_the_one_that_runs_goes_on() -> None:
    broke = {**attempt(1, at_s=0, took_s=25), "state": "AwaitingRetry", "ended_at": "2026-02-16T12:00:25+00:00"}
    runs = {**attempt(2, at_s=50, took_s=0), "state": "Retrying", "duration_s": None, "ended_at": None}
    _, shown = task_lines((retried(broke, runs, state="Retrying", took_s=None),), NOW, 55)
    assert plain(shown)[21:41] == "▄" * 5 + "▒" * 5 + "▄" * 9 + "▸"
    assert [tone for text, tone in shown if "▄" in text] == ["bad", "run"]
    _, shown = task_lines((retried(broke, state="AwaitingRetry", took_s=None),), NOW, 55)
    assert plain(shown)[21:41] == "▄" * 5 + "▒" * 15, "it waits for its next try"


def test_tries_without_room_are_left_out_the_oldest_first_and_no_bar_overprints_another() -> None:
    for most in range(1, 60):
        tries = [attempt(number, at_s=number * 0.001, took_s=0.0005) for number in range(most)]
        tries.append(attempt(most, at_s=90, took_s=10))
        _, shown = task_lines((retried(*tries),), NOW, 55)
        axis = plain(shown)[21:41]
        assert len(axis) == 20 and len(plain(shown)) == len(plain(task_lines((retried(),), NOW, 55)[1]))
        assert len([part for part in axis.strip().split("▒") if part]) == min(10, most + 1)
        assert axis.endswith("▄")


def test_one_try_is_no_list_of_tries() -> None:
    assert try_lines((attempt(1, at_s=0, took_s=40),), NOW, 80) == []


def test_what_is_still_to_come_stands_below_what_was_begun() -> None:
    run = {"id": "r", "state": "Running", "steps": [{"key": "a"}], "tasks": [{"name": "a, b", "state": "Running"}]}
    plan = (planned("a", 1.0), planned("b", 2.0), planned("c", 9.0), planned("d", 11.0))
    pending = pending_steps(run, plan)
    assert [step["key"] for step in pending] == ["c", "d"]
    assert left_words(pending) == "about 20s left"
    shown = [plain(each) for each in detail_lines(run, NOW, 80, plan=plan)]
    assert any(each.startswith("STEPS 0 of 3, about 20s left") for each in shown)
    assert any(each.startswith(" d ") and "next" in each for each in shown)


def test_a_run_that_has_ended_has_nothing_to_come() -> None:
    assert pending_steps({"state": "Failed", "steps": ()}, (planned("a", 1.0),)) == ()


def test_unknown_durations_make_it_at_least_so_long_or_unsaid() -> None:
    assert left_words((planned("a", 5.0), planned("b", None))) == "at least 5.0s left"
    assert left_words((planned("a", None),)) == ""
    assert "TASKS 0 of 1 ended" in plain(task_lines((), NOW, 80, pending=(planned("a", None),))[0])


def test_names_take_no_more_room_than_they_need_so_that_bars_have_it() -> None:
    short = {"name": "network", "state": "Completed", "started_at": START.isoformat(), "duration_s": 9.0}
    long = {**short, "name": "views/betweenness_weighted_by_hours"}
    assert plain(task_lines((short,), NOW, 62)[1]).count("▄") == 62 - 13 - 17
    assert plain(task_lines((long,), NOW, 80)[1]).count("▄") == 80 - 24 - 17
    assert plain(task_lines((long,), NOW, 80)[1]).startswith(" views/betweenness_weigh… ")
    assert plain(task_lines((long,), NOW, 50)[1]).count("▄") == 20, "there names are cut"


def test_steps_of_partitions_are_told_apart_while_they_are_still_to_come() -> None:
    def step(day: str) -> dict[str, Any]:
        return {"key": "shop/orders", "partition": {"day": day}, "estimate_s": 1.0}

    run = {"id": "r", "state": "Running", "steps": [step("2026-01-01")], "tasks": []}
    pending = pending_steps(run, (step("2026-01-01"), step("2026-01-02")))
    assert pending == (step("2026-01-02"),)
    assert "…/orders[day=2026-01-02] next" in plain(task_lines((), NOW, 80, pending=pending)[1])
