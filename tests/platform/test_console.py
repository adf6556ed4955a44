"""What the console may do: decisions are in the name of who is at it, and none is made where it is read-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.assets.definitions import asset
from causal_organism.assets.exports import Proposals
from causal_organism.engine.refresh import refresh_local
from causal_organism.engine.requests import Origin, Request
from causal_organism.errors import RefusedError
from causal_organism.organism.decisions.proposals import act_on
from causal_organism.platform.console import Console
from causal_organism.platform.queues import limit_queue, pause_queue
from causal_organism.platform.runs import cancel_run, retry_run
from causal_organism.stores.memory.interventions import MemoryInterventions
from tests.engine.organisms import memory_organism

PROPOSAL = {
    "id": "abcd", "title": "pair them", "expected": {"outcome": "o", "mean": 1.0, "lo": 0.5, "hi": 1.5, "unit": "h"},
}  # fmt: skip


def test_a_decision_is_written_down_with_person_and_reason() -> None:
    proposals = asset(key="interventions/proposals", exports=Proposals(), code_version="1")(
        lambda: {"proposals": [PROPOSAL]}
    )
    organism: Any = memory_organism((proposals,))
    organism.interventions = MemoryInterventions()
    refresh_local(organism, Request("*"), Origin("bo"))
    console = Console(organism, status=dict, close=lambda: None)

    console.decide("abcd", "reject", "too dear")

    assert [each["state"] for each in console.proposals()] == ["rejected"]
    entry = organism.ledger.audit_log()[0]
    assert (entry.actor, entry.action, entry.detail["reason"]) == ("ana", "intervention.reject", "too dear")


ACTIONS: dict[str, Callable[[Console], Any]] = {
    "trigger": lambda console: console.trigger("*"),
    "retry": lambda console: console.retry("run"),
    "cancel": lambda console: console.cancel("run"),
    "decide": lambda console: console.decide("abcd", "approve"),
    "pause": lambda console: console.pause_queue("default", "default"),
    "resume": lambda console: console.resume_queue("default", "default"),
    "limit": lambda console: console.limit_queue("default", "default", 1),
    "schedule": lambda console: console.set_schedule("refresh", active=False),
    "retry letter": lambda console: console.retry_letter("1-0"),
    "drop letter": lambda console: console.drop_letter("1-0"),
    "reread": lambda console: console.reread(),
    "restore": lambda console: console.restore("total", 1),
    "pin": lambda console: console.pin("total", 1),
    "unpin": lambda console: console.pin("total", None),
}


@pytest.mark.parametrize("act", ACTIONS.values(), ids=ACTIONS)
def test_a_read_only_console_refuses_every_action_before_any_store_is_asked(act: Callable[[Console], Any]) -> None:
    only_settings = SimpleNamespace(settings=replace(memory_organism(()).settings, read_only=True))
    with pytest.raises(RefusedError, match="nothing is changed here") as refused:
        act(Console(only_settings, status=dict, close=lambda: None))
    assert refused.value.exit_code == 4


def test_the_actions_that_are_tried_are_all_that_the_console_has() -> None:
    reading = {"unsupported", "status", "assets", "select", "versions", "plan", "runs", "run", "logs", "queues"}
    reading |= {"proposals", "close", "find_run", "find_asset", "partitions", "result", "schedules", "dead_letters"}
    reading |= {"diff", "person", "why_person", "after_runs", "after_version", "reason_for_none"}
    methods = {name for name in vars(Console) if not name.startswith("_")}
    doing = {"pause_queue", "resume_queue", "limit_queue", "trigger", "retry", "cancel", "decide", "set_schedule"}
    assert methods - reading == doing | {"retry_letter", "drop_letter", "reread", "restore", "pin"}


def test_what_the_console_does_refuses_by_itself_too() -> None:
    organism: Any = SimpleNamespace(settings=replace(memory_organism(()).settings, read_only=True))
    acts: tuple[Callable[[], object], ...] = (
        lambda: act_on(organism, "abcd", "approve", actor="ana"),
        lambda: retry_run(organism, "run", actor="ana"),
        lambda: cancel_run(organism, "run", actor="ana"),
        lambda: pause_queue(organism, "default", paused=True, actor="ana"),
        lambda: limit_queue(organism, "default", None, actor="ana"),
    )
    for act in acts:
        with pytest.raises(RefusedError, match="this is read-only"):
            act()
