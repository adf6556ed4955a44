"""The console on real servers, in tmux: a run from its trigger to its end, and every server hanging and dying."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from causal_organism.embedded import lifecycle, processes
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers import postgres
from causal_organism.embedded.state import ServerPhase, load_state
from tests.tui.terminal import ROOT
from tests.tui.tmux import Tmux, tmux
from tests.waiting import until

pytestmark = [pytest.mark.servers, pytest.mark.timeout(1_200)]
SERVERS = ("ledger", "stream", "orchestrator", "worker")
LOST = {"ledger": "assets lost", "stream": "queues lost", "orchestrator": "runs lost"}
COMMAND = f"{sys.executable} -m causal_organism"
ASSETS = """
from causal_organism import asset, source
@source(key="demo/rows")
def rows(): return [1, 2, 3]
@asset(key="demo/total", reads={"rows": "demo/rows"})
def total(rows, context):
    context.log("adding up three rows")
    return sum(rows)
ASSETS = (rows, total)
"""


class OwnServers:
    """Servers that may be stopped and killed."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.variables = {"ORGANISM_HOME": str(folder), "ORGANISM_ASSETS": "console_assets:ASSETS"}
        self.variables["PYTHONPATH"] = f"{ROOT}:{folder}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORGANISM_", "PREFECT_"))}
        self.environ = {**kept, **self.variables}

    def organism(self, *arguments: str) -> None:
        subprocess.run([*COMMAND.split(), *arguments], env=self.environ, check=True, capture_output=True)

    def pid(self, server: str) -> int | None:
        """Of a healthy server."""
        state = load_state(Home(self.folder))
        found = None if state is None else state.server(server)
        is_healthy = found is not None and found.process is not None and found.state is ServerPhase.HEALTHY
        return found.process.pid if is_healthy else None  # type: ignore[union-attr]

    @contextmanager
    def stopped(self, server: str) -> Iterator[None]:
        """It hangs, with all that it began: PostgreSQL answers in a process for each connection."""
        pid = until(lambda: self.pid(server), f"{server} is healthy")
        self._send(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            self._send(pid, signal.SIGCONT)

    def _send(self, pid: int, number: signal.Signals) -> None:
        for each in (pid, *(child.pid for child in processes.descendants(pid))):
            os.kill(each, number)


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServers]:
    folder = Path(tempfile.mkdtemp(prefix="organism-tests-"))
    (folder / "console_assets.py").write_text(ASSETS)
    found = OwnServers(folder)
    try:
        found.organism("up", "--only", ",".join(SERVERS))  # it also notes what graph the worker has
        found.organism("deploy", "setup")
        yield found
    finally:
        lifecycle.down(folder)
        postgres.remove_data(Home(folder))
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def screen(own: OwnServers, tmp_path: Path) -> Iterator[Tmux]:
    with tmux(tmp_path, size=(120, 36), **own.variables) as opened:
        opened.type(f"{COMMAND} tui", "Enter")
        opened.sees("▸ Overview", "Needs attention", no="reading")
        yield opened


def test_a_run_is_triggered_and_watched_to_its_end(screen: Tmux) -> None:
    screen.type("2")
    screen.sees("total", "MISS")
    screen.type("G", "t")
    screen.sees("TRIGGER demo/total", "1 step", "Trigger ]")
    screen.sees(">[ Cancel ]<")
    screen.type("l")
    screen.sees(">[ Trigger ]<")
    screen.type("Enter")
    screen.sees("was started")
    screen.sees("adding up three rows", "1 of 1 ended")
    screen.sees("made", "OK")
    screen.type("2")
    screen.sees("total", "v1")


@pytest.mark.parametrize("server", ["ledger", "stream", "orchestrator"])
def test_a_server_that_hangs_is_named_lost_alone_and_comes_back(own: OwnServers, screen: Tmux, server: str) -> None:
    screen.type("1")
    with own.stopped(server):
        screen.sees(LOST[server], no="assets lost" if server != "ledger" else "")  # the others need the ledger's
        screen.type("t")
        screen.sees("trigger: ")
        screen.type("Escape")
        screen.sees(LOST[server], no="trigger: ")
    screen.sees("▸ Overview", no="lost")


@pytest.mark.parametrize("server", ["ledger", "stream", "orchestrator"])
def test_a_server_that_dies_comes_back_by_itself(own: OwnServers, screen: Tmux, server: str) -> None:
    was = until(lambda: own.pid(server), f"{server} is healthy")
    os.kill(was, signal.SIGKILL)
    until(lambda: own.pid(server) not in (was, None), f"{server} runs again")
    screen.type("C-r")
    screen.sees("▸ Overview", "asked now", no="lost")
    screen.type("2")
    screen.sees("total", no="lost")
    screen.type(":", "q", "Enter")
    screen.sees("causal_organism tui", no="▸")
    screen.type("echo left $?", "Enter")
    screen.sees("left 0")
