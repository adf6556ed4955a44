from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from causal_organism.errors import RefusedError, RequestError
from causal_organism.interventions.lifecycle import ACTIONS, OPEN, STATUSES, Transition, act, follow, is_person

BY_PEOPLE = {
    ("proposed", "approve"): "approved",
    ("proposed", "reject"): "rejected",
    ("approved", "start"): "started",
    ("approved", "withdraw"): "withdrawn",
    ("started", "finish"): "finished",
    ("started", "stop"): "stopped",
    ("rejected", "withdraw"): "proposed",
}
BY_ITSELF = {
    ("proposed", "withdraw"): "withdrawn",
    ("proposed", "expire"): "expired",
    ("withdrawn", "propose"): "proposed",
    ("expired", "propose"): "proposed",
    ("rejected", "propose"): "proposed",
    ("approved", "expire"): "expired",
    ("finished", "evaluate"): "evaluated",
    ("stopped", "evaluate"): "evaluated",
}


@pytest.mark.parametrize(("status", "action"), tuple(itertools.product(STATUSES, ACTIONS)))
def test_every_status_and_action(status: Any, action: Any) -> None:
    ways: list[tuple[dict[tuple[str, str], str], Callable[[], Transition]]] = [
        (BY_PEOPLE, lambda: act(status, action, actor="ana@host")),
        (BY_ITSELF, lambda: follow(status, action)),
    ]
    for table, do in ways:
        if (status, action) in table:
            transition = do()
            assert (transition.was, transition.action, transition.now) == (status, action, table[status, action])
        else:
            with pytest.raises(RefusedError):
                do()


def test_only_people_approve_reject_start_and_end() -> None:
    assert {action for _, action in BY_PEOPLE} == {"approve", "reject", "start", "withdraw", "finish", "stop"}
    for action in ("approve", "reject", "start", "finish", "stop"):
        assert not any(known == action for _, known in BY_ITSELF)


@pytest.mark.parametrize(
    "actor", ["", "   ", "schedule", "Automation@host", "prefect", "@host", "SYSTEM", "worker@box"]
)
def test_nobody_without_a_name_decides(actor: Any) -> None:
    with pytest.raises(RefusedError, match="named person") as refused:
        act("proposed", "approve", actor=actor)
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("actor", ["ana", "ana@example.org", "李小龍", "schedule-owner@host", "[b]bo[/b]"])
def test_a_name_is_enough(actor: Any) -> None:
    assert is_person(actor)
    assert act("proposed", "approve", actor=actor).actor == actor


def test_a_rejection_is_withdrawn_within_a_day_or_not_at_all() -> None:
    assert act("rejected", "withdraw", actor="ana", stood=timedelta(hours=23)).now == "proposed"
    with pytest.raises(RefusedError, match="24 hours"):
        act("rejected", "withdraw", actor="ana", stood=timedelta(hours=25))


def test_a_refusal_says_what_would_be_possible() -> None:
    with pytest.raises(RefusedError) as refused:
        act("approved", "approve", actor="ana")
    assert refused.value.hint == "possible: start, withdraw"


def test_unknown_words_are_wrong_requests() -> None:
    with pytest.raises(RequestError, match="aprove"):
        act("proposed", "aprove", actor="ana")
    with pytest.raises(RequestError, match="purposed"):
        act("purposed", "approve", actor="ana")


def test_only_what_nobody_acted_on_is_open() -> None:
    assert OPEN == ("proposed",)
