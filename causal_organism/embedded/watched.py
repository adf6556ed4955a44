"""One server under the supervisor's eyes: its process, how it stands, and how it is ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from subprocess import Popen, TimeoutExpired

from causal_organism.embedded import processes
from causal_organism.embedded.home import Home
from causal_organism.embedded.processes import Process
from causal_organism.embedded.servers.server import Server
from causal_organism.embedded.state import ServerPhase, ServerState

START_S = 240.0  # Prefect's first migration takes 20 s of processor time, on a loaded machine several times that
STEADY_S = 60.0  # healthy for so long: earlier failures are forgotten
LONGEST_PAUSE_S = 30.0  # between two tries
STOP_S = 20.0  # then it is killed
TRIES_BEFORE_HEALTHY = 3
ASK_EVERY_S = 15.0  # whether one that is healthy still answers
HANGS_AFTER = 12  # so often in a row it did not, three minutes at least: it hangs, and is ended and started again
LARGE_LOG_BYTES = 10_000_000


@dataclass(slots=True)
class Watched:
    """One server and how it stands. `since` is when it came into this state, on the clock of the supervisor's turns."""

    server: Server
    version: str
    state: ServerPhase = ServerPhase.WAITING
    process: Popen[bytes] | None = None
    identity: Process | None = None
    since: float = 0.0
    failures: int = 0  # in a row
    started_at: float = 0.0
    lasted_s: float = 0.0  # so long it ran before it ended last
    was_healthy: bool = False
    error: str | None = None
    asked_at: float = 0.0
    unanswered: int = 0  # times in a row

    @property
    def name(self) -> str:
        return self.server.name

    def enter(self, state: ServerPhase, now: float) -> None:
        self.state, self.since = state, now
        self.asked_at, self.unanswered = now, 0
        if state is ServerPhase.STARTING:
            self.started_at = now

    def hangs(self, now: float) -> bool:
        """Whether it has not answered for so often that it will not; it is asked now and then.

        Counted and not timed: of a machine that slept nobody answered for long, and all do when they are asked.
        """
        if now - self.asked_at >= ASK_EVERY_S:
            self.asked_at = now
            self.unanswered = 0 if self.server.is_healthy() else self.unanswered + 1
        return self.unanswered >= HANGS_AFTER

    def start(self, home: Home, now: float) -> None:
        """Prepare and start it. Raises OrganismError or OSError if it cannot be."""
        log = home.log(self.name)
        if log.exists() and log.stat().st_size > LARGE_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        self.server.prepare()
        self.process = processes.spawn(self.server.launch(), log=log, death_signal=self.server.death_signal)
        self.identity = processes.identify(self.process.pid)
        self.enter(ServerPhase.STARTING, now)

    def bound_log(self, home: Home) -> None:
        """Where it grew large, keep what it was beside it and begin anew; its process appends, so it goes on there."""
        log = home.log(self.name)
        with contextlib.suppress(OSError):
            if log.stat().st_size > LARGE_LOG_BYTES:
                shutil.copyfile(log, log.with_suffix(".log.1"))
                log.with_suffix(".log.1").chmod(0o600)
                os.truncate(log, 0)

    def exit_code(self) -> int | None:
        """How its process ended; None while it runs or if it has none."""
        return None if self.process is None else self.process.poll()

    def ended(self, how: str, now: float, *, lacked_room: bool = False) -> None:
        """Note that it ended, and whether it is tried again: one that lacked room for ever, as room may come back."""
        self.lasted_s = now - self.started_at if self.state in (ServerPhase.STARTING, ServerPhase.HEALTHY) else 0.0
        self.process = self.identity = None
        self.failures += 1
        self.error = how
        given_up = not self.was_healthy and self.failures >= TRIES_BEFORE_HEALTHY and not lacked_room
        self.enter(ServerPhase.FAILED if given_up else ServerPhase.RESTARTING, now)

    def may_start_again(self, now: float) -> bool:
        """At once after a first failure; each further one in a row doubles the time from one start to the next: one
        that is killed now and then has not to wait, one that ends as soon as it runs has.
        """
        pause_s = 0.5 * 2.0 ** min(self.failures - 1, 10) if self.failures > 1 else 0.0
        return now - self.since + self.lasted_s >= min(LONGEST_PAUSE_S, pause_s)

    def shown(self) -> ServerState:
        return ServerState(
            name=self.name, product=self.server.product, version=self.version, state=self.state,
            address=self.server.address(), process=self.identity, was_healthy=self.was_healthy,
            failures=self.failures, error=self.error,
        )  # fmt: skip


def end_together(batch: Sequence[Watched]) -> None:
    """Stop these and wait for them; whichever has not ended after STOP_S is killed."""
    running = [(each, each.process) for each in batch if each.process is not None]
    for each, process in running:
        process.send_signal(each.server.stop_signal)
    deadline = time.monotonic() + STOP_S
    for each, process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except TimeoutExpired:
            process.kill()
            process.wait()
        each.process = each.identity = None


def exit_text(code: int) -> str:
    """An exit code in words."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
