"""A server of a home that is gone and not yet back: `check` tells it once, and every command what becomes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from causal_organism.embedded import lifecycle, processes
from causal_organism.embedded.home import Home, locked, open_home
from causal_organism.embedded.returning import what_to_do, who_is_away
from causal_organism.embedded.state import OVERDUE_S, ServerPhase, ServerState, State, touch_state, write_state
from causal_organism.embedded.status import look, supervisor_silence
from causal_organism.embedded.supervisor import LOCK
from causal_organism.errors import ServerName, StoreError
from causal_organism.settings import load_settings
from tests.embedded.killing import answers, process_of
from tests.waiting import until

OF_PREFECT = {"worker", "worker-assets", "deployments", "queues"}
NOT_KNOWN = {
    "ledger": {"values", "readings", "orchestrator", "clock", *OF_PREFECT},
    "stream": {"clock"},
    "network": set[str](),
    "orchestrator": OF_PREFECT,
}
KNOWN_IN_PART = {"ledger": {"stream", "network"}}
COMMANDS = {
    "ledger": (("pulse",), ("refresh", "views/degree"), ("runs",), ("why", "views/degree"), ("assets",)),
    "stream": (("queues",),),
    "network": (),
    "orchestrator": (("pulse",), ("queues",), ("schedules",)),
}


@contextmanager
def kept_away(own_home: Any, server: str) -> Iterator[None]:
    """It was killed, and whoever starts it again does so only after the block."""
    supervisor = own_home.supervisor()
    gone = until(lambda: process_of(own_home, server), f"{server} runs")
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(gone, signal.SIGKILL)
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)
    until(lambda: answers(own_home, server, other_than=gone), f"{server} answers again")


@pytest.mark.chaos
@pytest.mark.parametrize("server", ["stream", "network", "orchestrator", "ledger"])
def test_a_server_that_is_away_is_told_once_and_that_it_comes_back(full_home: Any, server: str) -> None:
    until(lambda: len(full_home.healthy()) == 6, "the home is well")
    with kept_away(full_home, server):
        done = full_home.run("check", "--json")
        others = [(words, full_home.run(*words, "--json")) for words in COMMANDS[server]]
        shown = full_home.run(*COMMANDS[server][0]) if COMMANDS[server] else None
    rows = {each["name"]: each for each in json.loads(done.stdout)["connections"]}
    assert done.returncode == 3
    assert [name for name, row in rows.items() if row["healthy"] is False] == [server]
    assert "of this home is being started again" in rows[server]["hint"]
    assert {name for name, row in rows.items() if row["healthy"] is None} == NOT_KNOWN[server]
    in_part = KNOWN_IN_PART.get(server, set())
    assert {name for name, row in rows.items() if row["see"] == server} == NOT_KNOWN[server] | in_part
    assert all(f"not known: the {server} does not answer" in rows[name]["about"] for name in NOT_KNOWN[server])
    for words, answer in others:
        error = json.loads(answer.stdout)["error"]
        assert (words, answer.returncode, error["code"]) == (words, 3, "unreachable")
        assert f"({server}) of this home is being started again" in error["hint"]
    assert shown is None or f"({server}) of this home is being started again" in shown.stderr


@pytest.fixture
def looked_after(tmp_path: Path) -> Iterator[Home]:
    """A home with a supervisor, which is this process."""
    home = open_home(tmp_path / "home")
    (home.folder / "servers.json").write_text(json.dumps({"environment": {"ORGANISM_REDIS_URL": "redis://own"}}))
    with locked(home.run / LOCK) as lock:
        assert lock is not None
        os.write(lock, str(os.getpid()).encode())
        assert lifecycle.supervisor_of(home) == os.getpid()
        yield home


def has(home: Home, *servers: tuple[str, ServerPhase]) -> None:
    """The supervisor says so of its servers; those that are healthy are processes that live."""
    me = processes.identify(os.getpid())
    assert me is not None
    shown = tuple(
        ServerState(
            name=name, product="A server", version="1", state=phase, address="somewhere",
            process=me if phase is ServerPhase.HEALTHY else None, error="ended by SIGKILL",
        )
        for name, phase in servers
    )  # fmt: skip
    write_state(home, State(supervisor=me, serial=1, servers=shown))


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        (ServerPhase.RESTARTING, "is being started again (ended by SIGKILL)"),
        (ServerPhase.WAITING, "is being started again"),
        (ServerPhase.STARTING, "is being started again"),
        (ServerPhase.HEALTHY, "runs: ask again in a moment"),
        (ServerPhase.FAILED, "was given up: ended by SIGKILL"),
    ],
)
def test_what_becomes_of_a_server_that_does_not_answer(looked_after: Home, phase: ServerPhase, told: str) -> None:
    has(looked_after, ("stream", phase))
    settings = load_settings({"ORGANISM_HOME": str(looked_after.folder)})
    found = what_to_do(StoreError("away", hint="start it", server=ServerName.STREAM), settings)
    assert found is not None and f"A server (stream) of this home {told}" in found


def test_a_server_of_somebody_else_keeps_its_hint(looked_after: Home) -> None:
    has(looked_after, ("stream", ServerPhase.RESTARTING))
    error = StoreError("away", hint="start it", server=ServerName.STREAM)
    elsewhere = {"ORGANISM_HOME": str(looked_after.folder), "ORGANISM_REDIS_URL": "redis://elsewhere"}
    assert what_to_do(error, load_settings(elsewhere)) == "start it"
    refused = StoreError("refused", hint="log in", server=ServerName.STREAM, code="unauthorized")
    assert what_to_do(refused, load_settings({"ORGANISM_HOME": str(looked_after.folder)})) == "log in"


def test_nobody_starts_the_servers_of_a_home_without_supervisor(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    has(home, ("stream", ServerPhase.RESTARTING))
    error = StoreError("away", hint="organism up", server=ServerName.STREAM)
    assert what_to_do(error, load_settings({"ORGANISM_HOME": str(home.folder)})) == "organism up"


@pytest.mark.parametrize(
    ("ledger", "culprit"), [(ServerPhase.HEALTHY, "orchestrator"), (ServerPhase.RESTARTING, "ledger")]
)
def test_of_two_that_are_away_the_needed_one_is_told(looked_after: Home, ledger: ServerPhase, culprit: str) -> None:
    has(looked_after, ("ledger", ledger), ("orchestrator", ServerPhase.HEALTHY))
    settings = load_settings({"ORGANISM_HOME": str(looked_after.folder)})
    assert who_is_away(StoreError("500", server=ServerName.ORCHESTRATOR), settings) == culprit


def test_a_process_that_is_gone_is_not_well_whatever_the_supervisor_said_last(looked_after: Home) -> None:
    with subprocess.Popen(["sleep", "600"]) as started:
        gone = processes.identify(started.pid)
        started.kill()
    server = ServerState(
        name="worker", product="A server", version="1", state=ServerPhase.HEALTHY, address="somewhere", process=gone
    )
    me = processes.identify(os.getpid())
    assert me is not None and gone is not None
    write_state(looked_after, State(supervisor=me, serial=1, servers=(server,)))
    settings = load_settings({"ORGANISM_HOME": str(looked_after.folder)})
    row = next(each for each in look(settings) if each.name == "worker")
    assert (row.healthy, row.state, row.error) == (False, "gone", f"process {gone.pid} has ended")


def test_a_supervisor_that_says_nothing_any_more_is_told(looked_after: Home) -> None:
    has(looked_after, ("stream", ServerPhase.RESTARTING))
    settings = load_settings({"ORGANISM_HOME": str(looked_after.folder)})
    assert supervisor_silence(settings) is None
    file = looked_after.run / "state.json"
    os.utime(file, (0.0, file.stat().st_mtime - OVERDUE_S - 1.0))
    assert "looks after no server any more" in (supervisor_silence(settings) or "")
    away = StoreError("away", hint="look", server=ServerName.STREAM)
    assert what_to_do(away, settings) == "look"  # nobody starts it again
    touch_state(looked_after)
    assert supervisor_silence(settings) is None


def test_a_supervisor_of_an_earlier_version_which_never_says_that_it_goes_on_is_not_missed(looked_after: Home) -> None:
    has(looked_after, ("stream", ServerPhase.HEALTHY))
    file = looked_after.run / "state.json"
    earlier = {name: value for name, value in json.loads(file.read_text()).items() if name != "tells"}
    file.write_text(json.dumps(earlier))
    os.utime(file, (0.0, 0.0))
    assert supervisor_silence(load_settings({"ORGANISM_HOME": str(looked_after.folder)})) is None
