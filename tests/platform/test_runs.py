"""Runs as one history, on an organism in memory."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from causal_organism.assets.definitions import asset, source
from causal_organism.deployments import INCREMENTAL, REFRESH
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.documents.runs import RunWithTasks, TaskRow
from causal_organism.engine.leases import run_lease
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import begin, finish, make_step, refresh_local
from causal_organism.errors import NotRunningError, RefusedError, RequestError, StoreError
from causal_organism.organism.stream.gaps import REREAD_FACT, gaps_of_run
from causal_organism.platform.deploy import set_up
from causal_organism.platform.queues import limit_queue, pause_queue
from causal_organism.platform.run_listing import load_runs
from causal_organism.platform.runs import cancel_run, load_logs, load_run, load_settled, readmit, retry_run
from causal_organism.platform.schedules import set_schedule
from causal_organism.platform.trigger import plan_for_workers
from causal_organism.ports import Gap, StreamPosition
from causal_organism.stores.memory.archive import MemoryArchive
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.wording.run_actions import has_ended
from tests.engine.organisms import memory_organism


@source(key="rows")
def rows() -> Any:
    return [1, 2]


@asset(reads={"rows": "rows"}, code_version="1")
def total(rows: Any) -> Any:
    return sum(rows)


@asset(code_version="1")
def broken(total: Any) -> Any:
    raise ValueError("no \x1b[31m way")


class Unconfigured:
    """An orchestrator whose address is not set: every question says so."""

    def __getattr__(self, name: str) -> Any:
        def ask(*_: Any, **__: Any) -> Any:
            raise NotRunningError("PREFECT_API_URL is not set")

        return ask


def organism(**settings: Any) -> Any:
    found = memory_organism((rows, total, broken), **settings)
    found.orchestrator = MemoryOrchestrator(now=found.clock)
    found.orchestrator.setup()
    return found


def asked(o: Any, selection: str = "total") -> str:
    run: str = o.orchestrator.trigger(REFRESH.full_name, {"selection": selection, "actor": "ana"}, trigger="cli")
    return run


def carried_out(o: Any, run: str, selection: str) -> RefreshDocument:
    """What a worker would do with a run."""
    o.orchestrator.begin(run)
    going = begin(o, Request(selection), Origin("ana", "cli", run=run, deployment=REFRESH.full_name))
    for step in going.steps:
        outcome = make_step(going, step.key)
        o.orchestrator.set_task(run, step.key, "Completed" if outcome.version else "Failed")
    document = finish(going)
    o.clock.move(seconds=3)
    o.orchestrator.end(run, "Failed" if document["outcome"] == "failed" else "Completed")
    return document


def counted(o: Any) -> list[str]:
    """Every run that the orchestrator is asked for from now on."""
    asked: list[str] = []
    look = o.orchestrator.run

    def run(which: str) -> Any:
        asked.append(which)
        return look(which)

    o.orchestrator.run = run
    return asked


def test_runs_of_prefect_and_of_this_process_are_one_history() -> None:
    o = organism()
    deployed = asked(o)
    carried_out(o, deployed, "total")
    o.clock.move(minutes=1)
    local = refresh_local(o, Request("total", force=True), Origin("bo", "cli"))["run"]
    found = load_runs(o)["runs"]
    assert [row["id"] for row in found] == [local, deployed]
    assert [(row["deployment"], row["state"], row["trigger"], row["actor"]) for row in found] == [
        (None, "Completed", "cli", "bo"),
        (REFRESH.full_name, "Completed", "cli", "ana"),
    ]
    assert [row["duration_s"] for row in found] == [0.0, 3.0]
    assert [row["id"] for row in load_runs(o, limit=1)["runs"]] == [local]


def test_what_a_schedule_planned_for_later_is_no_run_yet() -> None:
    o = organism()
    o.orchestrator.plan_run(INCREMENTAL.full_name, o.now().replace(hour=13))
    assert load_runs(o)["runs"] == []
    o.clock.move(hours=1)
    assert [(row["trigger"], row["actor"]) for row in load_runs(o)["runs"]] == [("schedule", "schedule")]


def test_without_an_orchestrator_local_runs_are_still_told() -> None:
    o = organism()
    o.orchestrator = Unconfigured()
    local = refresh_local(o, Request("total"), Origin("ana"))["run"]
    assert [row["id"] for row in load_runs(o)["runs"]] == [local]
    assert load_run(o, local)["steps"][0]["outcome"] == "made"


def test_a_run_whose_second_try_finds_nothing_to_make_shows_no_failed_step() -> None:
    is_broken = True

    @asset(key="fragile", code_version="1")
    def fragile() -> int:
        if is_broken:
            raise ValueError("not yet")
        return 1

    o: Any = memory_organism((fragile,))
    o.orchestrator = MemoryOrchestrator(now=o.clock)
    o.orchestrator.setup()
    run = asked(o, "fragile")
    carried_out(o, run, "fragile")
    assert [each["outcome"] for each in load_run(o, run)["steps"]] == ["failed"]
    is_broken = False
    refresh_local(o, Request("fragile"), Origin("bo"))
    retry_run(o, run, actor="ana")
    assert carried_out(o, run, "fragile")["outcome"] == "nothing"
    assert load_run(o, run)["steps"] == []


class LateTasks(MemoryOrchestrator):
    """Hears of the end of a task when it is asked for the third time, as Prefect does by its events."""

    asked = 0

    def run(self, run: str) -> RunWithTasks | None:
        self.asked += 1
        found = super().run(run)
        if found is None or self.asked > 2:
            return found
        tasks: list[TaskRow] = [] if self.asked == 1 else [{**each, "state": "Running"} for each in found["tasks"]]
        return {**found, "tasks": tasks}


def test_a_run_that_has_just_ended_is_shown_when_its_tasks_have_too() -> None:
    o = organism()
    o.orchestrator = LateTasks(now=o.clock)
    o.orchestrator.setup()
    run = asked(o)
    carried_out(o, run, "total")
    assert [(task["name"], task["state"]) for task in load_settled(o, run)["tasks"]] == [("total", "Completed")]


def test_assets_that_were_one_task_are_not_waited_for() -> None:
    o = organism()
    run = asked(o)
    carried_out(o, run, "total")
    o.orchestrator._need(run).tasks.clear()
    o.orchestrator.set_task(run, "other, total", "Completed")
    looks = counted(o)
    assert [task["name"] for task in load_settled(o, run)["tasks"]] == ["other, total"]
    assert looks == [run]


def test_a_task_that_never_ended_is_not_waited_for_later() -> None:
    o = organism()
    run = asked(o)
    carried_out(o, run, "total")
    o.orchestrator.set_task(run, "total", "Running")
    o.clock.move(minutes=1)
    looks = counted(o)
    assert load_settled(o, run)["tasks"][0]["state"] == "Running"
    local = refresh_local(o, Request("total", force=True), Origin("bo", "cli"))["run"]
    assert load_settled(o, local)["tasks"] == []
    assert looks == [run, local]


def test_a_run_has_its_steps_from_the_ledger_and_its_tasks_from_prefect() -> None:
    o = organism()
    run = asked(o, "total or broken")
    carried_out(o, run, "total or broken")
    found = load_run(o, run[:8])
    assert (found["schema"], found["id"], found["outcome"]) == ("organism.run/1", run, "failed")
    assert [(step["key"], step["outcome"]) for step in found["steps"]] == [("total", "made"), ("broken", "failed")]
    assert [(task["name"], task["state"]) for task in found["tasks"]] == [("total", "Completed"), ("broken", "Failed")]
    assert (found["selection"], "no \x1b[31m way" in str(found["error"])) == ("total or broken", True)
    assert has_ended(found)


def test_a_local_run_is_found_by_the_beginning_and_by_the_end_of_its_id() -> None:
    o = organism()
    run = refresh_local(o, Request("total"), Origin("ana"))["run"]
    for part in (run.removeprefix("local-")[:8], run[:12], run[-4:], ".." + run[-6:], run[-6:].upper()):
        assert load_run(o, part)["id"] == run
    with pytest.raises(RequestError, match="no run"):
        load_run(o, run[-3:])
    assert load_run(o, run)["tasks"] == []
    assert [line["message"] for line in load_logs(o, run)] == ["total made"]


def test_a_local_run_that_goes_on_is_running() -> None:
    o = organism()
    going = begin(o, Request("total"), Origin("ana", "cli"))
    with o.ledger.hold(run_lease(going.id), "", going.id):
        found = load_run(o, going.id)
    assert (found["state"], found["duration_s"], has_ended(found)) == ("Running", None, False)


def test_a_run_that_is_nowhere_is_a_wrong_request() -> None:
    with pytest.raises(RequestError, match="no run abcdef"):
        load_run(organism(), "abcdef")


@pytest.mark.parametrize("ask", [load_logs, *(partial(act, actor="ana") for act in (cancel_run, retry_run))])
def test_a_run_that_the_ledger_does_not_know_is_a_wrong_request_without_prefect_too(ask: Any) -> None:
    o = organism()
    o.orchestrator = Unconfigured()
    with pytest.raises(RequestError, match="no run gone"):
        ask(o, "gone")
    begin(o, Request("total"), Origin("ana", "cli", run="known", deployment=REFRESH.full_name))
    with pytest.raises(NotRunningError):
        ask(o, "known")


@pytest.mark.parametrize(("selection", "partition"), [("total", "site=north"), ("totl", None), ("total", "=")])
def test_what_is_wrong_in_itself_is_said_before_that_prefect_is_away(selection: str, partition: str | None) -> None:
    with pytest.raises(RequestError):
        plan_for_workers(organism(), Request(selection, partition=partition), Origin("ana", "cli"))
    with pytest.raises(NotRunningError):
        plan_for_workers(organism(), Request("total"), Origin("ana", "cli"))


def test_cancelling_is_written_down_and_ends_the_run_in_the_ledger() -> None:
    o = organism()
    run = asked(o)
    o.orchestrator.begin(run)
    begin(o, Request("total"), Origin("ana", "cli", run=run, deployment=REFRESH.full_name))
    assert cancel_run(o, run, actor="bo")["state"] == "Cancelling"
    record = o.ledger.run(run)
    assert (record.outcome, record.error) == ("cancelled", "cancelled by bo")
    assert [(each.actor, each.action, each.subject) for each in o.ledger.audit_log()] == [("bo", "run.cancel", run)]


def test_the_ledger_is_told_before_the_orchestrator_and_knows_it_where_that_cannot_be_reached() -> None:
    o = organism()
    run = asked(o)
    o.orchestrator.begin(run)
    known: list[str | None] = []

    def away(run: str) -> None:
        known.append(o.ledger.cancelled_by(run))
        raise StoreError("Prefect broke off")

    o.orchestrator.cancel = away
    with pytest.raises(StoreError):
        cancel_run(o, run, actor="bo")
    assert known == ["bo"]
    assert [each.action for each in o.ledger.audit_log()] == ["run.cancel"]
    assert o.ledger.cancelled_by(run) == "bo"


def test_an_ended_run_is_not_cancelled() -> None:
    o = organism()
    run = asked(o)
    carried_out(o, run, "total")
    with pytest.raises(RefusedError, match="has ended"):
        cancel_run(o, run, actor="bo")
    assert (o.ledger.cancelled_by(run), o.ledger.audit_log()) == (None, ())


def test_a_cancelled_run_may_publish_once_it_is_run_again() -> None:
    o = organism()
    run = asked(o)
    o.orchestrator.begin(run)
    cancel_run(o, run, actor="bo")
    o.orchestrator.end(run, "Cancelled")
    retry_run(o, run, actor="bo")
    assert o.ledger.cancelled_by(run) is None


@pytest.mark.parametrize(("state", "by"), [("Running", None), ("Cancelling", "bo")])
def test_a_run_that_the_orchestrator_itself_runs_again_may_publish_unless_it_is_being_cancelled(
    state: str, by: str | None
) -> None:
    o = organism()
    run = asked(o)
    o.orchestrator.begin(run)
    o.ledger.cancel_run(run, actor="bo", at=o.now())
    if state == "Cancelling":
        o.orchestrator.cancel(run)
    readmit(o, run)
    assert o.ledger.cancelled_by(run) == by


def test_a_run_that_failed_is_tried_again_under_its_id() -> None:
    o = organism()
    run = asked(o, "total or broken")
    carried_out(o, run, "total or broken")
    assert retry_run(o, run, actor="bo")["state"] == "AwaitingRetry"
    assert [each.action for each in o.ledger.audit_log()] == ["run.retry"]


@pytest.mark.parametrize("state", ["Scheduled", "Running", "Completed"])
def test_a_run_that_waits_goes_on_or_did_well_is_not_tried_again(state: str) -> None:
    o = organism()
    run = asked(o)
    if state != "Scheduled":
        o.orchestrator.begin(run)
    if state == "Completed":
        o.orchestrator.end(run)
    with pytest.raises(RefusedError, match=state) as refused:
        retry_run(o, run, actor="bo")
    assert (refused.value.code, refused.value.exit_code) == ("not-retryable", 4)
    assert refused.value.message == load_runs(o)["runs"][0]["not_retryable"]
    assert o.ledger.audit_log() == ()


def test_what_lies_between_two_tries_is_no_part_of_its_duration() -> None:
    o = organism()
    run = asked(o, "total or broken")
    carried_out(o, run, "total or broken")
    o.clock.move(hours=1)
    retry_run(o, run, actor="bo")
    carried_out(o, run, "broken")
    found = load_run(o, run)
    assert (found["tries"], found["duration_s"]) == (2, 6.0)


def test_a_pulse_that_found_a_loss_is_tried_again_once_the_stream_was_read_again() -> None:
    o = organism()
    o.archive = MemoryArchive()
    run = o.orchestrator.plan_run(INCREMENTAL.full_name, o.now())
    o.orchestrator.begin(run)
    o.clock.move(seconds=1)
    gap = Gap(detected_at=o.now(), after="1-0", before="9-0", missing=7)
    o.archive.record_gap(o.archive.position(), gap, position=StreamPosition(entry="1-0", entries=7))
    o.orchestrator.end(run, "Failed")
    with pytest.raises(RefusedError, match="7 entries after 1-0") as refused:
        retry_run(o, run, actor="bo")
    assert (refused.value.code, "stream reread" in str(refused.value.hint)) == ("not-retryable", True)
    assert (load_run(o, run)["lost"], gaps_of_run(o, run)) == ("7 entries after 1-0", [gap])
    o.clock.move(seconds=1)
    o.ledger.set_fact(REREAD_FACT, o.now().isoformat())
    assert (load_run(o, run)["not_retryable"], gaps_of_run(o, run)) == (None, [])
    assert retry_run(o, run, actor="bo")["state"] == "AwaitingRetry"


@pytest.mark.parametrize("outcome", ["failed", "done"])
def test_a_local_run_cannot_be_stopped_or_tried_again_from_elsewhere(outcome: str) -> None:
    o = organism()
    run = refresh_local(o, Request("broken" if outcome == "failed" else "total"), Origin("ana"))["run"]
    codes = []
    for change in (cancel_run, retry_run):
        with pytest.raises(RefusedError) as refused:
            change(o, run, actor="bo")
        codes.append(refused.value.code)
    assert codes == ["local-run", "local-run" if outcome == "failed" else "not-retryable"]
    assert [(each.actor, each.action) for each in o.ledger.audit_log()] == [("ana", "refresh")]


def test_read_only_changes_nothing() -> None:
    o = organism(read_only=True)
    run = o.orchestrator.trigger(REFRESH.full_name, {"selection": "*"})
    changes: list[Any] = [
        lambda: cancel_run(o, run, actor="bo"),
        lambda: retry_run(o, run, actor="bo"),
        lambda: pause_queue(o, "default", paused=True, actor="bo"),
        lambda: limit_queue(o, "default", 1, actor="bo"),
        lambda: set_schedule(o, "full-analysis", active=False, actor="bo"),
        lambda: set_up(o, actor="bo"),
    ]
    for change in changes:
        with pytest.raises(RefusedError, match="read-only"):
            change()
    assert o.ledger.audit_log() == ()
