"""The commands about runs, queues, schedules and deployments, as a script meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from causal_organism.deployments import FULL, INCREMENTAL, REFRESH
from causal_organism.platform.workers.graphs import WORKER_ASSETS, note_worker_graph
from causal_organism.wiring import OpenOrganism
from tests.cli.test_documents import check_fields
from tests.flows.conftest import ASSETS, ROOT
from tests.waiting import PATIENCE_S, until

RUN_FIELDS = {"id", "flow", "deployment", "state", "trigger", "actor", "started_at", "duration_s", "tries"}


@pytest.fixture(scope="module")
def environment(
    deployed: OpenOrganism, home_environment: dict[str, str], run_environment: dict[str, str]
) -> dict[str, str]:
    return {**home_environment, **run_environment}


def command(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", "from causal_organism.cli.main import run; run()", *words]
    return subprocess.run(
        line, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def told(environment: dict[str, str], *words: str, code: int = 0) -> Any:
    """The one document on stdout."""
    done = command(environment, *words, "--json")
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    if code == 0:
        check_fields(document)
    return document


@pytest.fixture(scope="module")
def run(deployed: OpenOrganism) -> str:
    """A run that the worker carries out, followed to its end by `run --follow`."""
    return deployed.orchestrator.trigger(
        REFRESH.full_name, {"selection": "commands/total", "actor": "ana"}, trigger="cli"
    )


def test_a_run_is_followed_to_its_end(environment: dict[str, str], run: str) -> None:
    done = command(environment, "run", run, "--follow", "--json")
    document = json.loads(done.stdout)
    check_fields(document)
    assert (done.returncode, document["state"], document["actor"]) == (0, "Completed", "ana")
    assert [step["outcome"] for step in document["steps"]] == ["made"]
    assert f"run {run}: Completed" in done.stderr


@pytest.fixture
def _of_the_workers(deployed: OpenOrganism) -> Iterator[None]:
    """It is known that the workers have these assets, as `up` records it."""
    before = deployed.ledger.fact(WORKER_ASSETS)
    note_worker_graph(deployed, ASSETS)
    yield
    note_worker_graph(deployed, before)


@pytest.mark.usefixtures("_of_the_workers")
def test_config_of_a_run_goes_through_the_worker(environment: dict[str, str]) -> None:
    key, given = "commands/first", {"most": 2}
    refused = told(environment, "refresh", key, "--set", "most=all", code=2)
    assert refused["error"]["code"] == "bad-config"

    document = told(environment, "refresh", key, "--set", "most=2")
    assert [(each["outcome"], each["version"]) for each in document["steps"]] == [("made", 1)]
    assert told(environment, "read", key)["value"] == [1, 2]
    assert told(environment, "versions", key)["versions"][0]["metadata"]["config"] == given
    assert told(environment, "run", document["run"])["parameters"]["config"] == {"most": "2"}
    (step,) = told(environment, "plan", key)["steps"]
    assert step["causes"][0]["what"] == ["config most: 2 -> 1"]
    assert told(environment, "plan", key, "--set", "most=2")["steps"] == []


def test_runs_are_listed_with_what_scripts_rely_on(environment: dict[str, str], run: str) -> None:
    document = told(environment, "runs")
    row = next(each for each in document["runs"] if each["id"] == run)
    assert document["schema"] == "organism.runs/1"
    assert row.keys() >= RUN_FIELDS
    assert (row["deployment"], row["trigger"]) == (REFRESH.full_name, "cli")
    shown = command(environment, "runs").stdout.splitlines()
    assert shown[0].split() == ["RUN", "DEPLOYMENT", "STATE", "STARTED", "TOOK", "TRIES", "TRIGGER", "BY", "WHY"]


def test_logs_are_lines_for_people_and_one_document_for_scripts(environment: dict[str, str], run: str) -> None:
    def told_alike() -> bool:
        """A line that comes late may be in one of the two only."""
        followed = command(environment, "logs", run, "--follow").stdout
        lines = told(environment, "logs", run)["logs"]
        made = "commands/total: commands/total made @" in followed
        return made and len({line["id"] for line in lines}) == len(lines) == len(followed.splitlines())

    until(told_alike, "both tell the same lines")


def test_queues_tell_depth_and_the_stream(environment: dict[str, str], run: str) -> None:
    document = told(environment, "queues")
    assert [(each["pool"], each["name"]) for each in document["queues"]] == [
        ("default", "default"),
        ("default", "expensive"),
    ]
    assert document["stream"].keys() >= {"length", "lag", "lag_s", "dead_letters"}


def test_a_queue_is_limited_and_let_go(environment: dict[str, str]) -> None:
    assert told(environment, "queue", "limit", "expensive", "3")["queues"][1]["limit"] == 3
    assert told(environment, "queue", "limit", "expensive", "none")["queues"][1]["limit"] is None
    assert told(environment, "queue", "limit", "expensive", code=2)["error"]["code"] == "usage"
    assert told(environment, "queue", "pause", "nowhere", code=2)["error"]["code"] == "unknown-queue"


def test_a_schedule_is_resumed_and_paused(environment: dict[str, str]) -> None:
    for action, active in (("resume", True), ("pause", False)):
        document = told(environment, "schedule", action, "full-analysis")
        found = {each["deployment"]: each["active"] for each in document["schedules"]}
        assert found == {FULL.full_name: active, INCREMENTAL.full_name: False}


def test_a_second_deploy_changes_nothing_and_a_check_agrees(environment: dict[str, str]) -> None:
    told(environment, "deploy", "setup")
    assert told(environment, "deploy", "setup")["changed"] == []
    assert told(environment, "deploy", "check")["ok"]


def test_refused_and_wrong_requests_have_their_own_exit_codes(environment: dict[str, str], run: str) -> None:
    assert told(environment, "cancel", run, code=4)["error"]["code"] == "run-ended"
    assert told(environment, "run", "ffffffff", code=2)["error"]["code"] == "unknown-run"
    read_only = {**environment, "ORGANISM_READ_ONLY": "1"}
    assert told(read_only, "queue", "pause", "default", code=4)["error"]["code"] == "read-only"
    nowhere = {**environment, "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    assert told(nowhere, "schedules", code=3)["error"]["code"] == "unreachable"
