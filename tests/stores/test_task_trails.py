"""Tries of tasks on a Prefect server: told where there were several, and asked for no more often than they change."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

import httpx

from causal_organism.stores.prefect import task_trails
from causal_organism.stores.prefect.documents import to_tasks
from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator
from tests.stores.prefect_servers import setup_unscheduled

TRAIL = (("RUNNING", "Running"), ("SCHEDULED", "AwaitingRetry"), ("RUNNING", "Retrying"), ("FAILED", "Failed"))


def add_task(server: httpx.Client, run: str, name: str) -> str:
    """A task run of a flow run, as its process makes one."""
    row = {"flow_run_id": run, "task_key": name, "dynamic_key": str(uuid.uuid4()), "name": name}
    return str(server.post("/task_runs/", json=row).raise_for_status().json()["id"])


def move(server: httpx.Client, task: str, type: str, name: str) -> None:
    state = {"type": type, "name": name}
    server.post(f"/task_runs/{task}/set_state", json={"state": state, "force": True}).raise_for_status()


def asked(prefect: PrefectOrchestrator) -> list[str]:
    """Paths that are read from here on."""
    seen: list[str] = []
    read = prefect._api.read

    def listed(path: str, query: Any = None) -> Any:
        seen.append(path)
        return read(path, query)

    prefect._api.read = listed  # type: ignore[method-assign]
    return seen


def test_a_task_that_was_tried_again_tells_its_tries(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    setup_unscheduled(prefect)
    run = prefect.trigger("refresh", {"selection": "*"})
    once, again = add_task(server, run, "a"), add_task(server, run, "b")
    move(server, once, "RUNNING", "Running")
    move(server, once, "COMPLETED", "Completed")
    for state in TRAIL[:3]:
        move(server, again, *state)
    seen = asked(prefect)

    def tasks() -> dict[str, Any]:
        found = prefect.run(run)
        assert found is not None
        return {each["name"]: each for each in found["tasks"]}

    found = tasks()
    first, second = found["b"]["attempts"]
    assert found["a"]["attempts"] == []
    assert (first["try"], first["state"]) == (1, "AwaitingRetry") and first["duration_s"] > 0.0
    assert (second["try"], second["state"], second["duration_s"]) == (2, "Retrying", None)
    assert not any(once in path for path in seen), "of a task with one try nothing more is asked"

    move(server, again, *TRAIL[3])
    ended = tasks()["b"]["attempts"]
    assert [each["state"] for each in ended] == ["AwaitingRetry", "Failed"]
    assert all(was["ended_at"] < now["started_at"] for was, now in pairwise(ended)), "a pause lies between them"
    seen.clear()
    tasks()
    assert not any("task_run_states" in path for path in seen), "what has ended is asked for once"


def test_tries_of_many_tasks_come_a_few_at_a_time(
    prefect: PrefectOrchestrator, server: httpx.Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr(task_trails, "MOST_READ", 2)
    setup_unscheduled(prefect)
    run = prefect.trigger("refresh", {"selection": "*"})
    for name in ("a", "b", "c"):
        task = add_task(server, run, name)
        for state in TRAIL:
            move(server, task, *state)
    seen = asked(prefect)

    def told() -> int:
        found = prefect.run(run)
        assert found is not None
        return sum(bool(each["attempts"]) for each in found["tasks"])

    assert (told(), sum("task_run_states" in path for path in seen)) == (2, 2)
    assert (told(), sum("task_run_states" in path for path in seen)) == (3, 3)


def test_a_try_that_died_with_its_process_goes_on_no_more_once_another_followed() -> None:
    def row(id: str, began: str, count: int) -> dict[str, Any]:
        return {"id": id, "name": "a", "run_count": 1, "flow_run_run_count": count, "start_time": began}

    def running(at: str) -> dict[str, Any]:
        return {"type": "RUNNING", "name": "Running", "timestamp": at}

    began, again = "2026-02-16T12:00:00+00:00", "2026-02-16T12:10:00+00:00"
    trails = {"x": [running(began)], "y": [running(again)]}
    (task,) = to_tasks([row("x", began, 1), row("y", again, 2)], trails)
    assert [(each["try"], each["state"], each["started_at"]) for each in task["attempts"]] == [
        (1, "Crashed", began), (2, "Running", again),
    ]  # fmt: skip
    (unread,) = to_tasks([row("x", began, 1), row("y", again, 2)], {"x": trails["x"]})
    assert (unread["tries"], unread["attempts"]) == (2, [])
