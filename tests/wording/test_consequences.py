"""What acts lead to, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from causal_organism.documents.proposals import Decision
from causal_organism.wording.consequences import (
    Sentence,
    after_cancel,
    after_decision,
    after_plan,
    after_retry,
    after_unpin,
    after_version,
    history_text,
    keys_text,
)

STEP = {"key": "a", "certain": True, "estimate_s": 4.0, "makes": 10, "unchanged": 8}
NONE: dict[str, Any] = {"steps": [], "stale_after": [], "queues": []}


def said(told: Iterable[Sentence]) -> list[str]:
    return [each.text for each in told]


def test_where_nothing_follows_that_is_said() -> None:
    assert said(after_retry(NONE)) == ["Makes nothing: all that they are about is up to date."]
    assert said(after_cancel(NONE)) == ["Nothing is left for them to make."]
    assert said(after_unpin(NONE)) == ["It is up to date: the next run leaves it as it is."]
    assert said(after_plan(NONE)) == []
    assert said(after_version({**NONE, "making": "run 7"})) == [
        "Nothing is out of date by it: the newest version has this content, or nothing reads it.",
        "It waits for run 7, which makes this asset now.",
    ]


def test_what_would_be_refused_is_said_in_place_of_all_else() -> None:
    told = after_version({"stale_after": ["a"], "steps": [STEP], "refused": "a is pinned at 3"})
    assert said(told) == ["It would be refused: a is pinned at 3."]


def test_how_long_it_takes_to_make_again_is_what_is_known() -> None:
    steps = [STEP, {"key": "b", "estimate_s": None}]
    assert said(after_version({"steps": steps, "stale_after": ["a", "b"], "making": None})) == [
        "Out of date by it: 2 (a, b); to make again: at least 4.0s.",
        "a was unchanged in 8 of 10: then nothing after it is made.",
    ]


def test_who_waits_is_said_with_what_is_not_known() -> None:
    queue = {"name": "slow", "depth": None, "running": 2, "limit": 2, "paused": True}
    found = {"steps": [{**STEP, "makes": 0}], "stale_after": ["b"], "queues": [queue]}
    assert said(after_retry(found)) == [
        "Makes 1 (a): 1 step, 1 certain, about 4.0s.",
        "Out of date afterwards, where the content changes: 1 (b).",
        "Queue slow: ? wait before it, 2 of 2 run, and it is paused.",
    ]
    assert said(after_cancel(found))[:2] == [
        "Stays out of date, if nothing else makes it: 1 (a).",
        "What reads that stays as it is: 1 (b).",
    ]


def test_a_decision_tells_what_becomes_of_it_until_when_and_for_whom() -> None:
    found: Decision = {
        "id": "aa11", "state": "approved", "becomes": "started", "people": 1, "teams": 6, "held_out": 3,
        "evidence": "changed", "stale_after": ["interventions/results"], "lasts_days": None, "again_in_days": None,
    }  # fmt: skip
    assert said(after_decision(found)) == [
        "It is approved and becomes started.",
        "Lots are drawn among its 6 teams, and kept: 3 are held out.",
        "It is about 1 person.",
        "Out of date by it: 1 (interventions/results); the next full analysis makes them.",
        "Its evidence has changed since it was proposed.",
    ]


def test_makes_that_always_changed_something_are_not_told() -> None:
    assert history_text({"makes": 5, "unchanged": 0}) == ""
    assert keys_text(list("abcdef")) == "6 (a, b, c, d and 2 more)"
