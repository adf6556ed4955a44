"""`organism worker` that is told to stop: no run is begun, and those that go on end, or are cut off after the grace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from causal_organism.platform.workers.reports import WorkerReport, load_reports
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from tests.flows.conftest import ROOT
from tests.waiting import PATIENCE_S, equal, until

Begin = Callable[..., "subprocess.Popen[str]"]


class Pool:
    """A work pool of the test's own, with a deployment of the slow flow."""

    def __init__(self, api: httpx.Client, folder: Path):
        self.api = api
        self.folder = folder
        self.name = f"pool-{uuid.uuid4().hex[:8]}"
        template = self._json("GET", "/work_pools/default")["base_job_template"]
        self._json("POST", "/work_pools/", {"name": self.name, "type": "process", "base_job_template": template})
        flow = self._json("POST", "/flows/", {"name": "slow"})
        self.deployment = self._json(
            "POST",
            "/deployments/",
            {
                "name": self.name, "flow_id": flow["id"], "entrypoint": "tests.flows.slow_flow.slow",
                "pull_steps": [], "work_pool_name": self.name, "parameters": {"folder": str(folder)},
                "job_variables": {"env": {"PYTHONPATH": str(ROOT)}}, "enforce_parameter_schema": False,
            },
        )["id"]  # fmt: skip

    def ask(self) -> str:
        return str(self._json("POST", f"/deployments/{self.deployment}/create_flow_run", {})["id"])

    def state(self, run: str) -> str:
        return str(self._json("GET", f"/flow_runs/{run}")["state_type"])

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def _json(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.api.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
def pool(flow_settings: Settings, deployed: object, tmp_path: Path) -> Iterator[Pool]:
    user, _, password = (flow_settings.prefect_auth or "").partition(":")
    url = flow_settings.need("prefect_api_url")
    with httpx.Client(base_url=url, auth=(user, password), timeout=PATIENCE_S) as api:
        yield Pool(api, tmp_path)


@pytest.fixture
def begin(pool: Pool, flow_settings: Settings, tmp_path: Path) -> Iterator[Begin]:
    """Starts the worker of the pool."""
    started: list[subprocess.Popen[str]] = []

    def start(grace_s: float, **more: str) -> subprocess.Popen[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ, "ORGANISM_HOME": str(flow_settings.home), "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_WORKER_WEBSERVER_PORT": str(port), "PREFECT_WORKER_QUERY_SECONDS": "1", "PYTHONPATH": str(ROOT),
            **more,
        }  # fmt: skip
        command = (sys.executable, "-m", "causal_organism", "worker", "--pool", pool.name, "--grace", str(grace_s))
        started.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()


def test_a_run_that_goes_on_ends_and_none_begins(pool: Pool, begin: Begin) -> None:
    worker = begin(PATIENCE_S)
    first = pool.ask()
    until(lambda: pool.has("began"), "the run began")
    worker.send_signal(signal.SIGTERM)
    second = pool.ask()
    until(lambda: pool.state(second) == "SCHEDULED", "the second one is due")
    assert worker.poll() is None
    (pool.folder / "go").touch()
    assert worker.wait(PATIENCE_S) == 0
    equal(lambda: (pool.state(first), pool.state(second)), ("COMPLETED", "SCHEDULED"))
    assert pool.has("ended")


def test_what_does_not_end_in_time_is_cut_off_and_said_to_have_crashed(pool: Pool, begin: Begin) -> None:
    worker = begin(0.5)
    run = pool.ask()
    until(lambda: pool.has("began"), "the run began")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0
    equal(lambda: pool.state(run), "CRASHED")
    assert not pool.has("ended")


def test_it_tells_what_it_can_import_while_it_is_there(pool: Pool, begin: Begin, organism: OpenOrganism) -> None:
    def reports() -> list[WorkerReport]:
        return [each for (name, _), each in load_reports(organism).items() if name == pool.name]

    worker = begin(PATIENCE_S, ORGANISM_ASSETS="a_shop_that_is_not_there:ASSETS")
    (report,) = until(reports, "the worker tells")
    assert (report.assets, report.is_current) == ("a_shop_that_is_not_there:ASSETS", True)
    (row,) = report.found["graphs"]
    assert "No module named 'a_shop_that_is_not_there'" in str(row["error"])
    until(lambda: any(each["pool"] == pool.name for each in organism.orchestrator.workers()), "Prefect knows it")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0
    assert reports() == []
    assert not any(each["pool"] == pool.name for each in organism.orchestrator.workers())
