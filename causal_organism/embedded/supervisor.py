"""The one process of a home that starts its servers, watches them and starts them again.

One thread, because the kernel ties the servers' death signal to the thread that started them. It follows the request
file of the home and writes the state file; SIGTERM and SIGINT stop everything in order.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from types import FrameType

from causal_organism.embedded import parts, processes
from causal_organism.embedded.documents import write_servers_file
from causal_organism.embedded.home import Home, locked, open_home
from causal_organism.embedded.processes import Process
from causal_organism.embedded.servers import WORKER, Server
from causal_organism.embedded.state import (
    Request,
    ServerState,
    Standing,
    State,
    load_request,
    load_state,
    write_request,
    write_state,
)
from causal_organism.errors import OrganismError

LOCK = "supervisor.lock"
START_S = 240.0  # Prefect's first migration takes 20 s of processor time, on a loaded machine several times that
TRIES_BEFORE_HEALTHY = 3
STEADY_S = 60.0  # healthy for so long: earlier failures are forgotten
STOP_S = 20.0
BUSY_TURN_S, QUIET_TURN_S = 0.1, 0.5


@dataclass(slots=True)
class Watched:
    """One server and how it stands."""

    server: Server
    state: Standing = Standing.WAITING
    process: Popen[bytes] | None = None
    identity: Process | None = None
    since: float = 0.0  # when it came into this state
    failures: int = 0
    was_healthy: bool = False
    error: str | None = None
    version: str = field(default="")

    def enter(self, state: Standing, now: float) -> None:
        self.state, self.since = state, now


@dataclass(slots=True)
class Supervisor:
    home: Home
    request: Request = field(default_factory=Request)
    watched: dict[str, Watched] = field(default_factory=dict)
    stopping: bool = False
    _written: State | None = None

    def run(self) -> None:
        """Until everything that was asked for is to be stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self.stopping:
                self.turn(time.monotonic())
                quiet = (
                    all(each.state == Standing.HEALTHY for each in self.watched.values())
                    and self.request.starter is None
                )
                select.select([], [], [], QUIET_TURN_S if quiet else BUSY_TURN_S)
        finally:
            self.stop(self.watched)
            self.home.servers_file.unlink(missing_ok=True)
            (self.home.run / "state.json").unlink(missing_ok=True)

    def turn(self, now: float) -> None:
        """Follow the request, then look after each server once."""
        self._follow()
        for each in self.watched.values():
            if self.stopping:
                return
            self._look_after(each, now)
            self._tell()

    def stop(self, names: Iterable[str]) -> None:
        """Stop these servers, the ones that need others first; each gets STOP_S before it is killed."""
        order = [name for name in reversed(parts.SERVERS) if name in set(names)]
        while order:
            # Together, as far as none of them is needed by another that still runs. The worker's runs use them all.
            needed = {need for name in order for need in self.watched[name].server.needs}
            batch = [WORKER] if WORKER in order else [name for name in order if name not in needed]
            _end([self.watched[name] for name in batch])
            for name in batch:
                order.remove(name)
                del self.watched[name]
            self._tell()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _follow(self) -> None:
        request = load_request(self.home)
        if request.owner is not None and not processes.is_alive(request.owner):
            self.stopping = True
            return
        if request.starter is not None and not processes.is_alive(request.starter):
            request = Request(
                serial=request.serial + 1, wanted=request.before, before=request.before, owner=request.owner,
                worker=request.worker,
            )  # fmt: skip
            write_request(self.home, request)
        if request == self.request:
            return
        asked_again = request.serial != self.request.serial
        changed = {n for n in self.watched if request.worker != self.request.worker and n == WORKER}
        self.request = request
        self.stop([name for name in self.watched if name not in request.wanted or name in changed])
        for name in parts.SERVERS:
            if name in request.wanted and name not in self.watched:
                server = parts.server(self.home, name, request.worker)
                self.watched[name] = Watched(server, version=server.version)
            elif asked_again and name in self.watched and self.watched[name].state == Standing.FAILED:
                self.watched[name].failures = 0
                self.watched[name].enter(Standing.WAITING, 0.0)
        self.stopping = not request.wanted
        self._tell()

    def _look_after(self, each: Watched, now: float) -> None:
        if each.process is not None and each.process.poll() is not None:
            self._ended(each, f"ended with {_said(each.process.returncode)}", now)
        match each.state:
            case Standing.WAITING:
                if all(self._is_healthy(need) for need in each.server.needs):
                    self._start(each, now)
            case Standing.RESTARTING:
                if now - each.since >= min(30.0, 0.5 * 2 ** (each.failures - 1)):
                    each.enter(Standing.WAITING, now)
            case Standing.STARTING:
                if each.server.is_healthy():
                    each.was_healthy = True
                    each.enter(Standing.HEALTHY, now)
                elif now - each.since > START_S:
                    _end([each])
                    self._ended(each, f"not healthy after {START_S:.0f} s", now)
            case Standing.HEALTHY:
                if each.failures and now - each.since > STEADY_S:
                    each.failures, each.error = 0, None

    def _start(self, each: Watched, now: float) -> None:
        try:
            each.server.prepare()
            if self.stopping:
                return
            launch = each.server.launch()
            each.process = processes.spawn(
                launch, log=self.home.log(each.server.name), death_signal=each.server.death_signal
            )
        except (OrganismError, OSError) as error:
            self._ended(each, str(error), now)
            return
        each.identity = processes.identify(each.process.pid)
        each.enter(Standing.STARTING, time.monotonic())

    def _ended(self, each: Watched, how: str, now: float) -> None:
        each.process = each.identity = None
        each.failures += 1
        each.error = how
        print(f"{time.strftime('%FT%TZ', time.gmtime())} {each.server.name}: {how}", flush=True)
        given_up = not each.was_healthy and each.failures >= TRIES_BEFORE_HEALTHY
        each.enter(Standing.FAILED if given_up else Standing.RESTARTING, now)

    def _is_healthy(self, name: str) -> bool:
        return name in self.watched and self.watched[name].state == Standing.HEALTHY

    def _tell(self) -> None:
        """Write the state and the servers file where they changed."""
        me = processes.identify(os.getpid())
        if me is None:
            return
        state = State(
            supervisor=me, serial=self.request.serial, servers=tuple(_shown(each) for each in self.watched.values())
        )
        if state != self._written:
            self._written = state
            write_state(self.home, state)
            write_servers_file(self.home, state, [each.server for each in self.watched.values()], self.request)


