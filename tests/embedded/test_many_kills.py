"""Hundreds of processes of a home are killed while a million interactions come: all count once, and who is told of a
fault is told once, and once more when it is over.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pytest

from causal_organism.alerts.incidents import CALM
from tests.embedded.killing import (
    answers,
    assert_all_counted_once,
    begin_again,
    descendants,
    process_of,
    pulse,
    pulsing,
    send,
)
from tests.receiver import Receiver
from tests.sender import Sender
from tests.waiting import until

KILLS = int(os.environ.get("ORGANISM_TEST_KILLS", "200"))
EVENTS = int(os.environ.get("ORGANISM_TEST_KILL_EVENTS", "1000000"))
HELD_EVERY = 25  # so many kills apart, a server hangs for so long that people have to be told
HELD_S = 90.0
HELD = ("ledger", "stream", "network", "orchestrator")
PARTS = (*2 * (*HELD, "worker", "run", "watch"), "supervisor")
LONG_S = 600.0

pytestmark = [pytest.mark.long, pytest.mark.chaos, pytest.mark.timeout(3 * 3600)]


@dataclass
class Killing:
    """Who was killed how often, and how long it took until each was there again."""

    own_home: Any
    chance: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    back_s: dict[str, list[float]] = field(default_factory=dict)

    def kill_one(self) -> None:
        """A random process of a random part: a server, what it started, a run, the watcher, or the supervisor."""
        part = self.chance.choice(PARTS)
        if part == "supervisor":
            send([self.own_home.supervisor()], signal.SIGKILL)
            self._note(part, begin_again(self.own_home))
        elif part == "run":
            self._kill_below("worker", "run")
        elif self.chance.random() < 0.3:
            self._kill_below(part, f"a process of {part}")
        else:
            self._kill_server(part)

    def _kill_server(self, part: str) -> None:
        main = until(lambda: process_of(self.own_home, part), f"{part} runs")
        began = time.monotonic()
        send([main], signal.SIGKILL)
        until(lambda: answers(self.own_home, part, other_than=main), f"{part} is back", within_s=LONG_S)
        self._note(part, time.monotonic() - began)

    def _kill_below(self, part: str, name: str) -> None:
        """One that this part started; the part itself where it started none."""
        main = process_of(self.own_home, part)
        below = descendants(main) if main is not None else []
        if not below:
            self._kill_server(part)
            return
        send([self.chance.choice(below)], signal.SIGKILL)
        self.killed[name] += 1

    def hold_one(self, part: str) -> None:
        """It hangs, and all that it started; then it goes on by itself."""
        until(lambda: answers(self.own_home, part), f"{part} answers", within_s=LONG_S)
        main = process_of(self.own_home, part)
        assert main is not None
        held = [main, *descendants(main)]
        send(held, signal.SIGSTOP)
        time.sleep(HELD_S)
        send(held, signal.SIGCONT)
        self.killed[f"hung {part}"] += 1

    def _note(self, part: str, took_s: float) -> None:
        self.killed[part] += 1
        self.back_s.setdefault(part, []).append(took_s)

    def report(self) -> str:
        lines = [f"{sum(self.killed.values())} kills: {dict(self.killed)}"]
        for part, took in sorted(self.back_s.items()):
            lines.append(f"{part} back after {median(took):.0f} s (median), {max(took):.0f} s (worst of {len(took)})")
        return "\n".join(lines)


@pytest.fixture
def told_home(own_home: Any) -> Iterator[tuple[Any, Receiver]]:
    """A home whose alerts are taken here."""
    with Receiver() as receiver:
        own_home.environ |= {"ALERT_WEBHOOK_URL": receiver.url, "ORGANISM_WATCH_SECONDS": "5"}
        own_home.json("up")
        own_home.json("deploy", "setup")
        yield own_home, receiver


def test_every_interaction_counts_once_and_every_fault_is_told_once(told_home: tuple[Any, Receiver]) -> None:
    own_home, receiver = told_home
    until(lambda: pulse(own_home), "a first pulse went through")
    settings, began = own_home.settings(), time.monotonic()
    killing = Killing(own_home, random.Random(200))
    with Sender(settings, people=300, a_time=200, most=0) as sender, pulsing(own_home) as pulses:
        for turn in range(KILLS):
            sender.sends_more(EVENTS // KILLS)
            time.sleep(killing.chance.random() * 3)
            if turn % HELD_EVERY == HELD_EVERY - 1:
                killing.hold_one(HELD[turn // HELD_EVERY % len(HELD)])
            else:
                killing.kill_one()
            print(f"{time.monotonic() - began:.0f} s: {turn + 1} kills, {len(sender.acknowledged)} sent", flush=True)
        sent = sender.stop()
    until(lambda: pulse(own_home), "the last pulse went through", within_s=LONG_S)
    print(f"\n{killing.report()}")
    print(f"{len(sent)} sent, {sender.repeated} times again; in all {time.monotonic() - began:.0f} s")
    print("pulses:", *(f"{count} x {how!r}" for how, count in pulses.most_common()), sep="\n  ")
    assert_all_counted_once(settings, sent)
    assert_told_once(own_home, receiver, killing)


def assert_told_once(own_home: Any, receiver: Receiver, killing: Killing) -> None:
    """Where the watcher was killed between telling and noting it, the same alert comes again, under the same key."""
    until(lambda: own_home.json("alerts", "list")["incidents"] == [], "all is over", within_s=LONG_S)
    until(lambda: _undelivered(own_home) == [], "all alerts arrived", within_s=LONG_S)
    counted = Counter(each["dedup_key"] for each in receiver.told)
    began = {key for key in counted if not key.endswith("/over")}
    over = {key.removesuffix("/over") for key in counted if key.endswith("/over")}
    again = sum(counted.values()) - len(counted)
    print(f"{len(began)} faults told, {len(over)} told as over, {again} alerts came again; {CALM.seconds} s of calm")
    print("\n".join(f"  {each['severity']:8}{each['title']}" for each in receiver.told))
    many_at_once = [key for key in counted if key.startswith("several/")]  # told in one alert, which names them
    assert many_at_once or began == over
    assert again <= killing.killed["watch"] + killing.killed["supervisor"]
    assert len(began) >= sum(count for part, count in killing.killed.items() if part.startswith("hung"))


def _undelivered(own_home: Any) -> list[Any]:
    return [each for each in own_home.json("alerts", "list")["deliveries"] if each["outcome"] == "waiting"]
