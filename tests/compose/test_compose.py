"""The compose file, run: from an empty machine to both pipelines, with each container killed while somebody sends."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from causal_organism.stores.postgres.logins import DEPLOYED_WORKER
from causal_organism.wiring import OpenOrganism
from tests.compose.machine import ROOT, environment, podman
from tests.compose.stack import ALWAYS, Stack
from tests.sender import Sender
from tests.stores.truth import network_in, people_of, ties_of, weeks_in, weeks_of
from tests.waiting import PATIENCE_S, until

PASSWORDS = (
    "postgres_password", "postgres_owner_password", "postgres_prefect_password", "redis_password", "worker_password",
    "neo4j_password", "prefect_password",
)  # fmt: skip

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def organism(stack: Stack) -> Iterator[OpenOrganism]:
    with OpenOrganism(stack.settings()) as opened:
        yield opened


def fetch(path: str, *, body: Any = None, login: str | None = None, method: str | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:4200{path}", method=method)
    if login is not None:
        request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def state_of(stack: Stack, run: str) -> dict[str, Any]:
    status, answer = fetch(f"/api/flow_runs/{run}", login=stack.secret("prefect_api_auth"))
    assert status == 200
    return dict(json.loads(answer))


def start(stack: Stack, deployment: str) -> str:
    """The id of a run that was asked for as docs/production.md says."""
    login = stack.secret("prefect_api_auth")
    _, found = fetch(f"/api/deployments/name/{deployment}", login=login)
    status, run = fetch(
        f"/api/deployments/{json.loads(found)['id']}/create_flow_run", body={}, login=login
    )  # fmt: skip
    assert status == 201
    return str(json.loads(run)["id"])


def completed(stack: Stack, run: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        try:
            found = state_of(stack, run)
        except OSError:  # the server itself is between two lives
            return None
        assert found["state_type"] not in ("FAILED", "CRASHED", "CANCELLED"), found["state"]
        return found if found["state_type"] == "COMPLETED" else None

    return until(look, f"run {run} is completed", within_s=within_s)


def script(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """deploy_prefect.sh on this machine, for the server in the containers."""
    return subprocess.run(
        [ROOT / "deploy" / "deploy_prefect.sh", *words], env={**environment(), **stack.addresses()},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_everything_is_well(stack: Stack) -> None:
    checked = json.loads(stack.organism("check", "--json"))
    assert checked["connections"]
    assert [each for each in checked["connections"] if not each["healthy"]] == []


def test_the_script_finds_what_was_deployed_and_changes_nothing(stack: Stack) -> None:
    assert script(stack, "check").stdout.startswith("everything is deployed, and every queue has a worker\n")
    assert (script(stack).stdout, script(stack, "update").stdout) == ("nothing to change\n",) * 2


def test_the_script_deploys_again_what_is_gone(stack: Stack) -> None:
    login = stack.secret("prefect_api_auth")
    _, found = fetch("/api/deployments/name/refresh-assets/refresh", login=login)
    fetch(f"/api/deployments/{json.loads(found)['id']}", login=login, method="DELETE")
    missing = script(stack, "check")
    assert (missing.returncode, missing.stdout.splitlines()[0]) == (
        1, "not yet: deployment refresh-assets/refresh created",
    )  # fmt: skip
    assert script(stack).stdout == "deployment refresh-assets/refresh created\n"
    assert script(stack, "check").returncode == 0


def test_prefects_pages_are_served_and_its_api_asks_who_calls(stack: Stack) -> None:
    status, page = fetch("/")
    assert (status, b"<html" in page) == (200, True)
    assert json.loads(fetch("/ui-settings")[1])["api_url"] == "http://127.0.0.1:4200/api"
    assert fetch("/api/flow_runs/count", body={})[0] == 401
    assert fetch("/api/flow_runs/count", body={}, login=stack.secret("prefect_api_auth"))[0] == 200


def test_nobody_works_as_a_superuser(stack: Stack) -> None:
    def ask(statement: str) -> set[str]:
        words = ("psql", "--username=postgres", "--no-align", "--tuples-only", "--command")
        return set(stack.inside("postgres", shlex.join((*words, statement))).split())

    logins = ask("SELECT usename FROM pg_stat_activity WHERE client_addr IS NOT NULL")
    assert ask("SELECT rolname FROM pg_roles WHERE rolsuper") == {"postgres"}
    assert {"prefect"} <= logins <= {"prefect", DEPLOYED_WORKER, "organism"}


@pytest.mark.parametrize("service", ALWAYS)
def test_no_secret_stands_in_a_list_of_processes_or_in_what_is_told_of_a_container(stack: Stack, service: str) -> None:
    seen = stack.inside(service, "cat /proc/[0-9]*/cmdline").replace("\0", " ")
    assert seen
    assert [name for name in PASSWORDS if stack.secret(name) in seen] == []
    configured = podman("inspect", stack.container(service))
    assert [name for name in PASSWORDS if stack.secret(name) in configured] == []


def test_both_pipelines_complete_each_on_its_queue(stack: Stack, sender: Sender, organism: OpenOrganism) -> None:
    sender.sends_more(200)
    pulse = completed(stack, start(stack, "incremental-update-pipeline/incremental-updates"))
    full = completed(stack, start(stack, "full-analysis-pipeline/full-analysis"))
    assert (pulse["work_queue_name"], full["work_queue_name"]) == ("default", "expensive")
    assert {("views/degree", ""), ("views/betweenness", "")} <= set(organism.ledger.heads())
    assert DEPLOYED_WORKER in {entry.session for entry in organism.ledger.audit_log()}


@pytest.mark.parametrize("service", ALWAYS)
def test_a_killed_container_comes_back_and_a_pulse_goes_through(stack: Stack, sender: Sender, service: str) -> None:
    sender.sends_more(100)
    (took,) = stack.kill_and_wait(service).values()
    sender.sends_more(100)
    completed(stack, start(stack, "incremental-update-pipeline/incremental-updates"))
    print(f"\n{service}: well again after {took:.1f} s")


def test_all_containers_are_killed_at_once(stack: Stack, sender: Sender) -> None:
    took = stack.kill_and_wait(*ALWAYS)
    sender.sends_more(100)
    completed(stack, start(stack, "incremental-update-pipeline/incremental-updates"))
    print("\nall at once, well again after:", ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items()))


def test_nothing_is_lost_and_nothing_doubled(stack: Stack, sender: Sender, organism: OpenOrganism) -> None:
    sent = sender.stop()
    completed(stack, start(stack, "incremental-update-pipeline/incremental-updates"))
    assert organism.archive.gaps() == ()
    assert organism.archive.totals().interactions == len(sent)
    assert weeks_in(organism.archive) == weeks_of(sent)
    assert network_in(organism.network) == (people_of(sent), ties_of(sent))
    assert organism.stream.read_dead_letters() == ()
    assert stack.organism("check", "--network")  # exits 1 where the network differs from the archive
    print(f"\n{len(sent)} interactions sent, {sender.repeated} batches of them sent again")


def test_everything_that_is_told_to_stop_ends_by_itself(stack: Stack) -> None:
    stack.compose("stop", *ALWAYS)
    assert {name: stack.state(name)["ExitCode"] for name in ALWAYS if stack.state(name)["ExitCode"] == 137} == {}
