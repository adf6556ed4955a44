"""Following a delta costs less than starting over: CPU of both forms of each view, in one run.

And all cheap views of a network ten times as large, built from columns, take less than two seconds together.

python -m benchmarks.views [people] [events]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.networks import organisation
from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views.clustering import clustering, update_clustering
from causal_organism.views.communities import communities, update_communities
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
    "communities": (communities, update_communities),
}
CHEAP = (degree, strength, reciprocity, clustering, constraint, core, pagerank)
LIMIT_S = 2.0


def main(people: int = 10_000, events: int = 100) -> None:
    before = organisation(people)
    delta = new_ties(before, events)
    after, apply_s = timed(lambda: before.apply(delta))
    _, derive_s = timed(lambda: before.apply(delta).undirected)
    print(f"{people} people, {before.ties} ties, {len(delta.ties)} of them new; apply {apply_s * 1e3:.1f} ms, ", end="")
    print(f"with both directions {derive_s * 1e3:.1f} ms")
    for name, (full, update) in BOTH.items():
        previous = full(before)
        _, full_s = timed(partial(full, after))
        _, update_s = timed(partial(update, previous, after, delta))
        print(
            f"{name:12} full {full_s * 1e3:8.2f} ms, by delta {update_s * 1e3:8.2f} ms, ratio {full_s / update_s:5.1f}"
        )
    for view in (core, pagerank):
        _, full_s = timed(partial(view, after))
        print(f"{view.__name__:12} full {full_s * 1e3:8.2f} ms")
    everything(10 * people)


def everything(people: int) -> None:
    made = organisation(people)
    columns = made.ids, made.out.rows, made.out.indices, made.out.weight_u, made.count

    def work() -> None:
        network = from_columns(*columns, fingerprint=made.fingerprint)
        for view in CHEAP:
            view(network)

    _, taken_s = timed(work)
    print(f"{people} people, {made.ties} ties: built, and {len(CHEAP)} views in full: {taken_s:.2f} s, ", end="")
    print(f"{taken_s / LIMIT_S:.2f} of {LIMIT_S:.0f} s")


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
