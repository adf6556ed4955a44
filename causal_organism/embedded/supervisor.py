"""The one process of a home that starts its servers, watches them and starts them again.

One thread, because the kernel ties the servers' death signal to the thread that started them. It follows the request
file of the home and writes the state file; SIGTERM and SIGINT stop everything in order.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

from causal_organism.embedded import processes, room
from causal_organism.embedded.documents import write_servers_file
from causal_organism.embedded.home import Home, locked, open_home
from causal_organism.embedded.servers import parts
from causal_organism.embedded.servers.admitting import admit_worker
from causal_organism.embedded.servers.neo4j import Neo4j
from causal_organism.embedded.servers.server import LEDGER, ORCHESTRATOR, WATCH, WORKER, Server
from causal_organism.embedded.state import (
    TELL_EVERY_S,
    Request,
    ServerPhase,
    State,
    load_request,
    load_state,
    touch_state,
    write_request,
    write_state,
)
from causal_organism.embedded.talk import Talk
from causal_organism.embedded.watched import START_S, STEADY_S, Watched, end_together, exit_text
from causal_organism.errors import OrganismError

LOCK = "supervisor.lock"
BUSY_TURN_S, QUIET_TURN_S = 0.1, 0.5

_WAITS_ITSELF = frozenset({(ORCHESTRATOR, LEDGER), (WORKER, ORCHESTRATOR)})
"""Who waits for what by itself: meanwhile Prefect's processes do what takes them long."""


