"""Communities: as good as the best of three of networkx, connected, and named so that names stay."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views.communities import communities, ties_of
from causal_organism.views.leiden import modularity
from tests.network.histories import History, histories
from tests.views.references import random_network, undirected


def groups(network: Snapshot) -> list[set[int]]:
    community = communities(network)["community"]
    return [set(np.flatnonzero(community == number).tolist()) for number in np.unique(community)]


def quality(graph: Any, parts: list[set[int]]) -> float:
    return float(nx.community.modularity(graph, parts, weight="weight"))


def check(network: Snapshot) -> None:
    graph, parts = undirected(network), groups(network)
    found = communities(network)
    assert found["id"].tolist() == list(network.ids)
    assert found["community"].dtype == np.int64
    assert all(min(part) == found["community"][next(iter(part))] for part in parts)
    assert all(nx.is_connected(graph.subgraph(part)) for part in parts)
    if network.ties == 0:
        return
    reached = quality(graph, parts)
    assert reached == pytest.approx(modularity(ties_of(network), found["community"]), abs=1e-9)
    others = [nx.community.louvain_communities(graph, weight="weight", seed=seed) for seed in range(3)]
    assert reached >= max(quality(graph, each) for each in others) - 0.005


@settings(max_examples=60)
@given(history=histories)
def test_small_networks(history: History) -> None:
    check(history[-1][0].snapshot())


@pytest.mark.parametrize(("people", "ties"), [(60, 900), (200, 230), (200, 2_500), (900, 6_000)])
def test_larger_networks(people: int, ties: int) -> None:
    check(random_network(people, people, ties))


@pytest.mark.parametrize("ring", [3, 30])
def test_cliques_stay_together(ring: int) -> None:
    """The textbook case: cliques of five in a ring, one tie from each to the next."""
    inside = [(5 * clique + a, 5 * clique + b) for clique in range(ring) for a in range(5) for b in range(a)]
    between = [(5 * clique + 4, (5 * clique + 5) % (5 * ring)) for clique in range(ring)]
    source, target = zip(*inside, *between, strict=True)
    ids = [f"p{idx}" for idx in range(5 * ring)]
    network = from_columns(ids, source, target, [10**6] * len(source), [1] * len(source))
    community = communities(network)["community"].reshape(ring, 5)
    assert (community == community[:, :1]).all()
    if ring == 3:  # in a long ring, two cliques together have a higher modularity
        assert len(np.unique(community)) == 3
    check(network)


def test_the_same_network_has_the_same_communities() -> None:
    network = random_network(9, 400, 9_000)
    assert network.undirected.indices.size > 10_000  # compiled
    again = random_network(9, 400, 9_000)
    assert communities(network)["community"].tolist() == communities(again)["community"].tolist()
    check(network)


def test_people_without_ties_are_alone() -> None:
    network = random_network(5, 50, 300, apart=4)
    assert communities(network)["community"][-4:].tolist() == [46, 47, 48, 49]
