"""What acts on queues, schedules and refused interactions lead to, told from the documents that are there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from causal_organism.wording.consequences import Sentence
from causal_organism.wording.queue_consequences import (
    after_letters_drop,
    after_letters_retry,
    after_limit,
    after_queue_pause,
    after_queue_resume,
    after_schedule_pause,
    after_schedule_resume,
)

NOW = datetime(2026, 2, 16, 12, 0, tzinfo=UTC)
QUEUE: dict[str, Any] = {"name": "slow", "depth": 2, "running": 2, "limit": 2, "oldest_s": 2_460.0,
                         "deployments": ["full-analysis-pipeline/full-analysis", "refresh-assets/refresh"]}  # fmt: skip
IDLE = {**QUEUE, "depth": 0, "running": 0, "oldest_s": None}
SCHEDULE: dict[str, Any] = {"deployment": "f/pulse", "rule": "*/5 * * * *", "timezone": "UTC", "late_s": None}


def run(id: str, state: str, selection: str, queue: str = "slow", deployment: str = "refresh-assets/refresh") -> Any:
    return {"id": id, "state": state, "selection": selection, "queue": queue, "deployment": deployment,
            "started_at": str(NOW - timedelta(minutes=7))}  # fmt: skip


RUNS = (run("11111111-a", "Running", "a"), run("22222222-b", "Late", "b"), run("33333333-c", "AwaitingConcurrencySlot",
        "c"), run("44444444-d", "Late", "d", queue="other"), run("55555555-e", "Failed", "e"))  # fmt: skip


def said(told: Iterable[Sentence]) -> list[str]:
    return [each.text for each in told]


def test_a_pause_says_who_goes_on_waiting_who_comes_and_who_goes_on() -> None:
    assert said(after_queue_pause([QUEUE], RUNS)) == [
        "Go on waiting: 2 runs, the oldest for 41m (b 22222222, c 33333333).",
        "New runs wait there too, those of schedules included: full-analysis, refresh.",
        "Go on, and end as they would: 2 runs.",
    ]
    assert said(after_queue_pause([IDLE], RUNS))[0] == "No run waits there now."


def test_a_depth_that_is_unknown_is_not_none() -> None:
    assert said(after_queue_pause([{**IDLE, "depth": None}], ()))[0] == "Go on waiting: ? runs."


def test_resuming_says_who_may_begin_and_warns_where_no_slot_is_free() -> None:
    (told,) = after_queue_resume([QUEUE], RUNS)
    assert told.text == "May begin: 2 runs, the oldest for 41m (b 22222222, c 33333333); 0 of 2 slots are free."
    assert told.tone == "warn"
    (told,) = after_queue_resume([{**QUEUE, "limit": None}], ())
    assert (told.text, told.tone) == ("May begin: 2 runs, the oldest for 41m; there is no limit.", "")
    assert said(after_queue_resume([IDLE], RUNS)) == ["No run waits there: nothing begins now."]


def test_a_limit_says_what_it_is_to_be_compared_with() -> None:
    assert said(after_limit(QUEUE, RUNS)) == [
        "Go on, and end as they would: 2 runs.",
        "Below 2, the next one begins only when enough of them have ended.",
        "A higher number lets begin: 2 runs, the oldest for 41m (b 22222222, c 33333333).",
        "0 keeps all of them waiting, as a pause does.",
    ]


def test_a_schedule_that_is_paused_says_which_start_falls_out_and_how_old_its_work_is() -> None:
    schedule = {**SCHEDULE, "next_at": str(NOW + timedelta(minutes=3)), "late_s": 340.0}
    last = run("6", "Completed", "", deployment="f/pulse")
    assert said(after_schedule_pause([schedule], (*RUNS, last), NOW)) == [
        "pulse does not start in 3m, nor after that.",
        "Its run that is 5m late still begins once a worker takes it.",
        "Its last run is 7m old.",
        "What it makes stays as it is until somebody refreshes it.",
    ]
    assert said(after_schedule_resume([SCHEDULE], RUNS, NOW)) == [
        "pulse starts by its rule */5 * * * * (UTC).",
        "No run of it is among the newest.",
        "Starts that fell out meanwhile are not made up for.",
    ]


def test_letters_say_why_they_were_refused_and_what_is_lost_with_them() -> None:
    letters = [
        {"reason": "future", "fields": {"source": "p1", "target": "p2"}},
        {"reason": "bad-weight", "fields": {"source": "p1", "target": "p3"}},
        {"reason": "future", "fields": {"target": "p2\x1b[2J"}},
    ]
    assert said(after_letters_retry(letters))[:2] == [
        "They were refused for: future (2), bad-weight (1).",
        "Unless the rules changed, 1 of them is refused again.",
    ]
    told = said(after_letters_drop(letters))
    assert told[1].startswith("They never come into the network: interactions of p1, p2, p3 and 1 more.")
    assert not any("\x1b" in each for each in told)
