"""A pulse takes events in at many times the rate of one MERGE per event; through archive, network and ledger.

python -m benchmarks.ingest [events]    (servers of a temporary home, started and removed again)

Both sides are measured on the same server, indexed, after a warm-up of their own: a JVM that just came up is several
times slower. MERGE is what it replaces: a transaction per event, with the same driver. The last line says what the
driver could do at best: bare ties as columns, 10,000 per transaction, without an archive, a position or a ledger.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from causal_organism.embedded import lifecycle, postgres, processes
from causal_organism.embedded.home import Home
from causal_organism.embedded.state import load_state
from causal_organism.operations.pulse import PulseReport, pulse
from causal_organism.settings import load_settings
from causal_organism.wiring import OpenOrganism

PEOPLE = 5_000
SAMPLE = 500
WARM_UP = 20_000
WRITTEN_AT_ONCE = 10_000
MERGE = """
    MERGE (a:Probe {id: $source}) MERGE (b:Probe {id: $target}) MERGE (a)-[t:PROBED]->(b)
    ON CREATE SET t.w = $weight_u, t.n = 1 ON MATCH SET t.w = t.w + $weight_u, t.n = t.n + 1
"""
COLUMNS = """
    UNWIND range(0, size($source) - 1) AS i MATCH (a:Person {id: $source[i]}) MATCH (b:Person {id: $target[i]})
    CREATE (a)-[:COLUMNED {w: $weight_u[i], n: 1}]->(b)
"""


def main(events: int = 60_000) -> None:
    chance = random.Random(1)
    with servers() as organism:
        cpu = Cpu(organism)
        put(organism, chance, 0, WARM_UP)
        cold, _, _ = measured(cpu, WARM_UP, lambda: pulsed(organism))
        put(organism, chance, WARM_UP, events)
        ours, ours_cpu, report = measured(cpu, events, lambda: pulsed(organism))
        ties = organism.archive.totals()["ties"]
        one_by_one(organism, chance)
        theirs, theirs_cpu, _ = measured(cpu, SAMPLE, lambda: one_by_one(organism, chance))
        as_columns(organism, bare(chance))
        columns = bare(chance)
        best, best_cpu, _ = measured(cpu, len(columns["source"]), lambda: as_columns(organism, columns))
    print(f"the first {WARM_UP} events of servers that just came up: {cold:.0f} events/s")
    print(
        f"{report.accepted} events more, {ties} ties then, in {report.batches} batches: {ours:.0f} events/s, ", end=""
    )
    print(f"one MERGE per event {theirs:.0f} events/s, ratio {ours / theirs:.0f}")
    print(f"CPU of all processes per event: {ours_cpu * 1e6:.0f} us, one MERGE {theirs_cpu * 1e6:.0f} us, ", end="")
    print(f"ratio {theirs_cpu / ours_cpu:.0f}")
    print(f"bare ties as columns {best:.0f} ties/s, {best_cpu * 1e6:.0f} us: a pulse does {ours / best:.0%} of that")


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


def put(organism: OpenOrganism, chance: random.Random, first: int, events: int) -> None:
    for start in range(first, first + events, 5_000):
        some = range(start, min(start + 5_000, first + events))
        organism.stream.append([event(chance, number) for number in some])


def pulsed(organism: OpenOrganism) -> PulseReport:
    return pulse(organism, run=None, actor="bench", trigger="bench", holder="bench")


def bare(chance: random.Random) -> dict[str, list[Any]]:
    """Columns of ties between people who are there."""
    drawn = (event(chance, number) for number in range(2 * WRITTEN_AT_ONCE))
    pairs = sorted({(each["source"], each["target"]) for each in drawn})[:WRITTEN_AT_ONCE]
    return {
        "source": [source for source, _ in pairs],
        "target": [target for _, target in pairs],
        "weight_u": [1_500_000] * len(pairs),
    }


def as_columns(organism: OpenOrganism, columns: Mapping[str, list[Any]]) -> None:
    with organism.network._session() as session:  # type: ignore[attr-defined]
        session.run(COLUMNS, columns).consume()


def event(chance: random.Random, number: int) -> Mapping[str, str]:
    """Most of what a person says goes to few others."""
    source = chance.randrange(PEOPLE)
    target = (source + 1 + int(40 * chance.random() ** 2)) % PEOPLE
    at = 1_700_000_000 + chance.randrange(5_000_000)
    return {"source": f"p{source}", "target": f"p{target}", "at": str(at), "weight": "1.5", "id": f"event-{number}"}


def one_by_one(organism: OpenOrganism, chance: random.Random) -> None:
    """Each event a transaction with one MERGE, on an indexed label of its own."""
    with organism.network._session() as session:  # type: ignore[attr-defined]
        session.run("CREATE CONSTRAINT probe_id IF NOT EXISTS FOR (p:Probe) REQUIRE p.id IS UNIQUE").consume()
        for number in range(SAMPLE):
            fields = event(chance, number)
            session.run(MERGE, source=fields["source"], target=fields["target"], weight_u=1_500_000).consume()


@contextmanager
def servers() -> Iterator[OpenOrganism]:
    folder = Path(tempfile.mkdtemp(prefix="organism-bench-"))
    environ = {"PATH": os.environ["PATH"], "ORGANISM_HOME": str(folder), "ORGANISM_ACTOR": "bench"}
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
