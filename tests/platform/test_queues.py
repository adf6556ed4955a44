"""Queues, schedules and the setup, on an organism in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from causal_organism.alerts.of_servers import queues_without_worker
from causal_organism.cli.orchestration.deploy import _check_text
from causal_organism.cli.orchestration.queues import _queues_text
from causal_organism.deployments import FULL, INCREMENTAL, REFRESH
from causal_organism.errors import StoreError
from causal_organism.platform.deploy import check_deployed, set_up
from causal_organism.platform.queues import limit_queue, load_queues, pause_queue
from causal_organism.platform.schedules import load_schedules, set_schedule
from causal_organism.platform.workers.code import installed_code
from causal_organism.platform.workers.graphs import WORKER_ASSETS
from causal_organism.ports import Gap, StreamPosition
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.stores.memory.stream import MemoryStream
from tests.platform.test_runs import asked, organism


class Position:
    """An archive that has read so many entries of a stream in memory, whose ids count from 1-0."""

    def __init__(self, read: int):
        self.read = read

    def position(self) -> StreamPosition:
        return StreamPosition(entry=f"{self.read}-0", entries=self.read)

    def gaps(self) -> tuple[Gap, ...]:
        return ()


def with_stream(o: Any, *, entries: int, read: int) -> Any:
    o.stream = MemoryStream()
    o.stream.append([{"source": "a", "target": "b", "at": "1"}] * entries)
    o.archive = Position(read)
    return o


def test_queues_tell_what_waits_and_how_far_the_network_is_behind() -> None:
    o = with_stream(organism(), entries=5, read=2)
    asked(o)
    o.clock.move(seconds=30)
    found = load_queues(o)
    assert [(each["name"], each["depth"], each["oldest_s"]) for each in found["queues"]] == [
        ("default", 1, 30.0),
        ("expensive", 0, None),
    ]
    age_s = o.now().timestamp() - 0.003  # the third entry of a stream in memory is of millisecond 3
    stream = {"length": 5, "lag": 3, "lag_s": pytest.approx(age_s), "dead_letters": 0, "restored": False, "gap": None}
    assert found["stream"] == stream


def test_a_stream_that_is_read_to_its_end_has_no_lag() -> None:
    stream = load_queues(with_stream(organism(), entries=2, read=2))["stream"]
    assert (stream["lag"], stream["lag_s"]) == (0, 0.0)


def test_pausing_and_limiting_a_queue_is_written_down() -> None:
    o = with_stream(organism(), entries=0, read=0)
    assert pause_queue(o, "expensive", paused=True, actor="bo")["queues"][1]["paused"]
    assert limit_queue(o, "expensive", 2, actor="bo")["queues"][1]["limit"] == 2
    assert [each.action for each in o.ledger.audit_log()] in (
        ["queue.pause", "queue.limit"],
        ["queue.limit", "queue.pause"],
    )


def test_a_queue_is_limited_also_where_the_stream_cannot_be_reached() -> None:
    class NoStream:
        def state(self) -> Any:
            raise StoreError("no stream")

    o = with_stream(organism(), entries=0, read=0)
    o.stream = NoStream()
    document = limit_queue(o, "expensive", 2, actor="bo")
    assert document["queues"][1]["limit"] == 2
    assert set(document["stream"].values()) == {None}
    assert "stream: ?" in _queues_text(document)
    assert pause_queue(o, "expensive", paused=True, actor="bo")["queues"][1]["paused"]
    with pytest.raises(StoreError):
        load_queues(o)


def test_a_paused_schedule_is_shown_as_such() -> None:
    o = organism()
    assert set_schedule(o, "full-analysis", active=False, actor="bo")["changed"] == 1
    active = {each["deployment"]: each["active"] for each in load_schedules(o)["schedules"]}
    assert active == {FULL.full_name: False, INCREMENTAL.full_name: True}


def test_a_setup_says_what_it_changed_and_then_nothing() -> None:
    o = organism()
    o.settings = replace(o.settings, assets="demo:ASSETS")
    o.orchestrator = MemoryOrchestrator(now=o.clock)
    changed = set_up(o, actor="bo")["changed"]
    assert changed[-1] == "asset graph of the workers: demo:ASSETS"
    assert o.ledger.fact(WORKER_ASSETS) == "demo:ASSETS"
    assert set_up(o, actor="bo")["changed"] == []
    assert [each.action for each in o.ledger.audit_log()] == ["deploy.setup"]


def test_a_check_says_what_is_missing_and_changes_nothing() -> None:
    o = organism()
    assert check_deployed(o)["ok"]
    o.orchestrator = MemoryOrchestrator(now=o.clock)
    found = check_deployed(o)
    assert (found["ok"], f"deployment {FULL.full_name} created" in found["missing"]) == (False, True)
    assert check_deployed(o) == found


def test_a_scheduler_that_stays_silent_is_a_problem_after_some_patience() -> None:
    o = organism()
    paused: list[float] = []
    o.orchestrator.health = lambda: {"version": "x", "latency_ms": 0.0, "scheduling": len(paused) >= 3}
    assert check_deployed(o, pause=paused.append)["ok"]
    o.orchestrator.health = lambda: {"version": "x", "latency_ms": 0.0, "scheduling": False}
    assert "no run is scheduled" in check_deployed(o, pause=paused.append)["problems"][0]


def test_a_queue_with_deployments_and_no_worker_is_a_problem() -> None:
    o = organism()
    o.orchestrator.served = False
    found = check_deployed(o)
    assert not found["ok"]
    assert found["problems"] == [
        f"no worker serves the queue default of pool default: {INCREMENTAL.full_name}, {REFRESH.full_name} never run:"
        " `prefect worker start --pool default --work-queue default`",
        f"no worker serves the queue expensive of pool default: {FULL.full_name} never run:"
        " `prefect worker start --pool default --work-queue expensive`",
    ]
    o.orchestrator.served = None  # it is not known yet
    assert check_deployed(o)["ok"]


def test_a_paused_queue_needs_no_worker() -> None:
    o = with_stream(organism(), entries=0, read=0)
    o.orchestrator.served = False
    pause_queue(o, "expensive", paused=True, actor="bo")
    assert [fault.subject for fault in queues_without_worker(o.orchestrator.queues())] == ["default/default"]


def test_what_operators_changed_is_told_and_is_no_fault() -> None:
    o = with_stream(organism(), entries=0, read=0)
    limit_queue(o, "expensive", 2, actor="bo")
    found = check_deployed(o)
    assert (found["ok"], found["drift"]) == (True, ["queue expensive: limit removed"])


def test_an_image_without_a_digest_is_told_and_is_no_fault() -> None:
    found = check_deployed(organism(), unpinned=("redis:7.4.2",))
    assert (found["ok"], found["unpinned"]) == (True, ["redis:7.4.2"])
    assert "redis:7.4.2 has no digest: deploy/pin_images.py writes it" in _check_text(found).splitlines()


def test_a_worker_whose_last_run_had_other_code_is_a_problem() -> None:
    o = organism()
    (worker,) = o.orchestrator.workers()
    fact = f"worker_code/{worker['name']}"
    o.ledger.set_fact(fact, installed_code())
    assert check_deployed(o)["ok"]
    o.ledger.set_fact(fact, "0" * 12)
    (problem,) = check_deployed(o)["problems"]
    assert problem.startswith("the last run of worker in memory had other code than is installed here")
