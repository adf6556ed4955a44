"""The Prefect server and its worker: what they get, and how they and their runs bear being killed."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causal_organism.embedded.servers import parts
from causal_organism.wiring import OpenOrganism
from tests.organism.pulses import assert_holds, events
from tests.waiting import PATIENCE_S, equal

FLOW = """\
import os, pathlib, sys, time
from prefect import flow

@flow
def sleeper(file: str):
    pathlib.Path(file).write_text(str(os.getpid()))
    time.sleep(600)

if __name__ == "__main__":
    folder, file = sys.argv[1:]
    sleeper.from_source(source=folder, entrypoint="sleeper.py:sleeper").deploy(
        name="now", work_pool_name="default", ignore_warnings=True, print_next_steps=False)
    from prefect.deployments import run_deployment
    print(run_deployment("sleeper/now", parameters={"file": file}, timeout=0).id)
"""


def _api(own_home: Any, path: str, document: Any = None) -> Any:
    """The answer of the Prefect API, or None while it does not answer."""
    settings = own_home.settings()
    token = base64.b64encode(settings.prefect_auth.encode()).decode()
    request = urllib.request.Request(
        f"{settings.prefect_api_url}/{path}",
        None if document is None else json.dumps(document).encode(),
        {"Authorization": f"Basic {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return None


def _run_sleeper(own_home: Any, folder: Path, wait_until: Callable[..., None]) -> tuple[str, int]:
    """(flow run id, process id) of a run that the worker has started and that sleeps."""
    (folder / "sleeper.py").write_text(FLOW)
    file = folder / "pid"
    file.unlink(missing_ok=True)
    settings = own_home.settings()
    environ = {
        **own_home.environ,
        "PREFECT_API_URL": settings.prefect_api_url,
        "PREFECT_API_AUTH_STRING": settings.prefect_auth,
        "PREFECT_HOME": str(folder / "prefect"),
    }
    done = subprocess.run(
        [sys.executable, folder / "sleeper.py", folder, file], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    wait_until(lambda: file.exists() and file.read_text())
    return done.stdout.split()[-1], int(file.read_text())


def _worker_variables(own_home: Any) -> dict[str, str]:
    pid = own_home.status()["worker"]["pid"]
    words = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(word.split("=", 1) for word in words if "=" in word)


def test_every_server_is_healthy_and_the_worker_is_named_after_the_machine(full_home: Any) -> None:
    equal(full_home.healthy, ["ledger", "stream", "network", "orchestrator", "worker", "watch"])
    assert full_home.status()["worker"]["address"] == f"default/{os.uname().nodename}"


def test_a_worker_is_healthy_when_its_server_has_heard_from_it_and_not_from_the_last_one_of_its_name(
    full_home: Any, wait_until: Callable[..., Any]
) -> None:
    worker, begun = parts.server(full_home.home, "worker", {}), full_home.folder / "worker" / "begun"
    wait_until(worker.is_healthy)
    was = begun.stat().st_mtime
    os.utime(begun, (was, was + 3600.0))  # as if what was heard were of an hour before
    try:
        assert not worker.is_healthy()
    finally:
        os.utime(begun, (was, was))
    wait_until(worker.is_healthy)


def test_what_the_worker_puts_down_is_in_the_home(full_home: Any) -> None:
    """Prefect puts it into a folder of /tmp that all users share, and only the first of them may write."""
    assert (full_home.folder / "worker" / "tmp" / "runner_storage").is_dir()


def test_a_second_up_changes_nothing(full_home: Any, wait_until: Callable[..., Any]) -> None:
    def all_well() -> dict[str, Any] | None:
        rows: dict[str, Any] = full_home.status()
        return rows if all(row["healthy"] for row in rows.values()) else None

    before = wait_until(all_well)
    full_home.json("up")
    equal(full_home.status, before)


def test_the_worker_gets_the_graph_and_path_of_who_started_it_last(full_home: Any, tmp_path: Path) -> None:
    (tmp_path / "demo.py").write_text("ASSETS = ()\n")
    before = full_home.status()
    full_home.environ |= {"ORGANISM_ASSETS": "demo:ASSETS", "PYTHONPATH": str(tmp_path)}
    full_home.json("up")
    del full_home.environ["ORGANISM_ASSETS"], full_home.environ["PYTHONPATH"]
    found = _worker_variables(full_home)
    assert (found["ORGANISM_ASSETS"], found["PYTHONPATH"]) == ("demo:ASSETS", str(tmp_path))
    assert found["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"
    assert json.loads((full_home.folder / "servers.json").read_text())["assets"] == "demo:ASSETS"
    changed = [name for name, row in full_home.status().items() if row["pid"] != before[name]["pid"]]
    assert changed == ["worker", "watch"]


def test_a_killed_worker_comes_back_and_its_run_has_ended(
    full_home: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    _, run_process = _run_sleeper(full_home, tmp_path, wait_until)
    before = _worker_of_the_server(full_home)
    keeper = full_home.status()["worker"]["pid"]
    worker = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()[0]
    os.kill(int(worker), signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{run_process}").exists())
    wait_until(lambda: full_home.status()["worker"]["healthy"])
    after = _worker_of_the_server(full_home)  # by its being new, runs that ended with the last one are known
    assert after["created"] > before["created"]


def _worker_of_the_server(own_home: Any) -> dict[str, Any]:
    [found] = _api(own_home, "work_pools/default/workers/filter", {})
    return dict(found)


@pytest.mark.parametrize("name", ["ledger", "orchestrator"])
def test_the_api_answers_again_after_a_server_was_killed(
    full_home: Any, wait_until: Callable[..., None], name: str
) -> None:
    wait_until(lambda: _api(full_home, "flows/count", {}) is not None)
    before = _api(full_home, "flows/count", {})
    os.kill(full_home.status()[name]["pid"], signal.SIGKILL)
    wait_until(lambda: full_home.status()[name]["error"] == "ended by SIGKILL")
    wait_until(lambda: len(full_home.healthy()) == 6)
    wait_until(lambda: _api(full_home, "flows/count", {}) == before)


def test_a_run_goes_on_in_the_same_try_when_a_server_is_killed_under_it(
    full_home: Any, wait_until: Callable[..., Any]
) -> None:
    full_home.json("deploy", "setup")
    network, sent = full_home.status()["network"]["pid"], events(40)
    with OpenOrganism(full_home.settings()) as organism:
        organism.stream.append(sent)
        os.kill(network, signal.SIGSTOP)  # so that no run ends before it is killed
        asked = full_home.start("pulse")
        pulses = {"flows": {"name": {"any_": ["incremental-update-pipeline"]}}}
        running = pulses | {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
        [run] = wait_until(lambda: _api(full_home, "flow_runs/filter", running))
        os.kill(network, signal.SIGKILL)
        assert asked.wait(PATIENCE_S) == 0
        assert_holds(organism, sent)
    ended = _api(full_home, f"flow_runs/{run['id']}")
    assert (ended["state_type"], ended["run_count"]) == ("COMPLETED", 1)


def test_a_killed_supervisor_takes_a_running_flow_with_it_and_up_brings_everything_back(
    full_home: Any, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    run, run_process = _run_sleeper(full_home, tmp_path, wait_until)
    os.kill(full_home.supervisor(), signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{run_process}").exists() and full_home.processes() == [])
    full_home.json("up")
    wait_until(lambda: len(full_home.healthy()) == 6)
    wait_until(lambda: (_api(full_home, f"flow_runs/{run}") or {}).get("id") == run)


def test_down_stops_a_running_flow(full_home: Any, tmp_path: Path, wait_until: Callable[..., None]) -> None:
    _, run_process = _run_sleeper(full_home, tmp_path, wait_until)
    full_home.json("down")
    assert not Path(f"/proc/{run_process}").exists()
    assert full_home.processes() == []
