"""Betweenness costs a fraction of networkx's: CPU per source, on one network, in one run.

python -m benchmarks.betweenness [people]
"""

from __future__ import annotations

import sys
import time

import networkx as nx
import numpy as np

from benchmarks.networks import organisation
from causal_organism.views.brandes import dependencies

THEIR_SOURCES = 8


def main(people: int = 2_000) -> None:
    network = organisation(people)
    dependencies(network, np.arange(1))  # compile
    began = time.process_time()
    dependencies(network, np.arange(people))
    ours_s = (time.process_time() - began) / people
    graph = nx.DiGraph()
    graph.add_nodes_from(range(people))
    graph.add_edges_from(zip(network.out.rows.tolist(), network.out.indices.tolist(), strict=True))
    began = time.process_time()
    nx.betweenness_centrality_subset(graph, range(THEIR_SOURCES), range(people))
    theirs_s = (time.process_time() - began) / THEIR_SOURCES
    print(f"{people} people, {network.ties} ties, CPU per source: ours {ours_s * 1e3:.3f} ms, ", end="")
    print(f"networkx {theirs_s * 1e3:.1f} ms, ratio {theirs_s / ours_s:.0f}; exact in {ours_s * people:.1f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
