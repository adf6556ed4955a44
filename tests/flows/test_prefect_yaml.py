"""What a Prefect server holds is the same, whichever way it was deployed; and what differs is seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.deployments import FULL, INCREMENTAL, PIPELINES, QUEUES, REFRESH, WORK_POOL
from causal_organism.flows.environment import prefect_variables
from causal_organism.settings import Settings
from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator
from tests.stores.prefect_servers import clear, client

ROOT = Path(__file__).parents[2]
PASSING = {"id", "created", "updated", "last_polled", "status", "deployment_id", "flow_id", "labels", "version"}
PASSING |= {"work_queue_id", "active_slots"}
"""What says when or where it was deployed, and not what."""


@pytest.fixture
def settings(embedded_home: Any) -> Settings:
    found: Settings = embedded_home.start("orchestrator")
    return found


@pytest.fixture
def api(settings: Settings) -> Iterator[httpx.Client]:
    with client(settings) as found:
        clear(found)
        found.patch(f"/work_pools/{WORK_POOL}", json={"is_paused": True}).raise_for_status()
        yield found
        clear(found)
        found.patch(f"/work_pools/{WORK_POOL}", json={"is_paused": False})


@pytest.fixture
def orchestrator(settings: Settings) -> Iterator[PrefectOrchestrator]:
    found = PrefectOrchestrator(settings)
    yield found
    found.close()


def held(api: httpx.Client) -> dict[str, Any]:
    rows = {each.full_name: api.get(f"/deployments/name/{each.full_name}").json() for each in PIPELINES}
    queues = {name: api.get(f"/work_pools/{WORK_POOL}/queues/{name}").json() for name in QUEUES}
    return {
        "deployments": {name: settled(row) for name, row in rows.items()},
        "queues": {name: row["priority"] for name, row in queues.items()},
        "automations": [settled(row) for row in api.post("/automations/filter", json={}).json()],
    }


def settled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: settled(each) for key, each in value.items() if key not in PASSING and each not in ([], {}, None)}
    if isinstance(value, list):
        return [settled(each) for each in value]
    return value if not isinstance(value, str) or not value.startswith("deployment:") else "deployment:"


def deploy_by_file(settings: Settings, folder: Path) -> None:
    """Prefect's own command, from a folder that no worker has."""
    environment = {**os.environ, **prefect_variables(settings), "PYTHONPATH": str(ROOT)}
    file = ROOT / "deploy" / "prefect.yaml"
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_setup_update_and_prefects_own_command_leave_the_same(
    orchestrator: PrefectOrchestrator, api: httpx.Client, settings: Settings, tmp_path: Path
) -> None:
    orchestrator.setup()
    by_setup = held(api)
    assert orchestrator.setup(reset=True) == ()
    assert held(api) == by_setup
    deploy_by_file(settings, tmp_path)
    # The one thing that the file cannot say, and that the check sees: unknown parameters are refused by the server.
    assert orchestrator.missing() == tuple(
        f"deployment {each.full_name} updated: parameter_openapi_schema" for each in PIPELINES
    )
    by_file = held(api)
    for row in by_file["deployments"].values():
        row["parameter_openapi_schema"]["additionalProperties"] = False
    assert by_file == {**by_setup, "deployments": {**by_setup["deployments"], **by_file["deployments"]}}
    assert json.dumps(by_file["deployments"], sort_keys=True) == json.dumps(by_setup["deployments"], sort_keys=True)
    orchestrator.setup()
    assert held(api) == by_setup


def test_a_folder_that_a_run_would_begin_in_is_taken_back(orchestrator: PrefectOrchestrator, api: httpx.Client) -> None:
    orchestrator.setup()
    row = api.get(f"/deployments/name/{REFRESH.full_name}").json()
    steps = [{"prefect.deployments.steps.set_working_directory": {"directory": "/home/ana/organism"}}]
    api.patch(f"/deployments/{row['id']}", json={"pull_steps": steps}).raise_for_status()
    assert orchestrator.missing() == (f"deployment {REFRESH.full_name} updated: pull_steps",)
    orchestrator.setup()
    assert not api.get(f"/deployments/name/{REFRESH.full_name}").json()["pull_steps"]
    assert orchestrator.missing() == ()


def test_each_thing_that_an_operator_changed_is_seen_and_can_be_taken_back(
    orchestrator: PrefectOrchestrator, api: httpx.Client
) -> None:
    orchestrator.setup()
    assert orchestrator.drift() == ()
    pool = api.get(f"/work_pools/{WORK_POOL}").json()["base_job_template"]
    pool["job_configuration"]["working_dir"] = "/tmp"
    api.patch(f"/work_pools/{WORK_POOL}", json={"base_job_template": pool}).raise_for_status()
    orchestrator.limit_queue("expensive", 2)
    full = api.get(f"/deployments/name/{FULL.full_name}").json()
    api.patch(f"/deployments/{full['id']}", json={"work_queue_name": "default"}).raise_for_status()
    (schedule,) = full["schedules"]
    moved = {"schedule": {"cron": FULL.cron, "timezone": "Asia/Tokyo"}}
    api.patch(f"/deployments/{full['id']}/schedules/{schedule['id']}", json=moved).raise_for_status()
    orchestrator.set_schedule(INCREMENTAL.full_name, active=False)

    assert orchestrator.missing() == ()
    taken_back = (
        f"work pool {WORK_POOL}: template taken back in working_dir",
        "queue expensive: limit removed",
        f"deployment {FULL.full_name} taken back: work_queue_name",
        f"schedule {FULL.slug} of {FULL.full_name} set to {FULL.cron}",
    )
    paused = f"schedule {INCREMENTAL.slug} of {INCREMENTAL.full_name} is paused"
    assert orchestrator.drift() == (*taken_back, paused)
    assert orchestrator.setup(reset=True) == taken_back
    assert orchestrator.drift() == (paused,)
