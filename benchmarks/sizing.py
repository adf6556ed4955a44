"""What a machine needs, by the number of people: a row of the table in docs/scale.md for each size.

python -m benchmarks.sizing [people …]    (servers of a temporary home for each size, removed afterwards)

Ten ties a person come through the stream; then a pulse of 100 events with its views, as it comes every five minutes;
then everything that can be made without imports, as every six hours. CPU is that of this process and its servers,
whatever else the machine does; memory is what each holds at the end, and what this process held at most.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.ingest import Cpu, pulsed, put, servers
from benchmarks.networks import organisation
from causal_organism.deployments import EVERYTHING, PULSE_VIEWS
from causal_organism.embedded.home import Home
from causal_organism.embedded.processes import descendants
from causal_organism.embedded.state import load_state
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import begin, finish, make_all
from causal_organism.network.snapshot import Snapshot
from causal_organism.wiring import OpenOrganism

SIZES = (1_000, 10_000, 50_000)
EVENTS = 100


def main(*sizes: int) -> None:
    print("| people | ties | events/s of CPU | a pulse | everything | PostgreSQL | Valkey | ArcadeDB | worker |")
    print("|---|---|---|---|---|---|---|---|---|")
    for people in sizes or SIZES:
        with servers() as organism:
            print(f"| {' | '.join(row(organism, people))} |", flush=True)


def row(organism: OpenOrganism, people: int) -> Iterator[str]:
    cpu = Cpu(organism)
    events = list(events_of(organisation(people)))
    yield f"{people:,}"
    yield f"{len(events):,}"

    def take_in(some: Sequence[Mapping[str, str]]) -> None:
        put(organism, some)
        pulsed(organism)

    used_s, _ = spent(cpu, lambda: take_in(events))
    yield f"{len(events) / used_s:,.0f}"
    refresh(organism, PULSE_VIEWS)
    take_in(events[:EVENTS])
    refresh(organism, PULSE_VIEWS)

    def one_pulse() -> None:
        take_in(events[-EVENTS:])
        refresh(organism, PULSE_VIEWS)

    yield seconds(*spent(cpu, one_pulse))
    yield seconds(*spent(cpu, lambda: refresh(organism, EVERYTHING)))
    state = load_state(Home(organism.settings.home))
    assert state is not None
    for server in ("ledger", "stream", "network"):
        found = state.server(server)
        assert found is not None and found.process is not None
        pids = [found.process.pid, *(each.pid for each in descendants(found.process.pid))]
        yield f"{sum(map(own_mb, pids)):,.0f} MB"
    yield f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"


def events_of(ties: Snapshot) -> Iterator[Mapping[str, str]]:
    """One a tie."""
    sources, targets = np.divmod(ties.keys, ties.people)
    for number, (source, target) in enumerate(zip(sources.tolist(), targets.tolist(), strict=True)):
        yield {"source": f"p{source}", "target": f"p{target}", "at": str(1_700_000_000 + number)}


def refresh(organism: OpenOrganism, selection: str) -> None:
    run = begin(organism, Request(selection, allow_empty=True), Origin("bench", "bench"), only_ready=True)
    make_all(run)
    assert finish(run)["outcome"] in ("done", "nothing")


def spent(cpu: Cpu, work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    used, began = cpu(), time.perf_counter()
    work()
    return Cpu.between(used, cpu()), time.perf_counter() - began


def seconds(used_s: float, wall_s: float) -> str:
    return f"{used_s:.1f} s ({wall_s:.1f})"


def own_mb(pid: int) -> float:
    """What this process holds, its share of what others have too."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended
        return 0.0
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