@dataclass(slots=True)
class Supervisor:
    home: Home
    request: Request = field(default_factory=Request)
    watched: dict[str, Watched] = field(default_factory=dict)
    stopping: bool = False
    child_ended: bool = False
    talk: Talk = field(default_factory=Talk)
    told_at: float = 0.0  # that it goes on
    _written: State | None = None

    def run(self) -> None:
        """Until everything that was asked for is to be stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, self._note_child)
        processes.adopt_orphans()
        try:
            while not self.stopping:
                self.turn(time.monotonic())
                quiet = all(each.state is ServerPhase.HEALTHY for each in self.watched.values())
                select.select([], [], [], QUIET_TURN_S if quiet and self.request.starter is None else BUSY_TURN_S)
        finally:
            self.stop(self.watched)
            self._end_strays()
            remove_traces(self.home)

    def turn(self, now: float) -> None:
        """Follow the request, then look after each server once."""
        self._try(self._follow)
        if self.child_ended:
            self.child_ended = False
            processes.reap_adopted(known=self._started())
        for each in tuple(self.watched.values()):
            if self.stopping:
                return
            self._try(partial(self._look_after, each, now))
            self._tell()
        if now - self.told_at >= TELL_EVERY_S:
            self._try(partial(touch_state, self.home))
            self.told_at = now

    def stop(self, names: Iterable[str]) -> None:
        """Stop these servers, the ones that need others first."""
        order = [name for name in reversed(parts.SERVERS) if name in set(names)]
        while order:
            # Together, as far as none of them is needed by another that still runs. The worker's runs use them all.
            needed = {need for name in order for need in self.watched[name].server.needs}
            first = [name for name in (WATCH, WORKER) if name in order]
            batch = first or [name for name in order if name not in needed]
            end_together([self.watched[name] for name in batch])
            for name in batch:
                order.remove(name)
                del self.watched[name]
            self._tell()

    def may_start(self, each: Watched) -> bool:
        """What it needs is healthy and answers, or starts where it waits for that itself.

        Who begins a worker asks the ledger on the way, and would wait for one that hangs instead of ending it.
        """
        return all(
            (self._is_in(need, ServerPhase.HEALTHY) and not self.watched[need].unanswered)
            or ((each.name, need) in _WAITS_ITSELF and self._is_in(need, ServerPhase.STARTING))
            for need in each.server.needs
        )

    def _try(self, action: Callable[[], None]) -> None:
        """A file that cannot be read or written, as on a full disk, ends nothing: it is tried again at every turn."""
        try:
            action()
        except OSError as error:
            self.talk.say_once(f"tried again: {error}")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _note_child(self, _number: int, _frame: FrameType | None) -> None:
        self.child_ended = True

    def _follow(self) -> None:
        request = load_request(self.home)
        if request.owner is not None and not processes.is_alive(request.owner):
            self.stopping = True
            return
        if request.starter is not None and not processes.is_alive(request.starter):
            request = request.reverted()
            with contextlib.suppress(OSError):  # then it is found and reverted again
                write_request(self.home, request)
        if request != self.request:
            self._take(request)

    def _take(self, request: Request) -> None:
        """Stop what is not wanted any more, and watch what is."""
        asked_again = request.serial != self.request.serial
        changed = {WORKER, WATCH} if request.worker != self.request.worker else set()
        self.stop([name for name in self.watched if name not in request.wanted or name in changed])
        for name in parts.SERVERS:
            if name in request.wanted and name not in self.watched:
                server = parts.server(self.home, name, request.worker)
                self.watched[name] = Watched(server, server.version)
            elif asked_again and name in self.watched and self.watched[name].state is ServerPhase.FAILED:
                self.watched[name].failures = 0
                self.watched[name].enter(ServerPhase.WAITING, 0.0)
        self.watched = {name: self.watched[name] for name in parts.SERVERS if name in self.watched}
        self.request = request
        self.stopping = not request.wanted
        self._tell()

    def _look_after(self, each: Watched, now: float) -> None:  # noqa: C901 - one case a state
        code = each.exit_code()
        if code is not None:
            self._ended(each, exit_text(code), now)
        match each.state:
            case ServerPhase.WAITING:
                if self.may_start(each):
                    self._start(each, now)
            case ServerPhase.RESTARTING:
                if each.may_start_again(now):
                    each.enter(ServerPhase.WAITING, now)
            case ServerPhase.STARTING:
                if each.server.is_healthy():
                    self._make_logins(each.server)
                    each.was_healthy = True
                    each.enter(ServerPhase.HEALTHY, now)
                elif not all(self._is_in(need, ServerPhase.HEALTHY) for need in each.server.needs):
                    each.since = now  # its own time begins when it could be healthy
                elif now - each.since > START_S:
                    end_together([each])
                    self._ended(each, f"not healthy after {START_S:.0f} s", now)
            case ServerPhase.HEALTHY:
                each.bound_log(self.home)
                if each.failures and now - each.since > STEADY_S:
                    each.failures, each.error = 0, None
                self._end_if_it_hangs(each, now)
            case ServerPhase.FAILED:
                pass

    def _end_if_it_hangs(self, each: Watched, now: float) -> None:
        """What it needs has to answer, or that may be what hangs. A worker is left alone: its runs would end with it,
        and that it is not heard may be due to how busy Prefect is. The watcher tells of it.
        """
        needed = [self.watched[name] for name in each.server.needs if name in self.watched]
        if each.name == WORKER or any(need.unanswered or need.state is not ServerPhase.HEALTHY for need in needed):
            each.unanswered = 0
        elif each.hangs(now) and each.process is not None:
            each.process.kill()  # it may not even end when it is asked to
            each.process.wait()
            self._ended(each, f"did not answer {each.unanswered} times in a row", now)

    def _make_logins(self, server: Server) -> None:
        """Before anybody logs in. Where it cannot be, the owner has the server all the same, and no worker starts."""
        try:
            if server.name == LEDGER:
                admit_worker(self.home)
            elif isinstance(server, Neo4j):  # the others read theirs when they start
                server.put_users()
        except OrganismError as error:
            self.talk.say(f"logins on {server.product} ({server.name}) cannot be made: {error}")

    def _start(self, each: Watched, now: float) -> None:
        address = each.server.address()
        try:
            each.start(self.home, now)
        except (OrganismError, OSError) as error:
            self._ended(each, str(error), now)
            return
        if each.server.address() != address:  # its port was taken meanwhile: who knows the old one must start again
            dependent = [other for other in self.watched.values() if each.name in other.server.needs and other.process]
            end_together(dependent)
            for other in dependent:
                self._ended(other, f"{each.name} moved to another port", now)

    def _ended(self, each: Watched, how: str, now: float) -> None:
        reason = room.lacked(self.home, how, self.home.log(each.name))
        if reason is not None and reason not in how:
            how = f"{how}: {reason}"
        self.talk.say(f"{each.name}: {how}")
        each.ended(how, now, lacked_room=reason is not None)
        self._end_strays()

    def _end_strays(self) -> None:
        """End what an ended server left behind: it came to us, and may hold its port or its files."""
        known = self._started()
        kept = {below.pid for pid in known for below in processes.descendants(pid)} | known
        strays = [process for process in processes.descendants(os.getpid()) if process.pid not in kept]
        processes.end(strays, grace_s=0.0, reap=True)

    def _started(self) -> set[int]:
        return {each.process.pid for each in self.watched.values() if each.process is not None}

    def _is_in(self, name: str, *phases: ServerPhase) -> bool:
        return name in self.watched and self.watched[name].state in phases

    def _tell(self) -> None:
        """Write the state and the servers file where they changed; what cannot be written now is at a later turn."""
        self._try(self._write)

    def _write(self) -> None:
        me = processes.identify(os.getpid())
        if me is None:
            return
        shown = tuple(each.shown() for each in self.watched.values())
        state = State(supervisor=me, serial=self.request.serial, servers=shown)
        if state != self._written:
            # The state last: who waits for it reads the other next.
            write_servers_file(self.home, state, [each.server for each in self.watched.values()], self.request)
            write_state(self.home, state)
            self._written = state


def clear_remains(home: Home) -> None:
    """End what a killed supervisor left and remove its files. Only for who holds the supervisor's lock."""
    state = load_state(home)
    recorded = [] if state is None else [each.process for each in state.servers if each.process is not None]
    ours = {each for each in recorded if processes.is_alive(each) and processes.belongs(each, home.folder)}
    processes.end({*ours, *processes.marked(home.folder)}, grace_s=3.0)
    remove_traces(home)


def remove_traces(home: Home) -> None:
    """Remove the files that say that the home's servers run."""
    home.servers_file.unlink(missing_ok=True)
    (home.run / "state.json").unlink(missing_ok=True)


def main(folder: str) -> int:
    """Supervise the servers of a home until they are stopped; the exit code: 1 if another supervisor runs."""
    home = open_home(Path(folder))
    # A process that asks for the supervisor's id holds the lock for a moment.
    with locked(home.run / LOCK, limit_s=3.0) as mine:
        if mine is None:
            Talk().say("another supervisor runs in this home")
            return 1
        os.truncate(mine, 0)
        os.write(mine, str(os.getpid()).encode())
        clear_remains(home)
        Supervisor(home).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
