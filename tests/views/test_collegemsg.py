"""Every view on real messages, against networkx."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest

from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.organism.stream.collegemsg import collegemsg_interactions
from causal_organism.views.clustering import clustering, update_clustering
from causal_organism.views.communities import communities
from causal_organism.views.constraint import constraint, update_constraint
from causal_organism.views.core import core
from causal_organism.views.degree import degree, update_degree
from causal_organism.views.kernels.brandes import dependencies
from causal_organism.views.pagerank import pagerank
from causal_organism.views.reciprocity import reciprocity, update_reciprocity
from causal_organism.views.scores import Scores
from causal_organism.views.strength import strength, update_strength
from tests.views.references import assert_equal, assert_same, by_networkx, directed, in_order, undirected

pytestmark = pytest.mark.large

EXACT: dict[str, Callable[[Snapshot], Scores]] = {
    "degree": degree,
    "strength": strength,
    "reciprocity": reciprocity,
    "clustering": clustering,
    "core": core,
    "constraint": constraint,
    "pagerank": pagerank,
}
UPDATES: dict[str, Callable[..., Scores]] = {
    "degree": update_degree,
    "strength": update_strength,
    "reciprocity": update_reciprocity,
    "clustering": update_clustering,
    "constraint": update_constraint,
}


def delta_of(before: Snapshot, pairs: list[tuple[str, str]]) -> NetworkDelta:
    """One more message for each pair."""
    index = before.index
    known = zip(before.keys.tolist(), before.out.weight_u.tolist(), before.count.tolist(), strict=True)
    stood = {key: amounts for key, *amounts in known}
    changes = []
    for (source, target), more in sorted(Counter(pairs).items()):
        key = index.get(source, -1) * before.people + index.get(target, 0)
        weight_u, count = stood.get(key, (0, 0)) if source in index and target in index else (0, 0)
        changes.append(TieChange(source, target, weight_u, weight_u + more * 10**6, count, count + more, 0, 0))
    new = tuple(dict.fromkeys(person for pair in pairs for person in pair if person not in index))
    return NetworkDelta(tuple(changes), new, before.people if new else 0)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    return [(each.source, each.target) for each in collegemsg_interactions()]


@pytest.fixture(scope="module")
def network(pairs: list[tuple[str, str]]) -> Snapshot:
    nobody = from_columns([], [], [], [], [])
    return nobody.apply(delta_of(nobody, pairs))


def test_the_network_is_the_known_one(network: Snapshot) -> None:
    assert (network.people, network.ties, int(network.count.sum())) == (1_899, 20_296, 59_835)


@pytest.mark.parametrize("view", EXACT)
def test_views_are_those_of_networkx(network: Snapshot, view: str) -> None:
    assert_same(EXACT[view](network), by_networkx(view, network), network)


def test_betweenness_is_that_of_networkx(network: Snapshot) -> None:
    graph, chosen = directed(network), list(range(0, network.people, 90))
    expected = nx.betweenness_centrality_subset(graph, chosen, list(graph), normalized=False)
    found = dependencies(network, np.array(chosen))
    np.testing.assert_allclose(found, in_order(expected, network.people), rtol=1e-9, atol=1e-9)


def test_communities_are_at_least_those_of_networkx(network: Snapshot) -> None:
    graph, community = undirected(network), communities(network)["community"]
    parts = [set(np.flatnonzero(community == number).tolist()) for number in np.unique(community)]
    others = [nx.community.louvain_communities(graph, weight="weight", seed=seed) for seed in range(3)]
    quality = [nx.community.modularity(graph, each, weight="weight") for each in (parts, *others)]
    assert quality[0] >= max(quality[1:]) - 0.005


def test_following_the_messages_gives_the_same_as_starting_over(pairs: list[tuple[str, str]]) -> None:
    before = from_columns([], [], [], [], [])
    before = before.apply(delta_of(before, pairs[:57_000]))
    current = {view: EXACT[view](before) for view in UPDATES}
    for begin in range(57_000, len(pairs), 300):
        delta = delta_of(before, pairs[begin : begin + 300])
        before = before.apply(delta)
        current = {view: UPDATES[view](current[view], before, delta) for view in UPDATES}
    for view in UPDATES:
        assert_equal(current[view], EXACT[view](before))
