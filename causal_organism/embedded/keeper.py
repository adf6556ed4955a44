"""Stands between the supervisor and a server that starts processes of its own, and ends all of them with it.

A Prefect worker starts every flow run as a process, which goes on alone when the worker is killed. The keeper takes in
such orphans. It dies with the supervisor by SIGUSR1 (by looking at its parent, where the system has no death signal).
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time

from causal_organism.embedded import processes

GRACE_S = 12.0  # after SIGTERM, less than the supervisor waits before it kills the keeper
FAMILY_GRACE_S = 3.0


def main(command: list[str]) -> int:
    """Run the command until it ends, then end what it started; its exit code."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, lambda received, _frame: asked.append(received))
    starter = os.getppid()
    processes.adopt_orphans()
    child = subprocess.Popen(command, preexec_fn=processes.dies_with_parent(signal.SIGKILL))
    deadline: float | None = None
    code: int | None = None
    while code is None and signal.SIGUSR1 not in asked and os.getppid() == starter:
        if asked and deadline is None:
            child.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + GRACE_S
        if deadline is not None and time.monotonic() > deadline:
            break
        code = _reap(child.pid)
        select.select([], [], [], 0.1)
    orphaned = signal.SIGUSR1 in asked or os.getppid() != starter
    end_family(grace_s=0.0 if orphaned or code is None else FAMILY_GRACE_S)
    return 1 if code is None else code


def end_family(*, grace_s: float) -> None:
    """End every process below this one, and those that they start meanwhile."""
    while family := processes.descendants(os.getpid()):
        processes.end(family, grace_s=grace_s, reap=True)


def _reap(pid: int) -> int | None:
    """Collect whatever has ended; the exit code of `pid` if that has."""
    code = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if ended == 0:
            return code
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)


def end_as(code: int) -> None:
    """As the command ended: by its signal, where one ended it, so that the supervisor says by which."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    end_as(main(sys.argv[1:]))
