"""Processes that die with their starter, and are known again by process id and start time."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = "ORGANISM_EMBEDDED_HOME"
"""In the environment of every process of a home: what a crash left is found by it, whoever its parent is now."""

_PR_SET_PDEATHSIG = 1
_LINUX = sys.platform.startswith("linux")


@dataclass(frozen=True, slots=True)
class Process:
    """One process: the id may be given again after it ended, the id with the start time is not."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start one server."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    user: str | None = None  # None: the user of this process
    keep_family: bool = False  # its own children must die with it too: a keeper stands between


def identify(pid: int) -> Process | None:
    """The process that has this id now; None if there is none, or only its unread exit code."""
    if _LINUX:
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return None
        return None if fields[0] in (b"Z", b"X") else Process(pid, fields[19].decode())
    shown = subprocess.run(["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True)
    state, _, started = shown.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else Process(pid, started.strip())


def is_alive(process: Process) -> bool:
    return identify(process.pid) == process


def spawn(launch: Launch, *, log: Path, death_signal: signal.Signals) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to `log` and that gets `death_signal` when this process dies.

    Must be called from the main thread: the kernel ties the signal to the thread that forked.
    """
    command = launch.command
    if launch.keep_family or not _LINUX:
        command = (sys.executable, "-m", "causal_organism.embedded.keeper", *command)
        death_signal = signal.SIGUSR1
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env={**launch.environment},
            cwd=launch.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=launch.user,
            group=_group(launch.user),
            extra_groups=None if launch.user is None else [],
            process_group=0,
            preexec_fn=dies_with_parent(death_signal),
        )


def dies_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`, which runs after the change of user (that would clear the signal) and before exec."""
    starter = os.getpid()
    set_option = ctypes.CDLL(None).prctl if _LINUX else None

    def tie() -> None:
        if set_option is not None:
            set_option(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != starter:  # it died before the tie was made
            os._exit(1)

    return tie


def marked(home: Path) -> tuple[Process, ...]:
    """Every process of this home, by its environment; empty where the system does not show that."""
    if not _LINUX:
        return ()
    wanted = f"{MARK}={home}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if wanted in environment and (process := identify(int(entry.name))) is not None:
            found.append(process)
    return tuple(found)


def end(processes: Iterable[Process], *, grace_s: float) -> None:
    """Ask them to end, and after the grace make them; returns when all are gone."""
    left = _send(processes, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [process for process in left if is_alive(process)]
    left = _send(left, signal.SIGKILL)
    while left:
        time.sleep(0.02)
        left = [process for process in left if is_alive(process)]


def _send(processes: Iterable[Process], number: signal.Signals) -> list[Process]:
    reached = []
    for process in processes:
        if is_alive(process):
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:
                continue
            reached.append(process)
    return reached


def _group(user: str | None) -> int | None:
    if user is None:
        return None
    import pwd

    return pwd.getpwnam(user).pw_gid
