"""What may be killed, who is killed, and what must have come of it all the same."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from causal_organism.assets.contents import AtBatch
from causal_organism.embedded.home import Home
from causal_organism.embedded.state import ServerPhase, load_state
from causal_organism.errors import FencedError, LeaseHeldError, StoreError
from causal_organism.network.interactions import Interaction
from causal_organism.network.windows import counts, window_start
from causal_organism.organism.stream.pulse import PulseReport, pulse
from causal_organism.ports import NetworkPosition
from causal_organism.settings import Settings
from tests.chaos.events import History
from tests.chaos.pulsing import PRELOADED, Worker, pulse_for_ever
from tests.stores.truth import network_in, people_of, ties_of, weeks_in, weeks_of
from tests.waiting import PATIENCE_S, until

SERVERS = ("ledger", "stream", "network")


@dataclass(frozen=True)
class Victims:
    """A home of servers that may be killed."""

    folder: Path
    settings: Settings

    def kill(self, server: str) -> None:
        """End it with -9, and come back when the supervisor has it running again."""
        was = self._process(server)
        assert was is not None
        os.kill(was, signal.SIGKILL)
        until(lambda: self._process(server) not in (was, None) and self._healthy(server), f"{server} is back")

    def _process(self, server: str) -> int | None:
        state = load_state(Home(self.folder))
        found = None if state is None else state.server(server)
        return found.process.pid if found is not None and found.process is not None else None

    def _healthy(self, server: str) -> bool:
        state = load_state(Home(self.folder))
        found = None if state is None else state.server(server)
        return found is not None and found.state is ServerPhase.HEALTHY


@dataclass
class Chaos:
    """Workers that pulse, the events that they are given, and what was found after each killing."""

    settings: Settings
    chance: random.Random
    workers: list[ForkServerProcess] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=lambda: {"accepted, not applied": 0, "applied, not published": 0})
    kills: int = 0

    def __post_init__(self) -> None:
        self.history = History(self.chance, step_s=4_000 if self.settings.window_days else 0)
        self.organism = Worker(self.settings)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(PRELOADED))

    def send(self, count: int) -> None:
        self.history.came(self.organism.stream.append(self.history.write(count)))

    def start(self, **how: bool) -> None:
        worker = self._context.Process(target=pulse_for_ever, args=(self.settings,), kwargs=how)
        worker.start()
        self.workers.append(worker)

    def kill_workers(self) -> None:
        for worker in self.workers:
            worker.kill()
        for worker in self.workers:
            worker.join(PATIENCE_S)
            assert worker.exitcode == -signal.SIGKILL, f"it ended by itself: {worker.exitcode}"
        self.kills += len(self.workers)
        self.workers.clear()

    def moved(self, by: int) -> Callable[[], bool]:
        """Whether the archive stands so many batches further than now: to be asked for before there is more to read."""
        goal = self._batches() + by
        return lambda: self._batches() >= goal

    def _batches(self) -> int:
        """Asked again where our own connection was to a server that was killed."""

        def look() -> tuple[int] | None:
            try:
                return (self.organism.archive.position().batch,)
            except StoreError:
                return None

        return until(look, "the archive answers")[0]

    def inside(self) -> Sequence[Interaction]:
        """The interactions that count: those in the window."""
        good = self.history.good
        start_us = window_start(self.settings.window_days, max(each.at_us for each in good))
        return [each for each in good if counts(each.at_us, start_us)]

    def look(self) -> None:
        """Note what the killed ones left unfinished."""
        applied, accepted = self.organism.network.position(), self.organism.archive.position()
        head = self.organism.ledger.heads().get(("network", ""))
        self.left["accepted, not applied"] += applied.batch < accepted.batch
        content = None if head is None else head.version.content
        published = content.number if isinstance(content, AtBatch) else 0
        self.left["applied, not published"] += published < applied.batch


def final_pulse(chaos: Chaos) -> PulseReport:
    """As soon as the lease of the last one killed is free. A connection of ours that broke meanwhile is made again."""

    def look() -> PulseReport | None:
        try:
            return pulse(chaos.organism, run="last", actor="chaos", trigger="chaos", holder="last")
        except (StoreError, LeaseHeldError, FencedError):
            return None

    return until(look, "a pulse of ours went through")


def assert_exactly_once(chaos: Chaos) -> None:
    history, organism = chaos.history, chaos.organism
    report = final_pulse(chaos)
    assert report.gap is None
    assert (report.lag, organism.archive.gaps()) == (0, ())
    assert organism.archive.position().entries == history.sent
    assert organism.archive.totals().interactions == len(history.good)
    assert network_in(organism.network) == (people_of(history.good), ties_of(chaos.inside()))
    assert weeks_in(organism.archive) == weeks_of(history.good)
    assert [(each.id, each.reason) for each in organism.stream.read_dead_letters()] == history.refused
    last = organism.archive.batch(organism.archive.position().batch)
    assert last is not None
    stand = NetworkPosition(batch=last.number, entry=last.entry, fingerprint=last.fingerprint)
    assert organism.network.position() == stand
    head = organism.ledger.heads()["network", ""].version
    assert (head.fingerprint, head.content) == (last.fingerprint, AtBatch(name=last.fingerprint, number=last.number))
    print(f"\n{history.sent} entries, {last.number} batches, {chaos.kills} kills, left behind: {chaos.left}")
