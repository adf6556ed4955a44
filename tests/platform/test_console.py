"""What the console may do: decisions are in the name of who is at it, and none is made where it is read-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.assets.definitions import asset
from causal_organism.assets.exports import Proposals
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.errors import RefusedError, RequestError
from causal_organism.organism.decisions.proposals import act_on
from causal_organism.platform.console import Console
from causal_organism.platform.queues import limit_queue, pause_queue
from causal_organism.platform.runs import cancel_run, retry_run
from causal_organism.stores.memory.archive import MemoryArchive
from causal_organism.stores.memory.interventions import MemoryInterventions
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.stores.memory.stream import MemoryStream
from tests.engine.organisms import memory_organism, no_servers

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
    console = Console(organism, status=no_servers, close=lambda: None)

    console.decide("abcd", "reject", "too dear")

    assert [each["state"] for each in console.proposals()] == ["rejected"]
    entry = organism.ledger.audit_log()[0]
    assert (entry.actor, entry.action, entry.detail["reason"]) == ("ana", "intervention.reject", "too dear")


def test_queues_where_nothing_happens_are_the_same_document_though_workers_ask_all_the_time() -> None:
    organism: Any = memory_organism(())
    organism.orchestrator = MemoryOrchestrator(now=organism.now)
    organism.orchestrator.setup()
    organism.archive, organism.stream = MemoryArchive(), MemoryStream()
    console = Console(organism, status=no_servers, close=lambda: None)
    before = console.queues()
    organism.clock.move(seconds=5)
    assert console.queues() == before
    organism.orchestrator.trigger("refresh", {"selection": "*"})
    assert console.queues() != before


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
        act(Console(only_settings, status=no_servers, close=lambda: None))
    assert refused.value.exit_code == 4


def test_config_of_a_run_is_planned_and_handed_on_and_a_wrong_value_starts_nothing() -> None:
    @asset(key="top", code_version="1")
    def top(limit: int = 3) -> int:
        return limit

    organism: Any = memory_organism((top,))
    organism.orchestrator = MemoryOrchestrator(now=organism.clock)
    organism.orchestrator.setup()
    organism.settings = replace(organism.settings, prefect_api_url="http://localhost/api")
    console = Console(organism, status=no_servers, close=lambda: None)
    (row,) = console.assets()["assets"]
    assert row["config"] == [{"name": "limit", "type": "int", "default": 3}]
    assert [step["config"] for step in console.plan("top", config=("limit=20",))["steps"]] == [{"limit": 20}]
    for wrong, said in (
        ("limit=two", "which is not int"),
        ("lmit=2", "no asset of the selection"),
        ("x", "NAME=VALUE"),
    ):
        for ask in (console.plan, console.trigger):
            with pytest.raises(RequestError, match=said):
                ask("top", config=(wrong,))
    assert organism.orchestrator.runs() == ()
    run = console.trigger("top", config=("limit=20",))
    assert (console.run(run)["config"], console.run(run)["selection"]) == ({"limit": "20"}, "top")
    made = refresh_local(organism, Request("top", config={"limit": 9}), Origin("bo"))
    assert made["config"] == console.run(made["run"])["config"] == {"limit": 9}


def test_the_actions_that_are_tried_are_all_that_the_console_has() -> None:
    reading = {"unsupported", "status", "assets", "select", "versions", "plan", "runs", "run", "logs", "queues"}
    reading |= {
        "proposals",
        "close",
        "find_run",
        "find_asset",
        "partitions",
        "result",
        "schedules",
        "dead_letters",
        "workers",
        "rejected",
    }
    reading |= {
        "diff",
        "person",
        "why_person",
        "after_runs",
        "after_version",
        "after_unpin",
        "after_decision",
        "reason_for_none",
    }
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
