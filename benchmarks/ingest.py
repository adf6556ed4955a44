"""A pulse takes events in at many times the rate of one MERGE per event; through archive, network and ledger.

python -m benchmarks.ingest [events]    (servers of a temporary home, started and removed again)
NEO4J_HOME=/opt/neo4j python -m benchmarks.ingest    (the same with a Neo4j instead of the embedded server)

Two streams: events that nearly all meet a tie of their own in their batch, so that nothing adds up (the hard case),
and CollegeMsg, real messages, where three of them make a tie (with the extra `datasets`).

The peer is what a pulse replaces: a transaction with one MERGE for each of the same events, through the same driver
and server, on indexed ids, with the same properties of a tie. It reads no stream and keeps no archive, position or
fingerprint, and its network is smaller: all that is in its favour. Both sides are measured after a warm-up of their
own, long enough for a JVM to have compiled what it runs: the peer's rate triples within 6,000 events, and what a
pulse takes of the network's server falls from 150 us per event to 30 within 200,000. What the first events of a server
that just came up take is said beside it. Neo4j waits for the disk at each commit; ArcadeDB as `organism up` starts it
does not, which makes the peer there as fast as one that must keep what it acknowledged cannot be.

The last line says what the driver could do at best: bare ties as columns, 10,000 per transaction, without an archive,
a position or a ledger, and without kinds and times.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

from causal_organism.embedded import lifecycle, processes
from causal_organism.embedded.home import Home
from causal_organism.embedded.servers import postgres
from causal_organism.embedded.state import load_state
from causal_organism.errors import RequestError
from causal_organism.network.interactions import Interaction, parse, to_fields
from causal_organism.organism.stream.collegemsg import collegemsg_interactions
from causal_organism.organism.stream.pulse import PulseReport, pulse
from causal_organism.settings import load_settings
from causal_organism.wiring import OpenOrganism

PEOPLE = 5_000
COLD = 20_000
WARM_UP = 200_000
SAMPLE = 3_000
PEER_WARM_UP = 8_000
WRITTEN_AT_ONCE = 10_000
MERGE = """
    MERGE (a:Probe {id: $source}) MERGE (b:Probe {id: $target}) MERGE (a)-[t:PROBED]->(b)
    ON CREATE SET t.w = $weight_u, t.n = 1, t.first = $at_us, t.last = $at_us, t.kinds = [$kind]
    ON MATCH SET t.w = t.w + $weight_u, t.n = t.n + 1,
        t.first = CASE WHEN $at_us < t.first THEN $at_us ELSE t.first END,
        t.last = CASE WHEN $at_us > t.last THEN $at_us ELSE t.last END
"""
COLUMNS = """
    UNWIND range(0, size($source) - 1) AS i MATCH (a:Person {id: $source[i]}) MATCH (b:Person {id: $target[i]})
    CREATE (a)-[:COLUMNED {w: $weight_u[i], n: 1}]->(b)