def _shown(each: Watched) -> ServerState:
    return ServerState(
        name=each.server.name, product=each.server.product, version=each.version, state=each.state,
        address=each.server.address(), process=each.identity, failures=each.failures, error=each.error,
    )  # fmt: skip


def _end(batch: list[Watched]) -> None:
    """Stop these together and wait for them."""
    running = [each for each in batch if each.process is not None]
    for each in running:
        if each.process is not None:
            each.process.send_signal(each.server.stop_signal)
    deadline = time.monotonic() + STOP_S
    for each in running:
        if each.process is None:
            continue
        try:
            each.process.wait(max(0.0, deadline - time.monotonic()))
        except TimeoutExpired:
            each.process.kill()
            each.process.wait()
        each.process = each.identity = None
        each.enter(Standing.STOPPED, time.monotonic())


def _said(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def clear_remains(home: Home) -> None:
    """End what a killed supervisor left and remove its files. Only for who holds the supervisor's lock."""
    state = load_state(home)
    recorded = [] if state is None else [each.process for each in state.servers if each.process is not None]
    processes.end({*recorded, *processes.marked(home.folder)}, grace_s=3.0)
    home.servers_file.unlink(missing_ok=True)
    (home.run / "state.json").unlink(missing_ok=True)


def main(folder: str) -> int:
    home = open_home(Path(folder))
    # Whoever asks for the supervisor's process id holds the lock for a moment.
    with locked(home.run / LOCK, limit_s=3.0) as mine:
        if mine is None:
            print("another supervisor runs in this home", flush=True)
            return 1
        os.truncate(mine, 0)
        os.write(mine, str(os.getpid()).encode())
        clear_remains(home)
        Supervisor(home).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
