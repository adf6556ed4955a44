"""A random process of a home dies every minute, and pulses go through: nothing waits for one that is dead."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.embedded.killing import assert_all_counted_once, command_of, descendants, pulse, send
from tests.sender import Sender
from tests.waiting import meanwhile, until

MINUTES = int(os.environ.get("ORGANISM_TEST_KILL_MINUTES", "12"))
LONGEST_S = 300.0

pytestmark = [pytest.mark.long, pytest.mark.chaos, pytest.mark.timeout(3600)]


@contextmanager
def killing(supervisor: int) -> Iterator[list[str]]:
    """What was killed so far. Only the supervisor is spared: who begins it again is the machine's, not ours."""
    killed, chance = list[str](), random.Random(60)

    def kill_one() -> None:
        victim = chance.choice(sorted(descendants(supervisor)))
        killed.append(command_of(victim))
        send([victim], signal.SIGKILL)

    with meanwhile(kill_one, every_s=60):
        yield killed


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
    assert_all_counted_once(settings, sent)
    assert longest <= LONGEST_S
