"""What the guide types of Prefect's own commands, against the server that everything is deployed on."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from causal_organism.deployments import INCREMENTAL, PIPELINES, QUEUES, WORK_POOL
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from tests.waiting import PATIENCE_S, equal


@pytest.fixture(scope="module")
def environment(deployed: OpenOrganism, home_environment: dict[str, str], flow_settings: Settings) -> dict[str, str]:
    return {
        **home_environment,
        "PREFECT_API_URL": flow_settings.need("prefect_api_url"),
        "PREFECT_API_AUTH_STRING": flow_settings.prefect_auth or "",
        "COLUMNS": "200",
    }


def prefect(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words], env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def as_json(environment: dict[str, str], *words: str) -> Any:
    return json.loads(prefect(environment, *words, "-o", "json"))


def test_deployments_are_listed_as_json(environment: dict[str, str]) -> None:
    names = {each["name"] for each in as_json(environment, "deployment", "ls")}
    assert {each.name for each in PIPELINES} <= names


def test_a_deployment_is_inspected(environment: dict[str, str]) -> None:
    found = as_json(environment, "deployment", "inspect", INCREMENTAL.full_name)
    assert found["entrypoint"] == INCREMENTAL.entrypoint
    assert [each["schedule"]["cron"] for each in found["schedules"]] == [INCREMENTAL.cron]


def test_a_deployment_is_run(environment: dict[str, str], deployed: OpenOrganism) -> None:
    deployed.orchestrator.pause_queue(INCREMENTAL.queue, paused=True)
    try:
        prefect(environment, "deployment", "run", INCREMENTAL.full_name)
        found = deployed.orchestrator.runs(limit=5)
        (run,) = [each for each in found if each["deployment"] == INCREMENTAL.full_name][:1]
        prefect(environment, "flow-run", "cancel", run["id"])
    finally:
        deployed.orchestrator.pause_queue(INCREMENTAL.queue, paused=False)


def test_queues_are_listed(environment: dict[str, str]) -> None:
    names = {each["name"] for each in as_json(environment, "work-queue", "ls", "-p", WORK_POOL)}
    assert set(QUEUES) <= names


def test_runs_are_listed(environment: dict[str, str], deployed: OpenOrganism) -> None:
    run = deployed.orchestrator.trigger("refresh-assets/refresh", {"selection": "guide/total"}, trigger="cli")
    equal(lambda: run in {each["id"] for each in as_json(environment, "flow-run", "ls", "--limit", "20")}, True)
    assert as_json(environment, "flow-run", "inspect", run)["id"] == run
    prefect(environment, "flow-run", "logs", run)


def test_the_ui_and_the_health_of_the_api_are_served(flow_settings: Settings) -> None:
    api = flow_settings.need("prefect_api_url")
    assert httpx.get(f"{api}/health", timeout=PATIENCE_S).json() is True
    page = httpx.get(api.removesuffix("/api"), follow_redirects=True, timeout=PATIENCE_S)
    assert (page.status_code, "text/html" in page.headers["content-type"]) == (200, True)
    assert "<title>Prefect" in page.text