"""

Fields = Mapping[str, str]


def main(events: int = 60_000) -> None:
    drawn = drawn_events()
    with servers() as organism:
        cpu = Cpu(organism)
        put(organism, islice(drawn, COLD))
        cold, _, _ = measured(cpu, COLD, lambda: pulsed(organism))
        print(f"the first {COLD} events of servers that just came up: {cold:.0f} events/s")
        for _ in range(0, WARM_UP, COLD):
            put(organism, islice(drawn, COLD))
            pulsed(organism)
        one_by_one(organism, list(islice(drawn, PEER_WARM_UP)))
        rates = {}
        rates["drawn events"] = compare(organism, cpu, "drawn events", list(islice(drawn, events)))
        try:
            messages = [to_fields(each) for each in collegemsg_interactions()]
        except RequestError as error:
            print(f"CollegeMsg: {error.message}")
        else:
            rates["CollegeMsg"] = compare(organism, cpu, "CollegeMsg", messages)
        for _ in range(5):
            as_columns(organism, bare(drawn))
        columns = bare(drawn)
        best, best_cpu, _ = measured(cpu, len(columns["source"]), lambda: as_columns(organism, columns))
        shares = ", ".join(f"{rate / best:.0%} of that with {name}" for name, rate in rates.items())
        print(f"bare ties as columns {best:.0f} ties/s, {best_cpu * 1e6:.0f} us of CPU; a pulse does {shares}")


def compare(organism: OpenOrganism, cpu: Cpu, name: str, events: Sequence[Fields]) -> float:
    """Events per second of a pulse. Prints what it takes, and what the last of these events take one by one."""
    put(organism, events)
    ours, ours_cpu, report = measured(cpu, len(events), lambda: pulsed(organism))
    some = events[-SAMPLE:]
    theirs, theirs_cpu, _ = measured(cpu, len(some), lambda: one_by_one(organism, some))
    ties = organism.archive.totals().ties
    print(
        f"{name}: {report.accepted} events, {ties} ties then, in {report.batches} batches: {ours:.0f} events/s, ",
        end="",
    )
    print(f"one MERGE per event {theirs:.0f} events/s, ratio {ours / theirs:.1f}; ", end="")
    print(f"CPU of all processes {ours_cpu * 1e6:.0f} us, one MERGE {theirs_cpu * 1e6:.0f} us, ", end="")
    print(f"ratio {theirs_cpu / ours_cpu:.1f}")
    return ours


class Cpu:
    """CPU seconds of this process and its servers, whatever else the machine does."""

    def __init__(self, organism: OpenOrganism):
        state = load_state(Home(organism.settings.home))
        assert state is not None
        self._servers = [each.process.pid for each in state.servers if each.process is not None]

    def __call__(self) -> tuple[float, dict[int, float]]:
        pids = {*self._servers, *(each.pid for pid in self._servers for each in processes.descendants(pid))}
        return time.process_time(), {pid: _used(pid) for pid in pids}

    @staticmethod
    def between(before: tuple[float, dict[int, float]], after: tuple[float, dict[int, float]]) -> float:
        return after[0] - before[0] + sum(used - before[1].get(pid, 0.0) for pid, used in after[1].items())


def _used(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:  # it ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(cpu: Cpu, count: int, work: Callable[[], Any]) -> tuple[float, float, Any]:
    """(things per second, CPU seconds per thing, what `work` gave)."""
    used, began = cpu(), time.perf_counter()
    found = work()
    return count / (time.perf_counter() - began), Cpu.between(used, cpu()) / count, found


def put(organism: OpenOrganism, events: Iterable[Fields]) -> None:
    left = iter(events)
    while some := list(islice(left, 5_000)):
        organism.stream.append(some)


def pulsed(organism: OpenOrganism) -> PulseReport:
    return pulse(organism, run=None, actor="bench", trigger="bench", holder="bench")


def bare(drawn: Iterator[Fields]) -> dict[str, list[Any]]:
    """Columns of ties between people who are there."""
    pairs = sorted({(each["source"], each["target"]) for each in islice(drawn, 2 * WRITTEN_AT_ONCE)})[:WRITTEN_AT_ONCE]
    return {
        "source": [source for source, _ in pairs],
        "target": [target for _, target in pairs],
        "weight_u": [1_500_000] * len(pairs),
    }


def as_columns(organism: OpenOrganism, columns: Mapping[str, list[Any]]) -> None:
    with organism.network._session() as session:  # type: ignore[attr-defined]
        session.run(COLUMNS, columns).consume()


def drawn_events() -> Iterator[Fields]:
    """Without end. Most of what a person says goes to few others."""
    chance = random.Random(1)
    for number in count():
        source = chance.randrange(PEOPLE)
        target = (source + 1 + int(40 * chance.random() ** 2)) % PEOPLE
        at = 1_700_000_000 + chance.randrange(5_000_000)
        yield {"source": f"p{source}", "target": f"p{target}", "at": str(at), "weight": "1.5", "id": f"event-{number}"}


def one_by_one(organism: OpenOrganism, events: Sequence[Fields]) -> None:
    """Each event a transaction with one MERGE, on an indexed label of its own."""
    with organism.network._session() as session:  # type: ignore[attr-defined]
        session.run("CREATE CONSTRAINT probe_id IF NOT EXISTS FOR (p:Probe) REQUIRE p.id IS UNIQUE").consume()
        for fields in events:
            each = parse(fields, entry="", now_us=2 * 10**15)
            assert isinstance(each, Interaction)
            session.run(
                MERGE,
                source=each.source,
                target=each.target,
                weight_u=each.weight_u,
                at_us=each.at_us,
                kind=each.kind,
            ).consume()


@contextmanager
def servers() -> Iterator[OpenOrganism]:
    folder = Path(tempfile.mkdtemp(prefix="organism-bench-"))
    environ = {name: os.environ[name] for name in ("PATH", "NEO4J_HOME", "JAVA_HOME") if name in os.environ}
    environ |= {"ORGANISM_HOME": str(folder), "ORGANISM_ACTOR": "bench"}
    try:
        lifecycle.up(folder, ("ledger", "stream", "network"), environ=environ, owned=True)
        with OpenOrganism(load_settings(environ)) as organism:
            yield organism
    finally:
        lifecycle.down(folder)
        postgres.remove_data(Home(folder))
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
