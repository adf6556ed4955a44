"""One run in the calling process: needs the servers, no deployment and no worker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from causal_organism.engine.contents import load_value
from causal_organism.engine.leases import run_lease
from causal_organism.platform.runs import load_run
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.wiring import OpenOrganism
from tests.flows.conftest import ROOT, assert_tasks
from tests.waiting import PATIENCE_S, equal, until

PROGRAM = """
import asyncio, json, sys
from causal_organism.errors import OrganismError
from causal_organism.flows import run_flow_once
loaded = sorted({"prefect", "dowhy", "pandas"} & set(sys.modules))
try:
    told = {"document": asyncio.run(run_flow_once(sys.argv[1]))}
except OrganismError as error:
    told = {"error": type(error).__name__, "message": error.message}
print(json.dumps({**told, "loaded": loaded}))
"""


def run_once(which: str, environment: dict[str, str], **more: str) -> dict[str, Any]:
    """What a fresh process tells that awaited `run_flow_once(which)`."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, which],
        env={**environment, **more},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def outcomes(told: dict[str, Any]) -> dict[str, str]:
    return {step["key"]: step["outcome"] for step in told["document"]["steps"]}


@pytest.fixture(scope="module")
def environment(
    organism: OpenOrganism, home_environment: dict[str, str], run_environment: dict[str, str]
) -> dict[str, str]:
    good = {"ORGANISM_ASSETS": "tests.flows.flow_assets:ONCE"}
    return {**home_environment, **run_environment, **good}


@pytest.fixture(scope="module")
def first(environment: dict[str, str]) -> dict[str, Any]:
    return run_once("full", environment)


def test_a_full_run_makes_everything_and_tries_again_what_broke_off(first: dict[str, Any], folder: Path) -> None:
    assert first["document"]["outcome"] == "done"
    assert outcomes(first) == {"once/total": "made", "once/flaky": "made"}
    assert (folder / "once-flaky").read_text() == "2"
    assert [each["key"] for each in first["document"]["observed"]] == ["once/rows"]


def test_nothing_heavy_is_loaded_before_it_is_called(first: dict[str, Any]) -> None:
    assert first["loaded"] == []


def test_prefect_and_the_ledger_know_the_run(organism: OpenOrganism, first: dict[str, Any]) -> None:
    run = first["document"]["run"]
    found = load_run(organism, run)
    assert (found["state"], found["deployment"], found["outcome"]) == ("Completed", None, "done")
    assert_tasks(organism, run, {"once/total": ("Completed", 1), "once/flaky": ("Completed", 2)})


def test_a_second_run_makes_nothing(environment: dict[str, str], first: dict[str, Any]) -> None:
    again = run_once("full", environment)
    assert (again["document"]["outcome"], again["document"]["steps"]) == ("nothing", [])


def test_a_sample_grows_with_every_full_run_until_it_is_exact(
    organism: OpenOrganism, environment: dict[str, str], first: dict[str, Any]
) -> None:
    growing = {**environment, "ORGANISM_ASSETS": "tests.flows.flow_assets:GROWING"}
    told = [run_once("full", growing) for _ in range(3)]
    assert [outcomes(each) for each in told] == [{"once/sample": "made"}, {"once/sample": "made"}, {}]
    assert [each["document"]["outcome"] for each in told] == ["done", "done", "nothing"]
    assert load_run(organism, told[1]["document"]["run"])["outcome"] == "done"


def test_a_failed_step_is_an_answer_and_no_exception(environment: dict[str, str], first: dict[str, Any]) -> None:
    told = run_once("full", environment, ORGANISM_ASSETS="tests.flows.flow_assets:FAILING")
    assert told["document"]["outcome"] == "failed"
    assert outcomes(told) == {"once/bad": "failed", "once/blocked": "blocked"}


