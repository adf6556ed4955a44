"""Runs whose worker or process died: their slots are freed, and what can go on does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from causal_organism.deployments import FULL, WORK_POOL, ZOMBIE_AUTOMATION
from causal_organism.settings import Settings
from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator
from tests.stores.prefect_servers import set_state, setup_unscheduled
from tests.waiting import until


def test_a_slot_that_no_run_holds_is_freed(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    prefect.setup()
    limit = server.get(f"/deployments/name/{FULL.full_name}").json()["global_concurrency_limit"]
    assert limit["limit"] == 1
    server.patch(f"/v2/concurrency_limits/{limit['id']}", json={"active_slots": 1}).raise_for_status()
    waiting = prefect.trigger("full-analysis", {})
    for state in ("Running", "AwaitingRetry"):
        set_state(server, waiting, state)
        assert prefect.missing() == ()
    set_state(server, waiting, "Cancelled")
    server.patch(f"/v2/concurrency_limits/{limit['id']}", json={"active_slots": 1}).raise_for_status()
    assert prefect.missing() == (f"deployment {FULL.full_name}: a slot that no run held was freed",)
    prefect.setup()
    assert prefect.missing() == ()


def test_a_run_whose_worker_died_before_it_began_gives_its_slot_back(
    prefect: PrefectOrchestrator, server: httpx.Client, prefect_settings: Settings
) -> None:
    prefect.setup()
    run = prefect.trigger("full-analysis", {})
    pending = {"state": {"type": "PENDING", "name": "Pending"}}
    assert server.post(f"/flow_runs/{run}/set_state", json=pending).json()["status"] == "ACCEPT"
    path = f"/deployments/name/{FULL.full_name}"
    assert server.get(path).json()["global_concurrency_limit"]["active_slots"] == 1
    assert prefect.setup() == ()
    # Its worker is not known, so it is dead after a while; nobody waits ten minutes for its slot.
    soon = PrefectOrchestrator(prefect_settings, now=lambda: datetime.now(UTC) + timedelta(seconds=80))
    assert soon.reap() == (f"run {run} never began: given to another worker",)
    assert prefect.run(run)["state"] == "AwaitingRetry"  # type: ignore[index]
    assert server.get(path).json()["global_concurrency_limit"]["active_slots"] == 0
    for _ in range(2):
        assert server.post(f"/flow_runs/{run}/set_state", json=pending).json()["status"] == "ACCEPT"
        assert len(soon.reap()) == 1
    assert server.post(f"/flow_runs/{run}/set_state", json=pending).json()["status"] == "ACCEPT"
    assert soon.setup() == (f"run {run} never began: set to Crashed",)
    assert prefect.run(run)["state"] == "Crashed"  # type: ignore[index]
    assert server.get(path).json()["global_concurrency_limit"]["active_slots"] == 0
    assert soon.reap() == ()
    soon.close()


def test_a_run_that_a_living_worker_is_starting_is_left_to_it(
    prefect: PrefectOrchestrator, server: httpx.Client, prefect_settings: Settings
) -> None:
    setup_unscheduled(prefect)
    name = until(prefect.workers)[0]["name"]
    run = prefect.trigger("refresh", {"selection": "*"})
    pending = {"state": {"type": "PENDING", "name": "Pending"}}
    assert server.post(f"/flow_runs/{run}/set_state", json=pending).json()["status"] == "ACCEPT"
    server.patch(f"/flow_runs/{run}/labels", json={"prefect.worker.name": name}).raise_for_status()
    assert prefect.reap() == ()
    ahead = PrefectOrchestrator(prefect_settings, clock=lambda: datetime.now(UTC) + timedelta(hours=2))
    assert ahead.reap() == (), "this machine's clock is wrong, and not the worker dead"
    ahead.close()
    server.patch(f"/flow_runs/{run}/labels", json={"prefect.worker.name": "gone"}).raise_for_status()
    later = PrefectOrchestrator(prefect_settings, now=lambda: datetime.now(UTC) + timedelta(seconds=80))
    assert later.reap() == (f"run {run} never began: given to another worker",)
    later.close()


def test_a_refresh_whose_process_died_is_resumed_twice_and_a_pulse_is_left_to_the_next(
    prefect: PrefectOrchestrator, server: httpx.Client
) -> None:
    setup_unscheduled(prefect)
    run, pulse = prefect.trigger("refresh", {"selection": "*"}), prefect.trigger("incremental-updates", {})
    for _ in range(2):
        for state in ("Running", "Crashed"):
            set_state(server, run, state)
        assert prefect.reap() == (f"run {run} lost its process: resumed",)
    for each in (run, pulse):
        for state in ("Running", "Crashed"):
            set_state(server, each, state)
    assert prefect.reap() == ()


def test_a_run_whose_worker_was_begun_anew_is_resumed_at_once_and_one_of_a_worker_that_goes_on_is_left_alone(
    prefect: PrefectOrchestrator, server: httpx.Client
) -> None:
    setup_unscheduled(prefect)
    name = until(prefect.workers)[0]["name"]
    lost, going_on = (prefect.trigger("refresh", {"selection": "*"}) for _ in range(2))
    for run, worker in ((lost, "begun-anew"), (going_on, name)):
        server.patch(f"/flow_runs/{run}/labels", json={"prefect.worker.name": worker}).raise_for_status()
        set_state(server, run, "Running")
    assert prefect.reap() == ()
    server.post(f"/work_pools/{WORK_POOL}/workers/heartbeat", json={"name": "begun-anew"}).raise_for_status()
    assert prefect.reap() == (
        f"run {lost} ended with its worker: set to Crashed",
        f"run {lost} lost its process: resumed",
    )
    assert prefect.reap() == ()


def test_the_automation_for_dead_runs_looks_at_ours_only(prefect: PrefectOrchestrator, server: httpx.Client) -> None:
    prefect.setup()
    (automation,) = server.post("/automations/filter", json={}).json()
    assert automation["name"] == ZOMBIE_AUTOMATION
    assert automation["trigger"]["match_related"]["prefect.resource.id"] == "prefect.tag.organism"
    assert (automation["trigger"]["posture"], automation["trigger"]["within"]) == ("Proactive", 90.0)
