"""Killing anything at any moment changes nothing about what comes out: every interaction counts exactly once."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from causal_organism.embedded import lifecycle, postgres
from causal_organism.embedded.home import Home
from causal_organism.embedded.state import Standing, load_state
from causal_organism.errors import StoreError
from causal_organism.operations.pulse import PulseReport, pulse
from causal_organism.ports import NetworkPosition
from causal_organism.settings import Settings, load_settings
from tests.chaos.events import History
from tests.chaos.pulsing import PRELOADED, Worker, pulse_for_ever
from tests.stores.truth import network_in, people_of, ties_of, weeks_in, weeks_of

pytestmark = [pytest.mark.servers, pytest.mark.chaos]

SERVERS = ("ledger", "stream", "network")
WAIT_S = 60.0


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
        return found is not None and found.state is Standing.HEALTHY


def until(is_true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_true():
        assert time.monotonic() < deadline, f"waited {WAIT_S:.0f} s until {what}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    folder = Path(tempfile.mkdtemp(prefix="organism-tests-"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORGANISM_", "PREFECT_"))}
    environ = {**kept, "ORGANISM_HOME": str(folder), "ORGANISM_ACTOR": "tests"}
    try:
        lifecycle.up(folder, SERVERS, environ=environ, owned=True)
        yield Victims(folder, load_settings(environ))
    finally:
        lifecycle.down(folder)
        postgres.remove_data(Home(folder))
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Chaos:
    """Workers that pulse, the events that they are given, and what was found after each killing."""

    settings: Settings
    chance: random.Random
    workers: list[ForkServerProcess] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=lambda: {"accepted, not applied": 0, "applied, not published": 0})
    kills: int = 0

    def __post_init__(self) -> None:
        self.history = History(self.chance)
        self.organism = Worker(self.settings)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(PRELOADED))

    def send(self, count: int) -> None:
        self.history.came(self.organism.stream.append(self.history.write(count)))

    def start(self, *, lapsed: bool = False) -> None:
        worker = self._context.Process(target=pulse_for_ever, args=(self.settings,), kwargs={"lapsed": lapsed})
        worker.start()
        self.workers.append(worker)

    def kill_workers(self) -> None:
        for worker in self.workers:
            worker.kill()
        for worker in self.workers:
            worker.join(WAIT_S)
            assert worker.exitcode == -signal.SIGKILL, f"it ended by itself: {worker.exitcode}"
        self.kills += len(self.workers)
        self.workers.clear()

    def moved(self, by: int) -> Callable[[], bool]:
        """Whether the archive stands so many batches further than now."""
        goal = self.organism.archive.position().batch + by
        return lambda: self.organism.archive.position().batch >= goal

    def look(self) -> None:
        """Note what the killed ones left unfinished."""
        applied, accepted = self.organism.network.position(), self.organism.archive.position()
        head = self.organism.ledger.heads().get(("network", ""))
        self.left["accepted, not applied"] += applied.batch < accepted.batch
        self.left["applied, not published"] += head is None or head.version.value["batch"] < applied.batch


@pytest.fixture
def chaos(victims: Victims) -> Iterator[Chaos]:
    import psycopg

    name = f"chaos_{uuid.uuid4().hex[:12]}"
    dsn = victims.settings.need("postgres_dsn")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    settings = replace(
        victims.settings,
        postgres_dsn=dsn.rpartition("/")[0] + f"/{name}",
        stream=f"chaos:{name}",
        dead_letters=f"chaos:{name}:dead",
        batch_events=12,
        lease_wait_s=2.0,
    )
    yield from running(settings)


@pytest.fixture
def chaos_on_neo4j(chaos: Chaos, neo4j_server: Settings) -> Iterator[Chaos]:
    """The same on a Neo4j."""
    server = {name: getattr(neo4j_server, name) for name in ("neo4j_uri", "neo4j_user", "neo4j_password")}
    yield from running(replace(chaos.settings, **server))


def running(settings: Settings) -> Iterator[Chaos]:
    found = Chaos(settings, random.Random(20_260_101))
    found.organism.network.clear()
    yield found
    for worker in found.workers:
        worker.kill()
    found.organism.close()


def final_pulse(chaos: Chaos) -> PulseReport:
    """As soon as the lease of the last one killed is free. A connection of ours that broke meanwhile is made again."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            return pulse(chaos.organism, run="last", actor="chaos", trigger="chaos", holder="last")
        except StoreError:
            assert time.monotonic() < deadline


def assert_exactly_once(chaos: Chaos) -> None:
    history, organism = chaos.history, chaos.organism
    report = final_pulse(chaos)
    assert report.gap is None
    assert (report.lag, organism.archive.gaps()) == (0, ())
    assert organism.archive.position().entries == history.sent
    assert organism.archive.totals()["interactions"] == len(history.good)
    assert network_in(organism.network) == (people_of(history.good), ties_of(history.good))
    assert weeks_in(organism.archive) == weeks_of(history.good)
    assert [(each.id, each.reason) for each in organism.stream.read_dead_letters()] == history.refused
    last = organism.archive.batch(organism.archive.position().batch)
    assert last is not None
    stand = NetworkPosition(batch=last.number, entry=last.entry, fingerprint=last.fingerprint)
    assert organism.network.position() == stand
    head = organism.ledger.heads()["network", ""].version
    assert (head.fingerprint, head.value["batch"]) == (last.fingerprint, last.number)
    print(f"\n{history.sent} entries, {last.number} batches, {chaos.kills} kills, left behind: {chaos.left}")


def test_killing_pulses_at_random_moments(chaos: Chaos) -> None:
    kill_pulses(chaos)


def test_killing_pulses_at_random_moments_on_neo4j(chaos_on_neo4j: Chaos) -> None:
    kill_pulses(chaos_on_neo4j)


def kill_pulses(chaos: Chaos) -> None:
    """First one at a time, then two at once, one of which never had a lease."""
    for turn in range(30):
        chaos.send(130)
        chaos.start()
        if turn >= 15:
            chaos.start(lapsed=True)
        before = chaos.organism.archive.position().batch
        until(chaos.moved(1), "a batch was accepted")
        time.sleep(chaos.chance.random() * 0.25)
        chaos.kill_workers()
        assert chaos.organism.archive.position().batch > before
        chaos.look()
    assert chaos.kills >= 30
    assert_exactly_once(chaos)
    assert all(chaos.left.values()), "no kill came between two steps: this proved less than it says"


def test_killing_servers_under_two_pulses(chaos: Chaos, victims: Victims) -> None:
    chaos.start()
    chaos.start(lapsed=True)
    for server in ("network", "ledger", "stream", "network"):
        chaos.send(200)
        with suppress(StoreError):  # our own connection was to the server that was killed before
            until(chaos.moved(2), "two batches were accepted")
        victims.kill(server)
        chaos.kills += 1
    chaos.kill_workers()
    assert_exactly_once(chaos)
