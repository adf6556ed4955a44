"""A pulse takes events in at many times the rate of one MERGE per event; through archive, network and ledger.

python -m benchmarks.ingest [events]    (servers of a temporary home, started and removed again)
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from causal_organism.embedded import lifecycle, postgres
from causal_organism.embedded.home import Home
from causal_organism.operations.pulse import pulse
from causal_organism.settings import load_settings
from causal_organism.wiring import OpenOrganism

PEOPLE = 5_000
SAMPLE = 500
MERGE = """
    MERGE (a:Probe {id: $source}) MERGE (b:Probe {id: $target}) MERGE (a)-[t:PROBED]->(b)
    ON CREATE SET t.w = $weight_u, t.n = 1 ON MATCH SET t.w = t.w + $weight_u, t.n = t.n + 1
"""


def main(events: int = 60_000) -> None:
    chance = random.Random(1)
    with servers() as organism:
        for start in range(0, events, 5_000):
            organism.stream.append([event(chance, number) for number in range(start, min(start + 5_000, events))])
        began = time.perf_counter()
        report = pulse(organism, run=None, actor="bench", trigger="bench", holder="bench")
        ours = report.accepted / (time.perf_counter() - began)
        theirs = one_by_one(organism, chance)
        ties = organism.archive.totals()["ties"]
    print(f"{report.accepted} events onto {ties} ties in {report.batches} batches: {ours:.0f} events/s, ", end="")
    print(f"one MERGE per event {theirs:.0f} events/s, ratio {ours / theirs:.0f}")


def event(chance: random.Random, number: int) -> Mapping[str, str]:
    """Most of what a person says goes to few others."""
    source = chance.randrange(PEOPLE)
    target = (source + 1 + int(40 * chance.random() ** 2)) % PEOPLE
    at = 1_700_000_000 + chance.randrange(5_000_000)
    return {"source": f"p{source}", "target": f"p{target}", "at": str(at), "weight": "1.5", "id": f"event-{number}"}


def one_by_one(organism: OpenOrganism, chance: random.Random) -> float:
    """Events per second if each is a transaction with one MERGE, on an indexed label of its own."""
    with organism.network._session() as session:  # type: ignore[attr-defined]
        session.run("CREATE CONSTRAINT probe_id IF NOT EXISTS FOR (p:Probe) REQUIRE p.id IS UNIQUE").consume()
        began = time.perf_counter()
        for number in range(SAMPLE):
            fields = event(chance, number)
            session.run(MERGE, source=fields["source"], target=fields["target"], weight_u=1_500_000).consume()
        return SAMPLE / (time.perf_counter() - began)


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
