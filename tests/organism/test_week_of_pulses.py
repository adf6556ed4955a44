"""A week of pulses on real servers, with its days, reads of the watcher and retention: nothing grows with their number.

The week passes by a clock that is given; all else is as it is: interactions through the stream, views, exports.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from causal_organism.deployments import PULSE_VIEWS
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import begin, finish, make_all
from causal_organism.organism.stream.pulse import pulse
from causal_organism.organism.stream.retention import retain_all
from causal_organism.platform.watching.turn import take_turn
from causal_organism.wiring import OpenOrganism
from tests.engine.living import event, server_settings

PULSES = int(os.environ.get("ORGANISM_TEST_PULSES", "2016"))
EACH = timedelta(minutes=5)
A_DAY = min(timedelta(days=1) // EACH, max(1, PULSES // 7))  # of a week that is cut short, a seventh
PEOPLE, EVENTS = 60, 40
BEFORE = 5 * PEOPLE**2  # so that nearly every tie is there: what grows is not the network
GROWTH = 1.15  # more than so is no noise of an allocator

pytestmark = [pytest.mark.long, pytest.mark.servers, pytest.mark.timeout(3 * 3600)]


class Week(OpenOrganism):
    """An organism whose time is given; its servers agree with it."""

    time = datetime(2026, 1, 5, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    settings = replace(server_settings(request, tmp_path), home=tmp_path, archive_days=2)
    with Week(settings) as found:
        found.network.clear()
        for store in (found.stream, found.ledger):
            store.clock = found.now  # type: ignore[method-assign]
        yield found


def resident_mb() -> float:
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def sent(organism: Any, chance: random.Random, count: int) -> None:
    at = int(organism.now().timestamp())
    pairs = [chance.sample(range(PEOPLE), 2) for _ in range(count)]
    organism.stream.append([event(f"p{source}", f"p{target}", at=at) for source, target in pairs])


def one_pulse(organism: Any) -> None:
    pulse(organism, run=None, actor="week", trigger="schedule", holder=f"week-{organism.now():%d-%H%M}")
    run = begin(organism, Request(PULSE_VIEWS, allow_empty=True), Origin("week", "schedule"), only_ready=True)
    make_all(run)
    document = finish(run)
    organism.export()
    assert document["outcome"] in ("done", "nothing"), [each["error"] for each in document["steps"] if each["error"]]
    take_turn(organism)


def test_a_week_of_pulses_takes_no_more_time_and_memory_at_its_end_than_at_its_beginning(organism: Any) -> None:
    chance = random.Random(2016)
    sent(organism, chance, BEFORE)
    one_pulse(organism)
    cpu_s, wall_s, memory_mb = [], [], []
    for number in range(PULSES):
        organism.time += EACH
        sent(organism, chance, EVENTS)
        began, began_cpu = time.monotonic(), time.process_time()
        one_pulse(organism)
        wall_s.append(time.monotonic() - began)
        cpu_s.append(time.process_time() - began_cpu)
        memory_mb.append(resident_mb())
        if number % A_DAY == A_DAY - 1:
            retain_all(organism, "*", dry_run=False, actor="week")
            print(_day(number // A_DAY + 1, wall_s, cpu_s, memory_mb), flush=True)
    archived = organism.archive.position()
    assert archived.entries == BEFORE + PULSES * EVENTS
    assert organism.network.position().batch == archived.batch
    first, last = max(memory_mb[:A_DAY]), max(memory_mb[-A_DAY:])
    print(f"\n{PULSES} pulses: {first:.0f} MB at most in the first day, {last:.0f} MB in the last")
    assert last <= first * GROWTH
    assert median(cpu_s[-A_DAY:]) <= median(cpu_s[:A_DAY]) * 2


def _day(number: int, wall_s: list[float], cpu_s: list[float], memory_mb: list[float]) -> str:
    today = slice(-A_DAY, None)
    return (
        f"day {number}: {median(wall_s[today]):.2f} s a pulse, {median(cpu_s[today]):.3f} s of CPU here, "
        f"{max(memory_mb[today]):.0f} MB at most"
    )
