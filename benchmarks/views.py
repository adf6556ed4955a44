"""Following a delta costs less than starting over: CPU of both forms of each view, in one run.

python -m benchmarks.views [people] [events]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.networks import organisation
from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.snapshot import Snapshot
from causal_organism.views.clustering import clustering, update_clustering
from causal_organism.views.communities import communities
from causal_organism.views.constraint import constraint, update_constraint
from causal_organism.views.core import core
from causal_organism.views.degree import degree, update_degree
from causal_organism.views.pagerank import pagerank
from causal_organism.views.reciprocity import reciprocity, update_reciprocity
from causal_organism.views.strength import strength, update_strength

BOTH = {
    "degree": (degree, update_degree),
    "strength": (strength, update_strength),
    "reciprocity": (reciprocity, update_reciprocity),
    "clustering": (clustering, update_clustering),
    "constraint": (constraint, update_constraint),
}


def main(people: int = 10_000, events: int = 100) -> None:
    before = organisation(people)
    delta = new_ties(before, events)
    after, apply_s = timed(lambda: before.apply(delta))
    _, derive_s = timed(lambda: before.apply(delta).undirected)
    print(f"{people} people, {before.ties} ties, {len(delta.ties)} of them new; apply {apply_s * 1e3:.1f} ms, ", end="")
    print(f"with both directions {derive_s * 1e3:.1f} ms")
    for name, (full, update) in BOTH.items():
        previous = full(before)
        _, full_s = timed(lambda full=full: full(after))
        _, update_s = timed(lambda update=update, previous=previous: update(previous, after, delta))
        print(
            f"{name:12} full {full_s * 1e3:8.2f} ms, by delta {update_s * 1e3:8.2f} ms, ratio {full_s / update_s:5.1f}"
        )
    for view in (core, pagerank, communities):
        _, full_s = timed(lambda view=view: view(after))
        print(f"{view.__name__:12} full {full_s * 1e3:8.2f} ms")


def new_ties(network: Snapshot, events: int) -> NetworkDelta:
    chance = np.random.default_rng(2)
    wanted = np.unique(chance.integers(0, network.people, (2, events)), axis=1)
    keys = wanted[0] * network.people + wanted[1]
    new = wanted[:, ~np.isin(keys, network.keys) & (wanted[0] != wanted[1])]
    ids = network.ids
    ties = (TieChange(ids[a], ids[b], 0, 10**6, 0, 1, 0, 0) for a, b in new.T.tolist())
    return NetworkDelta(tuple(sorted(ties, key=lambda tie: (tie.source, tie.target))))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the CPU seconds of the quicker of two turns; the first may have to compile or to derive."""
    work()
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