def test_a_run_in_its_own_process_is_known_to_live(
    organism: OpenOrganism, environment: dict[str, str], folder: Path
) -> None:
    waiting = {**environment, "ORGANISM_ASSETS": "tests.flows.flow_assets:WAITING"}
    before = {each.id for each in organism.ledger.runs()}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "full"], env=waiting, cwd=ROOT, stdout=subprocess.PIPE
    ) as run:
        try:
            until((folder / "once-waiting").exists)
            (record,) = (each for each in organism.ledger.runs() if each.id not in before)
            held = {key for key, _ in organism.ledger.held()}
        finally:
            (folder / "once-go").touch()
        told = json.loads(run.communicate(timeout=PATIENCE_S)[0])
    assert (told["document"]["run"], record.outcome) == (record.id, None)
    assert run_lease(record.id) in held
    assert run_lease(record.id) not in {key for key, _ in organism.ledger.held()}


def test_what_cannot_run_raises(environment: dict[str, str]) -> None:
    assert run_once("sideways", environment)["error"] == "RequestError"
    nowhere = run_once("full", environment, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert (nowhere["error"], "127.0.0.1:9" in nowhere["message"]) == ("StoreError", True)


def test_an_incremental_run_takes_in_the_stream_and_refreshes_what_the_pulse_owns(
    organism: OpenOrganism, environment: dict[str, str]
) -> None:
    organism.stream.append([{"source": "ana", "target": "bo", "at": "2026-01-05T12:00:00+00:00"}])
    told = run_once("incremental", environment, ORGANISM_ASSETS="tests.flows.flow_assets:WATCHING")
    assert outcomes(told) == {"once/people": "made"}
    version = organism.ledger.heads()["once/people", ""].version
    assert {"ana", "bo"} <= set(load_value(organism, version))
    run = told["document"]["run"]
    equal(lambda: [task["name"] for task in load_run(organism, run)["tasks"]], ["network", "once/people"])


def test_interactions_that_were_lost_make_the_run_fail(organism: OpenOrganism, environment: dict[str, str]) -> None:
    entries = [{"source": "ana", "target": f"p{at}", "at": "2026-01-05T12:00:00+00:00"} for at in range(3)]
    ids = organism.stream.append(entries)
    organism.stream.trim(ids[1])
    watching = {"ORGANISM_ASSETS": "tests.flows.flow_assets:WATCHING"}
    told = run_once("incremental", environment, **watching)
    assert told["document"]["outcome"] == "failed"
    assert outcomes(told) == {"once/people": "made"}
    found = until(lambda: row if (row := load_run(organism, told["document"]["run"]))["message"] else None)
    assert (found["state"], found["tries"]) == ("Failed", 1)  # another try could not bring them back
    assert "2 interactions were trimmed from the stream before they were read" in str(found["message"])
    assert run_once("incremental", environment, **watching)["document"]["outcome"] == "nothing"


def test_a_full_run_compares_the_network_with_the_archive_and_is_marked_by_a_difference(
    organism: OpenOrganism, environment: dict[str, str]
) -> None:
    watching = {"ORGANISM_ASSETS": "tests.flows.flow_assets:AUDITED"}
    organism.stream.append([{"source": "ana", "target": "bo", "at": "2026-01-05T12:00:00+00:00"}])
    run_once("incremental", environment, **watching)
    assert isinstance(organism.network, BoltNetwork)
    with organism.network._connection.session() as session:
        session.run("MATCH (:Person {id: 'ana'})-[t:INTERACTS]->(:Person {id: 'bo'}) SET t.w = 5").consume()

    def ended(run: str) -> str | None:
        """How the task ended, once Prefect, which is late with tasks, knows that."""
        tasks = load_run(organism, run)["tasks"]
        states = {task["name"]: str(task["state"]) for task in tasks if task["state"] in ("Completed", "Failed")}
        return states.get("network audit")

    marked, clean = (run_once("full", environment, **watching)["document"]["run"] for _ in range(2))
    assert until(lambda: ended(marked)) == "Failed"
    assert until(lambda: ended(clean)) == "Completed"
    assert [load_run(organism, run)["state"] for run in (marked, clean)] == ["Completed", "Completed"]
    logged: Any = [each for each in organism.ledger.audit_log() if each.action == "network.differs"]
    assert logged[0].detail["differences"][0]["is"]["weight_u"] == 5
