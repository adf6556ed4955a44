"""What a server starts ends with it, whoever is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from causal_organism.embedded import processes

# A command whose child has left its session, as a flow run's process may have.
COMMAND = ("sh", "-c", "setsid sleep 600 & wait")


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the place of the supervisor, with a keeper, with that command."""
    script = (
        "import os, signal, sys, time\n"
        "from pathlib import Path\n"
        "from causal_organism.embedded.processes import MARK, Launch, spawn\n"
        "folder = Path(sys.argv[1])\n"
        "launch = Launch(command=tuple(sys.argv[2:]), environment={**os.environ, MARK: str(folder)}, folder=folder,\n"
        "                keep_family=True)\n"
        "keeper = spawn(launch, log=folder / 'log', death_signal=signal.SIGKILL)\n"
        "print(keeper.pid, flush=True)\n"
        "print(keeper.wait(), flush=True)\n"
        "time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), *COMMAND], stdout=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    processes.end(processes.marked(tmp_path), grace_s=0)


def _keeper(starter: subprocess.Popen[bytes], folder: Path, wait_until: Callable[..., None]) -> int:
    assert starter.stdout is not None
    keeper = int(starter.stdout.readline())
    wait_until(lambda: _named(folder, "sleep"))
    return keeper


def _named(folder: Path, name: str) -> list[int]:
    """Processes of this test that run a program of this name."""
    found = []
    for process in processes.marked(folder):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if Path(f"/proc/{process.pid}/comm").read_text().strip() == name:
                found.append(process.pid)
    return found


def test_killing_the_supervisor_ends_the_whole_family(
    starter: subprocess.Popen[bytes], tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    _keeper(starter, tmp_path, wait_until)
    starter.kill()
    wait_until(lambda: processes.marked(tmp_path) == ())


def test_killing_the_server_ends_what_it_started_and_then_the_keeper(
    starter: subprocess.Popen[bytes], tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    _keeper(starter, tmp_path, wait_until)
    os.kill(_named(tmp_path, "sh")[0], signal.SIGKILL)
    wait_until(lambda: processes.marked(tmp_path) == ())
    assert starter.stdout is not None
    assert int(starter.stdout.readline()) == -signal.SIGKILL  # as the server ended, so does its keeper


def test_asking_the_keeper_to_stop_ends_the_whole_family(
    starter: subprocess.Popen[bytes], tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    os.kill(_keeper(starter, tmp_path, wait_until), signal.SIGTERM)
    wait_until(lambda: processes.marked(tmp_path) == ())
