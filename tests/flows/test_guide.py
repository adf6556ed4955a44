"""What the guide types of Prefect's own commands, against the server that everything is deployed on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.deployments import INCREMENTAL, PIPELINES, QUEUES, WORK_POOL
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from tests.receiver import Receiver
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


GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
OF_OURS = sorted(
    {
        each
        for line in GUIDE.read_text(encoding="utf-8").splitlines()
        for each in re.findall(r"`organism ([^`]*)`", line)
        if not re.search("[A-Z]", each)  # the words of others stand for a run
    }
)
TESTED_ELSEWHERE = {
    "worker": "tests/flows/test_worker_ends_well.py", "alerts test": "below",
    "deploy setup": "tests/flows/test_commands.py", "deploy update": "tests/flows/test_prefect_yaml.py",
    "deploy check": "tests/flows/test_prefect_yaml.py", "check": "tests/cli/test_check.py",
    "schedule pause incremental-updates": "tests/flows/test_commands.py",
}  # fmt: skip
"""They end only when they are told to, change what others here work with, or fail in a home that is not a whole one."""


def organism(environment: dict[str, str], words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "causal_organism", *words.split()]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S)


def test_commands_of_ours_that_the_guide_names_are_typed_here_or_elsewhere() -> None:
    assert set(OF_OURS) > TESTED_ELSEWHERE.keys()


@pytest.mark.parametrize("words", [each for each in OF_OURS if each not in TESTED_ELSEWHERE])
def test_a_command_of_ours_does_as_it_stands(environment: dict[str, str], words: str) -> None:
    done = organism(environment, words)
    assert (done.returncode, done.stdout != "") == (0, True), done.stderr


def test_alerts_are_tried(environment: dict[str, str]) -> None:
    with Receiver() as receiver:
        done = organism({**environment, "ALERT_WEBHOOK_URL": receiver.url}, "alerts test")
        assert (done.returncode, len(receiver.told)) == (0, 1), done.stderr


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
