"""A home with a ledger, a Prefect server and its worker, and an organism of the assets in flow_assets.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.deployments import PIPELINES
from causal_organism.documents.stats import RunDocument
from causal_organism.platform.runs import load_run
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from causal_organism.wording.run_actions import has_ended
from tests.flows.flow_assets import FOLDER
from tests.waiting import PATIENCE_S, equal, until

ROOT = Path(__file__).parents[2]
ASSETS = "tests.flows.flow_assets:ASSETS"


def tasks_of(organism: OpenOrganism, run: str) -> dict[str, tuple[str, int]]:
    return {task["name"]: (task["state"], task["tries"]) for task in load_run(organism, run)["tasks"]}


def ended(organism: OpenOrganism, run: str, tries: int = 1) -> RunDocument:
    """The run once it has ended. Its tasks are known later still."""

    def look() -> RunDocument | None:
        found = load_run(organism, run)
        return found if has_ended(found) and found["tries"] == tries else None

    return until(look, "the run has ended")


def assert_tasks(organism: OpenOrganism, run: str, expected: dict[str, tuple[str, int]]) -> None:
    """Prefect hears of tasks, and of how they ended, by events: seconds after the run itself has ended."""
    equal(lambda: tasks_of(organism, run), expected)


@pytest.fixture(scope="session")
def flow_settings(embedded_home: Any) -> Settings:
    settings: Settings = embedded_home.start("orchestrator", "stream", "network")
    return replace(settings, assets=ASSETS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the assets of flow_assets.py count their calls."""
    return tmp_path_factory.mktemp("flows")


@pytest.fixture(scope="module")
def organism(flow_settings: Settings) -> Iterator[OpenOrganism]:
    with OpenOrganism(flow_settings) as found:
        yield found


@pytest.fixture(scope="module")
def run_environment(folder: Path) -> dict[str, str]:
    """What a process needs to run flows of these assets."""
    return {
        "ORGANISM_ASSETS": ASSETS,
        "PYTHONPATH": str(ROOT),
        "ORGANISM_RETRY_DELAY_SCALE": "0.02",
        "ORGANISM_BLOCK_MS": "0",  # a task for each, however fast this machine is
        FOLDER: str(folder),
    }


@pytest.fixture(scope="module")
def deployed(organism: OpenOrganism, run_environment: dict[str, str]) -> OpenOrganism:
    """Everything is deployed, schedules paused, and the worker's runs find the assets."""
    organism.orchestrator.setup()
    for each in PIPELINES:
        organism.orchestrator.set_schedule(each.full_name, active=False)
    user, _, password = (organism.settings.prefect_auth or "").partition(":")
    with httpx.Client(
        base_url=organism.settings.need("prefect_api_url"), auth=(user, password), timeout=PATIENCE_S
    ) as api:
        for each in PIPELINES:
            row = api.get(f"/deployments/name/{each.full_name}").json()
            environment = {**row["job_variables"]["env"], **run_environment}
            changed = {"job_variables": {"env": environment}}
            api.patch(f"/deployments/{row['id']}", json=changed).raise_for_status()
    return organism


@pytest.fixture(scope="session")
def home_environment(embedded_home: Any) -> dict[str, str]:
    return {**os.environ, **embedded_home.environ}
