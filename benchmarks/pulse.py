"""A pulse costs what changed, not what is there: from the stream to published views, against networkx from nothing.

python -m benchmarks.pulse [people] [larger]    (servers of a temporary home, removed afterwards; 10 minutes)

Prints, for 10, 100 and 1000 events: wall time of a pulse and the refresh of its views, CPU of this process and its
servers, and how often that goes into building the network in networkx from the server's ties and computing the same
views there. Then the same pulse of 10 events on a network ten times as large, with the bytes of content read from and
written to the stores. On a machine with other work the ratios of CPU are the ones to look at.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.ingest import Cpu, servers
from benchmarks.networks import organisation
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.organism.stream.pulse import pulse
from causal_organism.stores.values.store import Values
from causal_organism.wiring import OpenOrganism

SELECTION = "tag:pulse - views/brokerage"  # which networkx has nothing for
TURNS = 7


@dataclass(slots=True)
class Traffic:
    """Bytes of content that a turn read and wrote: values, batches and ties."""

    read: int = 0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians over the turns; the traffic is that of one in the middle."""

    wall_s: float
    cpu_s: float
    traffic: Traffic


def main(people: int = 10_000, larger: int = 100_000) -> None:
    costs = {}
    for size in (people, larger):
        with servers() as organism:
            took_s = fill(organism, size)
            totals = organism.archive.totals()
            print(f"\n{totals.people} people, {totals.ties} ties (taken in within {took_s:.0f} s)")
            refresh_all(organism)
            events = (10, 100, 1000) if size == people else (10,)
            costs[size] = {each: turns(organism, size, each) for each in events}
            for each, cost in costs[size].items():
                print(f"{each:5} events: {cost.wall_s * 1e3:7.0f} ms, CPU {cost.cpu_s * 1e3:.0f} ms, ", end="")
                print(f"read {cost.traffic.read:,} B, wrote {cost.traffic.written:,} B")
            if size == people:
                cpu = Cpu(organism)
                used, began = cpu(), time.perf_counter()
                from_nothing(organism)
                nothing_s, nothing_cpu_s = time.perf_counter() - began, Cpu.between(used, cpu())
                for each, cost in costs[size].items():
                    print(f"{each:5} events: networkx from nothing {nothing_s:.1f} s, ", end="")
                    print(f"ratio {nothing_s / cost.wall_s:.0f}; ", end="")
                    print(f"CPU {nothing_cpu_s:.1f} s, ratio {nothing_cpu_s / cost.cpu_s:.0f}")
    small, large = costs[people][10], costs[larger][10]
    print(f"\n{larger // people} times the network: {large.wall_s / small.wall_s:.2f} x the time, ", end="")
    print(
        f"{large.cpu_s / small.cpu_s:.2f} x the CPU, {large.traffic.read / max(small.traffic.read, 1):.2f} x read, ",
        end="",
    )
    print(f"{large.traffic.written / max(small.traffic.written, 1):.2f} x written")


def fill(organism: OpenOrganism, people: int) -> float:
    """An organisation's ties, one interaction each, through stream and pulse; seconds that the pulse took."""
    network = organisation(people)
    ids, targets = network.ids, network.out.indices.tolist()
    rows = zip(network.out.rows.tolist(), targets, strict=True)
    entries = [interaction(ids[source], ids[target]) for source, target in rows]
    for start in range(0, len(entries), 5_000):
        organism.stream.append(entries[start : start + 5_000])
    began = time.perf_counter()
    pulse(organism, run=None, actor="bench", trigger="bench", holder="bench")
    return time.perf_counter() - began


def interaction(source: str, target: str) -> Mapping[str, str]:
    return {"source": source, "target": target, "at": "1700000000", "weight": "1.5"}


def refresh_all(organism: OpenOrganism) -> Mapping[str, Any]:
    document: Mapping[str, Any] = refresh_local(organism, Request(SELECTION), Origin("bench", "bench"))
    if document["outcome"] not in ("done", "nothing"):
        raise SystemExit(f"the views were not made: {document}")
    return document


def turns(organism: OpenOrganism, people: int, events: int) -> Cost:
    """Of taking in some events and refreshing the views."""
    chance, cpu = np.random.default_rng(events), Cpu(organism)
    walls, cpus, traffics = [], [], []
    for _ in range(TURNS + 1):
        organism.stream.append(some(chance, people, events))
        # Opened anew, as every run of the pipeline does it: nothing is remembered from the turn before.
        with OpenOrganism(organism.settings) as opened, measured(opened) as traffic:
            used, began = cpu(), time.perf_counter()
            pulse(opened, run=None, actor="bench", trigger="bench", holder="bench")
            document = refresh_all(opened)
            walls.append(time.perf_counter() - began)
            cpus.append(Cpu.between(used, cpu()))
        traffics.append(traffic)
    if events == 10:
        print("      " + ", ".join(f"{step['key']} {step['mode']} {step['outcome']}" for step in document["steps"]))
    middle = sorted(traffics[1:], key=lambda each: each.written)[TURNS // 2]
    return Cost(statistics.median(walls[1:]), statistics.median(cpus[1:]), middle)  # the first turn compiles


def some(chance: np.random.Generator, people: int, events: int) -> Sequence[Mapping[str, str]]:
    source = chance.integers(0, people, events)
    target = (source + 1 + chance.integers(0, people - 1, events)) % people
    return [interaction(f"p{a}", f"p{b}") for a, b in zip(source.tolist(), target.tolist(), strict=True)]


@contextmanager
def measured(organism: OpenOrganism) -> Iterator[Traffic]:
    traffic, values = Traffic(), organism.values
    assert isinstance(values, Values)
    before = values.bytes_read, values.bytes_written
    yield traffic
    traffic.read, traffic.written = values.bytes_read - before[0], values.bytes_written - before[1]


def ego_betweenness(nx: Any, undirected: Any, person: Any) -> float:
    around: dict[Any, float] = nx.betweenness_centrality(nx.ego_graph(undirected, person))
    return around[person]


def from_nothing(organism: OpenOrganism) -> None:
    """Read the ties and compute the same views with networkx."""
    import networkx as nx

    columns = organism.network.read()
    directed = nx.DiGraph()
    directed.add_nodes_from(range(len(columns.ids)))
    weights = (columns.weight_u / 1e6).tolist()
    directed.add_weighted_edges_from(zip(columns.source.tolist(), columns.target.tolist(), weights, strict=True))
    undirected = directed.to_undirected()
    works: Sequence[Callable[[], Any]] = (
        lambda: (dict(directed.in_degree()), dict(directed.out_degree()), dict(undirected.degree())),
        lambda: (dict(directed.in_degree(weight="weight")), dict(directed.out_degree(weight="weight"))),
        lambda: nx.reciprocity(directed, directed.nodes),
        lambda: (nx.clustering(undirected), nx.triangles(undirected)),
        lambda: nx.core_number(undirected),
        lambda: (nx.constraint(directed, weight="weight"), nx.effective_size(undirected)),
        lambda: {each: ego_betweenness(nx, undirected, each) for each in undirected},
    )
    for work in works:
        work()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
