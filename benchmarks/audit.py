"""What a large network costs its servers: the audit against the archive, and a window that moves on.

python -m benchmarks.audit [people]    (servers of a temporary home, removed afterwards; about ten ties per person, one
interaction each, half of them older than the window that is set at last)
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.ingest import Cpu, pulsed, servers
from benchmarks.networks import organisation
from causal_organism.organism.projections.verify_network import compare_network
from causal_organism.wiring import OpenOrganism

DAY_S = 86_400
AT_ONCE = 10_000


def main(people: int = 100_000) -> None:
    with servers() as organism:
        cpu = Cpu(organism)
        events = 0
        for some in interactions(people, now_s=int(time.time())):
            organism.stream.append(some)
            events += len(some)
        measured(cpu, "taken in", events, lambda: pulsed(organism))
        totals = organism.archive.totals()
        print(f"{totals.people:,} people, {totals.ties:,} ties", flush=True)
        report = measured(cpu, "audited", totals.ties, lambda: compare_network(organism))
        print(f"    {report}")
        for days, what in ((200, "a window of 200 days, out of which nothing falls"), (30, "moved to 30 days")):
            with OpenOrganism(replace(organism.settings, window_days=days)) as opened:
                measured(cpu, what, events // 2, partial(pulsed, opened))
                left = opened.archive.totals().ties
            print(f"    {totals.ties - left:,} ties left the network")
        print(f"    {compare_network(organism)}")


def interactions(people: int, *, now_s: int) -> Iterator[list[Mapping[str, str]]]:
    """One per tie: half of the last 20 days, half of 60 to 110 days ago; in no order."""
    network, chance = organisation(people), np.random.default_rng(3)
    ago_s = chance.integers(0, 20 * DAY_S, network.ties)
    old = chance.random(network.ties) < 0.5
    ago_s[old] = 60 * DAY_S + chance.integers(0, 50 * DAY_S, int(old.sum()))
    rows = zip(network.out.rows.tolist(), network.out.indices.tolist(), (now_s - ago_s).tolist(), strict=True)
    some: list[Mapping[str, str]] = []
    for source, target, at in rows:
        some.append({"source": network.ids[source], "target": network.ids[target], "at": str(at), "weight": "1.5"})
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some


def measured(cpu: Cpu, what: str, count: int, work: Callable[[], Any]) -> Any:
    used, began = cpu(), time.perf_counter()
    found = work()
    wall_s = time.perf_counter() - began
    cpu_s, peak_mb = Cpu.between(used, cpu()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {wall_s:.1f} s, {cpu_s:.1f} s of CPU of all processes, {count / wall_s:,.0f}/s, ", end="")
    print(f"peak {peak_mb:,.0f} MB here", flush=True)
    return found


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
