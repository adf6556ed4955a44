"""Processes of a home by the part that they belong to, and what must have come of interactions whatever was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from causal_organism.embedded import lifecycle
from causal_organism.embedded.servers import parts
from causal_organism.embedded.state import ServerPhase, ServerState, load_state
from causal_organism.network.interactions import Interaction
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from tests.stores.truth import network_in, people_of, ties_of, weeks_in, weeks_of
from tests.waiting import meanwhile


def descendants(pid: int) -> list[int]:
    """All below it, runs of flows included."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(each) for each in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def command_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    return " ".join(Path(word).name if word.startswith("/") else word for word in words[:3])


def send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def server_of(own_home: Any, part: str) -> ServerState | None:
    """How the supervisor has it; None where there is no supervisor, or it has none of this name."""
    state = load_state(own_home.home) if lifecycle.supervisor_of(own_home.home) else None
    return None if state is None else state.server(part)


def process_of(own_home: Any, part: str) -> int | None:
    found = server_of(own_home, part)
    return found.process.pid if found is not None and found.process is not None else None


def answers(own_home: Any, part: str, *, other_than: int | None = None) -> bool:
    """It is healthy and, asked now, says so itself, in another process than this one."""
    found = server_of(own_home, part)
    if found is None or found.state is not ServerPhase.HEALTHY or process_of(own_home, part) == other_than:
        return False
    return parts.server(own_home.home, part, {}).is_healthy()


def pulse(own_home: Any) -> bool:
    """One that is asked for and waited for, as somebody at a terminal would."""
    done: subprocess.CompletedProcess[str] = own_home.run("pulse", "--json")
    return done.returncode == 0


@contextmanager
def pulsing(own_home: Any) -> Iterator[Counter[str]]:
    """Somebody asks for pulses without end; how many went through, and why the others did not."""
    counted = Counter[str]()

    def ask() -> None:
        done = own_home.run("pulse")
        counted["completed" if done.returncode == 0 else (done.stderr or done.stdout).strip()[-90:]] += 1

    with meanwhile(ask):
        yield counted


def begin_again(own_home: Any) -> float:
    """What whoever keeps a machine running does when a home's supervisor is gone; the seconds until all is healthy."""
    began = time.monotonic()
    while own_home.run("up").returncode:
        assert time.monotonic() - began < lifecycle.PATIENCE_S, "the home does not come up again"
    return time.monotonic() - began


def assert_all_counted_once(settings: Settings, sent: Sequence[Interaction]) -> None:
    """None lost, none doubled: in number, by week, and tie by tie."""
    with OpenOrganism(settings) as organism:
        assert organism.archive.totals().interactions == len(sent)
        assert weeks_in(organism.archive) == weeks_of(sent)
        assert network_in(organism.network) == (people_of(sent), ties_of(sent))
