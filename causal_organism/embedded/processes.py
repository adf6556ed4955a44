"""Processes that die with their starter, and are known again by process id and start time."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

MARK = "ORGANISM_EMBEDDED_HOME"
"""In the environment of every process of a home: what a crash left is found by it, whoever its parent is now.

PostgreSQL's own processes write over theirs; they are found below the one that started them, and end with it.
"""

SUPERVISOR = "causal_organism.embedded.supervisor"
"""The module that is started as the supervisor, with the home behind it on the command line."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
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
    with open_log(log) as output:
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
            umask=-1 if launch.keep_family else 0o077,
            preexec_fn=dies_with_parent(death_signal),
        )


def open_log(path: Path) -> IO[bytes]:
    """For appending; only its owner can read it."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


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
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            process = identify(int(entry.name))
            if process is not None and belongs(process, home):
                found.append(process)
    return tuple(found)


def belongs(process: Process, home: Path) -> bool:
    """Does this process say of itself that it is of this home? Asked before it gets a signal from a file's word.

    A process id in a file may be another program's by now; that of a copied home is the original's; and a container
    may have another folder at the same path.
    """
    if not _LINUX:
        shown = subprocess.run(["/bin/ps", "-Eww", "-o", "command=", "-p", str(process.pid)], capture_output=True)
        return os.fsencode(f" {MARK}={home} ") in shown.stdout.replace(b"\n", b" ")
    start = f"{MARK}=".encode()
    try:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False  # ended meanwhile, or somebody else's
    return any(
        _is_folder_of(process.pid, os.fsdecode(each.removeprefix(start)), home)
        for each in environment
        if each.startswith(start)
    )


def is_supervisor(process: Process, home: Path) -> bool:
    """Is this process the supervisor of this home, by its command line?"""
    if not _LINUX:
        shown = subprocess.run(["/bin/ps", "-ww", "-o", "command=", "-p", str(process.pid)], capture_output=True)
        return shown.stdout.rstrip(b"\n").endswith(os.fsencode(f" {SUPERVISOR} {home}"))
    try:
        words = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return SUPERVISOR.encode() in words[:-2] and _is_folder_of(process.pid, os.fsdecode(words[-2]), home)


def _is_folder_of(pid: int, path: str, home: Path) -> bool:
    """Is the folder that this process has at `path` the home? A home that is gone is known by its path alone."""
    try:
        mine = home.stat()
    except OSError:
        return path == str(home)
    try:
        return os.path.samestat(mine, os.stat(f"/proc/{pid}/root{path}"))  # noqa: PTH116
    except OSError:
        return False


def descendants(pid: int) -> tuple[Process, ...]:
    """Every process that this one started, directly or not, as far as its parents still live."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found, left = [], [pid]
    while left:
        below = children.get(left.pop(), [])
        found += below
        left += below
    return tuple(process for child in found if (process := identify(child)) is not None)


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent ends, where the system can do that."""
    if _LINUX:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def reap_adopted(*, known: Collection[int]) -> None:
    """Read the exit codes of ended children that this process did not start itself, as those in `known` were."""
    me = os.getpid()
    for child, parent in tuple(_parents()):
        if parent == me and child not in known:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)


def end(processes: Iterable[Process], *, grace_s: float, reap: bool = False) -> None:
    """Ask them to end, and after the grace make them; returns when all are gone. `reap`: some are children."""
    left = _send(processes, signal.SIGTERM if grace_s else signal.SIGKILL)
    deadline = time.monotonic() + grace_s
    killed = not grace_s
    while left:
        if not killed and time.monotonic() > deadline:
            left = _send(left, signal.SIGKILL)
            killed = True
        time.sleep(0.02)
        left = [process for process in left if not _is_gone(process, reap=reap)]


def _is_gone(process: Process, *, reap: bool) -> bool:
    if reap:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
    return not is_alive(process)


def _send(processes: Iterable[Process], number: signal.Signals) -> list[Process]:
    reached = []
    for process in processes:
        if is_alive(process):
            try:
                os.kill(process.pid, number)
            except (ProcessLookupError, PermissionError):  # ended meanwhile, or somebody else's after all
                continue
            reached.append(process)
    return reached


def _parents() -> Iterator[tuple[int, int]]:
    """(process id, parent's) of every process."""
    if not _LINUX:
        shown = subprocess.run(["/bin/ps", "-axo", "pid=,ppid="], capture_output=True, text=True).stdout
        for line in shown.splitlines():
            pid, parent = line.split()
            yield int(pid), int(parent)
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])


def _group(user: str | None) -> int | None:
    if user is None:
        return None
    import pwd

    return pwd.getpwnam(user).pw_gid
