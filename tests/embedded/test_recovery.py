"""Each server of a home is stopped again and again while pulses go through: it comes back, and how soon what was sent
then is in the network.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from statistics import median
from typing import Any

import pytest

from causal_organism.errors import OrganismError
from causal_organism.settings import Settings
from causal_organism.wiring import OpenOrganism
from tests.embedded.killing import answers, assert_all_counted_once, descendants, process_of, pulse, pulsing, send
from tests.sender import Sender
from tests.waiting import until

TIMES = int(os.environ.get("ORGANISM_TEST_STOPS", "20"))
NOTHING = "nothing"  # how long a pulse takes anyway
PARTS = (NOTHING, "ledger", "stream", "network", "orchestrator", "worker")
HANGS_S = 10.0
LONG_S = 600.0
AT_ONCE = 20

pytestmark = [pytest.mark.long, pytest.mark.chaos, pytest.mark.timeout(3 * 3600)]


@pytest.fixture(scope="module")
def deployed(full_home: Any) -> Iterator[Any]:
    full_home.json("deploy", "setup")
    until(lambda: pulse(full_home), "a first pulse went through")
    yield full_home


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
def test_each_server_that_stops_is_recovered_from(deployed: Any, how: signal.Signals) -> None:
    """In turn, so that each is stopped at many moments of what the others do."""
    settings, chance = deployed.settings(), random.Random(int(how))
    took: dict[str, list[float]] = {part: [] for part in PARTS}
    with OpenOrganism(settings) as organism:
        before = organism.archive.totals().interactions
    with Sender(settings, a_time=AT_ONCE, most=0, named=how.name) as sender, pulsing(deployed) as pulses:
        for _ in range(TIMES):
            for part, found in took.items():
                time.sleep(chance.random() * 3)
                began = time.monotonic()
                _stop(deployed, part, how)
                sender.sends_more(AT_ONCE)
                _until_counted(settings, before + len(sender.acknowledged))
                found.append(time.monotonic() - began)
                if part != NOTHING:
                    until(lambda part=part: answers(deployed, part), f"{part} is well", within_s=LONG_S)  # type: ignore[misc]
                print(f"{how.name} {part}: {found[-1]:.1f} s", flush=True)
        sent = sender.stop()
    print(f"\n{how.name}, {TIMES} times each; until what was sent then is in the network; pulses {dict(pulses)}")
    for part, found in took.items():
        print(f"  {part:14}{median(found):6.1f} s (median) {max(found):6.1f} s (worst)")
    if not before:
        assert_all_counted_once(settings, sent)


def _stop(own_home: Any, part: str, how: signal.Signals) -> None:
    if part == NOTHING:
        return
    main = until(lambda: process_of(own_home, part), f"{part} runs")
    if how is signal.SIGKILL:
        send([main], how)
        return
    held = [main, *descendants(main)]
    send(held, how)
    time.sleep(HANGS_S)
    send(held, signal.SIGCONT)


def _until_counted(settings: Settings, count: int) -> None:
    """Of so many interactions none waits any more: they are archived, and the network stands at their batch."""

    def counted() -> bool:
        with suppress(OrganismError), OpenOrganism(settings) as organism:
            position = organism.archive.position()
            return (
                organism.archive.totals().interactions == count and organism.network.position().batch == position.batch
            )
        return False

    until(counted, f"{count} interactions are in the network", within_s=LONG_S)


@pytest.mark.parametrize("part", ["ledger", "stream", "network"])
def test_one_that_hangs_for_ever_is_ended_and_started_again(own_home: Any, part: str) -> None:
    own_home.json("up", "--only", part)
    main = until(lambda: process_of(own_home, part), f"{part} runs")
    began = time.monotonic()
    send([main, *descendants(main)], signal.SIGSTOP)
    until(lambda: answers(own_home, part, other_than=main), f"{part} is another process", within_s=LONG_S)
    print(f"\n{part} hung and was another process after {time.monotonic() - began:.0f} s")
