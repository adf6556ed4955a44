"""A process is known again by its id and start time, and not mistaken for a later one with its id."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from causal_organism.embedded import processes
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers.prefect import PrefectServer, PrefectWorker
from causal_organism.embedded.servers.server import LEDGER, ORCHESTRATOR, WATCH, WORKER
from causal_organism.embedded.servers.valkey import Valkey
from causal_organism.embedded.state import ServerPhase
from causal_organism.embedded.supervisor import Supervisor
from causal_organism.embedded.watched import ASK_EVERY_S, HANGS_AFTER, LARGE_LOG_BYTES, LONGEST_PAUSE_S, Watched


def test_a_process_is_known_again_while_it_lives() -> None:
    child = subprocess.Popen(["sleep", "600"])
    found = processes.identify(child.pid)
    assert found is not None
    assert processes.is_alive(found)
    assert not processes.is_alive(replace(found, started="0"))
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not processes.is_alive(found)  # ended, its exit code unread
    child.wait()
    assert not processes.is_alive(found)


def test_a_process_that_ignores_the_request_is_ended_after_the_grace() -> None:
    script = "trap '' TERM; echo ready; while true; do sleep 1; done"
    child = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    found = processes.identify(child.pid)
    assert found is not None
    below = processes.descendants(child.pid)
    processes.end([found, *below], grace_s=0.1, reap=True)
    assert not processes.is_alive(found)
    assert child.wait() in (-signal.SIGKILL, 0)  # 0: its exit code was read by `end`
    child.stdout.close()


def test_descendants_are_found_at_any_depth() -> None:
    child = subprocess.Popen(["sh", "-c", "sh -c 'echo ready; sleep 600; true'; true"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    family = processes.descendants(child.pid)
    assert len(family) >= 1
    processes.end([*family, *filter(None, [processes.identify(child.pid)])], grace_s=0, reap=True)
    assert not any(map(processes.is_alive, family))
    child.wait()
    child.stdout.close()


def test_a_log_that_grows_is_cut_while_its_process_goes_on_writing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.logs.mkdir()
    watched = Watched(Valkey(home, Path("valkey")), "1")
    with processes.open_log(home.log("stream")) as log:
        log.write(b"x" * (LARGE_LOG_BYTES + 1))
        log.flush()
        watched.bound_log(home)
        log.write(b"and on")
        log.flush()
    assert home.log("stream").read_bytes() == b"and on"
    kept = home.log("stream").with_suffix(".log.1")
    assert (kept.stat().st_size, kept.stat().st_mode & 0o777) == (LARGE_LOG_BYTES + 1, 0o600)


class Silent:
    """A server that answers when it is told to."""

    name, needs = "stream", ()
    answers = True

    def is_healthy(self) -> bool:
        return self.answers


def test_what_does_not_answer_for_minutes_hangs_and_what_answers_once_between_does_not() -> None:
    server = Silent()
    watched = Watched(server, "1")  # type: ignore[arg-type]
    watched.enter(ServerPhase.HEALTHY, 0.0)
    moments = itertools.count(ASK_EVERY_S, ASK_EVERY_S)

    def asked(times: int) -> list[bool]:
        return [watched.hangs(next(moments)) for _ in range(times)]

    server.answers = False
    assert not any(asked(HANGS_AFTER - 1))
    server.answers = True
    assert asked(1) == [False]
    server.answers = False
    assert asked(HANGS_AFTER) == [False] * (HANGS_AFTER - 1) + [True]


def test_a_machine_that_slept_for_hours_has_no_server_that_hangs() -> None:
    server = Silent()
    watched = Watched(server, "1")  # type: ignore[arg-type]
    watched.enter(ServerPhase.HEALTHY, 0.0)
    server.answers = False
    assert not any(watched.hangs(now) for now in (10_000.0, 10_001.0, 10_002.0))


class Needing:
    """A server that needs others."""

    def __init__(self, name: str, *needs: str):
        self.name, self.needs = name, needs


def test_prefects_processes_are_begun_while_what_they_ask_starts_but_a_worker_after_the_ledger(tmp_path: Path) -> None:
    home = Home(tmp_path)
    servers = (Needing(LEDGER), PrefectServer(home), PrefectWorker(home), Needing(WATCH, ORCHESTRATOR))
    watched = {each.name: Watched(each, "1") for each in servers}  # type: ignore[arg-type]
    supervisor = Supervisor(home, watched=watched)

    def may_start() -> list[str]:
        return [name for name, each in watched.items() if supervisor.may_start(each)]

    assert may_start() == [LEDGER]
    watched[LEDGER].enter(ServerPhase.STARTING, 0.0)
    assert may_start() == [LEDGER, ORCHESTRATOR]
    watched[ORCHESTRATOR].enter(ServerPhase.STARTING, 0.0)
    assert may_start() == [LEDGER, ORCHESTRATOR]
    watched[LEDGER].enter(ServerPhase.HEALTHY, 0.0)
    assert may_start() == [LEDGER, ORCHESTRATOR, WORKER]
    watched[ORCHESTRATOR].enter(ServerPhase.HEALTHY, 0.0)
    assert may_start() == [LEDGER, ORCHESTRATOR, WORKER, WATCH]
    watched[LEDGER].unanswered = 1  # it may hang: whoever needs it would wait for it
    assert WORKER not in may_start()


def test_after_a_first_failure_a_server_is_started_at_once_and_after_more_it_is_given_time() -> None:
    watched = Watched(Silent(), "1", was_healthy=True)  # type: ignore[arg-type]
    pauses = []
    for _ in range(4):
        watched.ended("killed", 0.0)
        pauses.append(next(pause for pause in (0.0, 0.5, 1.0, 2.0, 4.0) if watched.may_start_again(pause)))
    assert pauses == [0.0, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(("ran_s", "waits"), [(0.0, True), (10.0, True), (29.0, True), (31.0, False)])
def test_one_that_ends_now_and_then_does_not_wait_as_one_that_ends_at_once(ran_s: float, waits: bool) -> None:
    """Where a server is killed every half minute, every pause was the longest soon."""
    watched = Watched(Silent(), "1", was_healthy=True, failures=20)  # type: ignore[arg-type]
    watched.enter(ServerPhase.STARTING, 100.0)
    watched.enter(ServerPhase.HEALTHY, 100.0 + ran_s / 2)
    watched.ended("killed", 100.0 + ran_s)
    assert watched.may_start_again(100.0 + ran_s) is not waits
    assert watched.may_start_again(100.0 + max(ran_s, LONGEST_PAUSE_S))
    watched.enter(ServerPhase.WAITING, 200.0)
    watched.ended("it cannot be started", 200.0)
    assert not watched.may_start_again(200.0 + LONGEST_PAUSE_S - 1.0)
