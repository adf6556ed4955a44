"""`up` and `down` of a home."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from causal_organism.embedded import processes
from causal_organism.embedded.home import Home, locked, open_home
from causal_organism.embedded.inheritance import keep_secrets, session_environment, worker_variables
from causal_organism.embedded.processes import Process
from causal_organism.embedded.room import shortage, writing
from causal_organism.embedded.servers import parts
from causal_organism.embedded.servers.neo4j import choose_neo4j
from causal_organism.embedded.servers.postgres import remove_data
from causal_organism.embedded.servers.server import NETWORK, WORKER, ServerFailedError
from causal_organism.embedded.state import Request, ServerPhase, State, load_request, load_state, write_request
from causal_organism.embedded.supervisor import LOCK, clear_remains
from causal_organism.embedded.watched import TRIES_BEFORE_HEALTHY
from causal_organism.embedded.worker_graph import refuse_broken_graph
from causal_organism.errors import RefusedError
from causal_organism.homes import IDENTITY_FILE, HomeState, recognize, record_identity, refuse_strange

_FOLDERS = (
    "stream", "network", "orchestrator", "worker", "watch", "secrets", "run", "logs",
    "values", "cache", "quickstart", "unfinished",
)  # fmt: skip
_FILES = ("access.json", "ports.json", "network.json", "servers.json", "code-notes.json", "aliases.csv")
"""All that is written in a home. Values that ORGANISM_VALUES keeps elsewhere belong to whoever set it."""

PATIENCE_S = 600.0
HOLDER_S = 20.0  # a lock is held for a moment by whoever asks for its holder
_TURN_S = 0.05


def up(
    folder: Path,
    names: Iterable[str] = parts.SERVERS,
    *,
    environ: Mapping[str, str],
    owned: bool = False,
    say: Callable[[State], None] = lambda state: None,
) -> State:
    """Start what does not run yet of these servers, and return when all of them are healthy.

    `environ` is the caller's; the worker gets what it needs from it. With `owned`, everything ends when the calling
    process does, however that ends. If it is interrupted before, everything that it started is stopped.

    Raises:
        RefusedError: the home was copied or moved; see `adoption`.
        GraphError: the worker could not import its asset graph; nothing was started.
        NotInstalledError: a server's package is missing; nothing was started.
        ServerFailedError: a server did not become healthy; what was started is stopped.
    """
    wanted = parts.chosen(names)
    refuse_strange(folder)
    home = open_home(folder)
    with writing(home):
        return _up(home, wanted, environ, say, owned=owned)


def down(folder: Path) -> tuple[str, ...]:
    """Stop everything in this home and clear what a crash left; the names of the servers that were stopped."""
    refuse_strange(folder)
    if not (folder / "run").is_dir():
        return ()
    home = open_home(folder)
    state = load_state(home)
    names = () if state is None else tuple(each.name for each in state.servers)
    stop_supervisor(home)
    with locked(home.run / LOCK):
        clear_remains(home)
    return names


def stop_supervisor(home: Home) -> None:
    """End the supervisor of this home, its servers with it.

    Raises:
        RefusedError: a process that is none that we can see holds the home, as one in another container.
    """
    unknown_since: float | None = None
    while (pid := supervisor_of(home)) is not None:
        supervisor = processes.identify(pid) if pid else None
        if supervisor is None or not processes.is_supervisor(supervisor, home.folder):
            # Somebody looks who holds the lock, or a supervisor has not yet written its own process id there.
            unknown_since = unknown_since or time.monotonic()
            if time.monotonic() - unknown_since > HOLDER_S:
                raise RefusedError(
                    f"the home {home.folder} is held by a process that is not its supervisor on this machine",
                    hint="stop its servers from where they were started, as from their container",
                    code="home-held",
                )
            time.sleep(_TURN_S)
            continue
        _signal(supervisor, signal.SIGTERM)
        if not _until(lambda: supervisor_of(home) is None, 60.0):
            _signal(supervisor, signal.SIGKILL)
        _until(lambda: not processes.is_alive(supervisor), 10.0)  # noqa: B023 - it lets go of its lock before it ends


def remove(folder: Path) -> tuple[str, ...]:
    """As `down`, and remove all data: of the servers, the ledger's folder outside the home included, and of people.

    Studies that somebody wrote (`study.toml`, `studies/NAME.toml`) stay; the tables beside them do not.
    """
    stopped = down(folder)
    home = Home(folder)
    remove_data(home)
    for name in _FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (*_FILES, IDENTITY_FILE):
        (folder / name).unlink(missing_ok=True)
    studies = folder / "studies"
    for table in [each for each in studies.glob("*") if each.suffix != ".toml"]:
        table.unlink()
    with contextlib.suppress(OSError):  # there are study files in it, or it is not there
        studies.rmdir()
    return stopped


def supervisor_of(home: Home) -> int | None:
    """Process id of the supervisor that runs in this home."""
    file = home.run / LOCK
    if not file.exists():
        return None
    with locked(file, limit_s=0.0) as free:
        if free is not None:
            return None
        text = file.read_text()
        return int(text) if text else 0


def _up(
    home: Home,
    wanted: tuple[str, ...],
    environ: Mapping[str, str],
    say: Callable[[State], None],
    *,
    owned: bool,
) -> State:
    with locked(home.run / "up.lock"):
        if recognize(home.folder).state is HomeState.NEW:
            record_identity(home.folder)
    worker = worker_variables(environ, parts.known_variables(home))
    if NETWORK in wanted:
        choose_neo4j(home, environ)
    for name in wanted:
        parts.server(home, name, worker)
    with locked(home.run / "up.lock"):
        running = supervisor_of(home)
        before = Request() if running is None else load_request(home)
        me = processes.identify(os.getpid())
        request = Request(
            serial=load_request(home).serial + 1,
            wanted=parts.chosen({*before.wanted, *wanted}),
            before=before.wanted,
            starter=me,
            owner=me if owned else before.owner,
            worker={**keep_secrets(home, before.worker), **keep_secrets(home, worker)},
        )
        if WORKER in request.wanted:
            refuse_broken_graph(home, request.worker)
        write_request(home, request)
        try:
            state = _wait(home, request, environ, say)
        except BaseException:
            with contextlib.suppress(OSError):  # without room for it the supervisor finds that its starter has ended
                _undo(home, request)
            raise
        write_request(home, replace(request, starter=None, before=request.wanted))
        return state


def _start_supervisor(home: Home, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with processes.open_log(home.log("supervisor")) as log:
        return subprocess.Popen(
            (sys.executable, "-m", processes.SUPERVISOR, str(home.folder)),
            env=session_environment(environ),
            cwd=home.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(home: Home, request: Request, environ: Mapping[str, str], say: Callable[[State], None]) -> State:
    """Until all that is wanted is healthy, with a supervisor started for it where none runs."""
    started: subprocess.Popen[bytes] | None = None
    told: State | None = None
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if started is not None and started.poll() is not None:
            why = f": {reason}" if (reason := shortage(home)) else ""
            raise ServerFailedError(f"the supervisor ended{why}", hint=f"see {home.log('supervisor')}")
        if started is None and supervisor_of(home) is None:
            if told is not None:
                raise ServerFailedError("the servers were stopped by somebody else meanwhile")
            started = _start_supervisor(home, environ)
        state = load_state(home)
        if state is not None and state.serial == request.serial:
            if state != told:
                told = state
                say(state)
            if _is_ready(home, state, request.wanted):
                return state
        time.sleep(_TURN_S)
    raise ServerFailedError(f"not everything was healthy after {PATIENCE_S:.0f} s", hint=f"see {home.logs}")


def _is_ready(home: Home, state: State, wanted: tuple[str, ...]) -> bool:
    """Are all of them healthy? Raises ServerFailedError for one that fails again and again."""
    found = [state.server(name) for name in wanted]
    for each in found:
        if each is not None and each.state is not ServerPhase.HEALTHY and each.failures >= TRIES_BEFORE_HEALTHY:
            raise ServerFailedError(
                f"{each.product} ({each.name}) does not start: {each.error}{_last_line(home.log(each.name))}",
                hint=f"see {home.log(each.name)}",
            )
    return all(each is not None and each.state is ServerPhase.HEALTHY for each in found)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((f": {line.strip()[:200]}" for line in reversed(lines) if line.strip()), "")


def _undo(home: Home, request: Request) -> None:
    """Go back to what ran before, and wait until the rest has ended."""
    write_request(home, request.reverted())
    if not request.before:
        down(home.folder)
        return
    _until(lambda: supervisor_of(home) is None or _only(load_state(home), request.before), 60.0)


def _only(state: State | None, names: tuple[str, ...]) -> bool:
    return state is None or {each.name for each in state.servers} <= set(names)


def _until(is_true: Callable[[], bool], limit_s: float) -> bool:
    deadline = time.monotonic() + limit_s
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(_TURN_S)
    return True


def _signal(process: Process, number: signal.Signals) -> None:
    if processes.is_alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
