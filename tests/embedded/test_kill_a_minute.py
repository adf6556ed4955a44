"""A random process of a home dies every minute, and pulses go through: nothing waits for one that is dead."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from causal_organism.wiring import OpenOrganism
from tests.sender import Sender
from tests.stores.truth import network_in, people_of, ties_of, weeks_in, weeks_of
from tests.waiting import until

MINUTES = int(os.environ.get("ORGANISM_TEST_KILL_MINUTES", "12"))
LONGEST_S = 300.0

pytestmark = [pytest.mark.long, pytest.mark.chaos, pytest.mark.timeout(3600)]


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


@contextmanager
def killing(supervisor: int) -> Iterator[list[str]]:
    """What was killed so far. Only the supervisor is spared: who begins it again is the machine's, not ours."""
    over, killed, chance = threading.Event(), list[str](), random.Random(60)

    def kill_one() -> None:
        while not over.wait(60):
            victim = chance.choice(sorted(descendants(supervisor)))
            killed.append(command_of(victim))
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)

    thread = threading.Thread(target=kill_one)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def pulse(own_home: Any) -> bool:
    """One that is asked for and waited for, as somebody at a terminal would."""
    done: subprocess.CompletedProcess[str] = own_home.run("pulse", "--json")
    return done.returncode == 0


def test_a_pulse_completes_every_five_minutes(full_home: Any) -> None:
    full_home.json("deploy", "setup")
    until(lambda: pulse(full_home), "a first pulse went through")
    settings = full_home.settings()
    completed, failed = [time.monotonic()], 0
    with Sender(settings) as sender, killing(full_home.supervisor()) as killed:
        while time.monotonic() - completed[0] < MINUTES * 60:
            if pulse(full_home):
                completed.append(time.monotonic())
            else:
                failed += 1
        sent = sender.stop()
    until(lambda: pulse(full_home), "the last pulse went through", within_s=LONGEST_S)
    completed.append(time.monotonic())
    longest = max(later - earlier for earlier, later in itertools.pairwise(completed))
    print(f"\n{len(killed)} killed: {'; '.join(killed)}")
    print(f"{len(completed) - 1} pulses completed, {failed} not; longest pause {longest:.0f} s; {len(sent)} sent")
    with OpenOrganism(settings) as organism:
        assert organism.archive.totals()["interactions"] == len(sent)
        assert weeks_in(organism.archive) == weeks_of(sent)
        assert network_in(organism.network) == (people_of(sent), ties_of(sent))
    assert longest <= LONGEST_S
