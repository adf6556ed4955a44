import itertools

import pytest

from causal_organism.errors import RefusedError, RequestError
from causal_organism.interventions.lifecycle import ACTIONS, OPEN, STATUSES, act, follow, is_person

BY_PEOPLE = {
    ("proposed", "approve"): "approved",
    ("proposed", "reject"): "rejected",
    ("approved", "start"): "started",
    ("approved", "withdraw"): "withdrawn",
    ("started", "finish"): "finished",
    ("started", "stop"): "stopped",
}
BY_ITSELF = {
    ("proposed", "withdraw"): "withdrawn",
    ("proposed", "expire"): "expired",
    ("withdrawn", "propose"): "proposed",
    ("expired", "propose"): "proposed",
    ("finished", "evaluate"): "evaluated",
    ("stopped", "evaluate"): "evaluated",
}


@pytest.mark.parametrize(("status", "action"), tuple(itertools.product(STATUSES, ACTIONS)))
def test_every_status_and_action(status, action):
    for table, do in (
        (BY_PEOPLE, lambda: act(status, action, actor="ana@host")),
        (BY_ITSELF, lambda: follow(status, action)),
    ):
        if (status, action) in table:
            transition = do()
            assert (transition.was, transition.action, transition.now) == (status, action, table[status, action])
        else:
            with pytest.raises(RefusedError):
                do()


def test_only_people_approve_reject_start_and_end():
    assert {action for _, action in BY_PEOPLE} == {"approve", "reject", "start", "withdraw", "finish", "stop"}
    for action in ("approve", "reject", "start", "finish", "stop"):
        assert not any(known == action for _, known in BY_ITSELF)


@pytest.mark.parametrize(
    "actor", ["", "   ", "schedule", "Automation@host", "prefect", "@host", "SYSTEM", "worker@box"]
)
def test_nobody_without_a_name_decides(actor):
    with pytest.raises(RefusedError, match="named person") as refused:
        act("proposed", "approve", actor=actor)
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("actor", ["ana", "ana@example.org", "李小龍", "schedule-owner@host", "[b]bo[/b]"])
def test_a_name_is_enough(actor):
    assert is_person(actor)
    assert act("proposed", "approve", actor=actor).actor == actor


def test_a_refusal_says_what_would_be_possible():
    with pytest.raises(RefusedError) as refused:
        act("approved", "approve", actor="ana")
    assert refused.value.hint == "possible: start, withdraw"


def test_unknown_words_are_wrong_requests():
    with pytest.raises(RequestError, match="aprove"):
        act("proposed", "aprove", actor="ana")
    with pytest.raises(RequestError, match="purposed"):
        act("purposed", "approve", actor="ana")


def test_only_what_nobody_acted_on_is_open():
    assert OPEN == ("proposed",)
