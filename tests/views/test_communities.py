"""Communities: as good as the best of three of networkx, connected, and named so that names stay."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views import communities as module
from causal_organism.views.communities import communities, ties_of, update_communities
from causal_organism.views.kernels.leiden import modularity
from causal_organism.views.scores import Scores
from tests.examples import examples
from tests.network.histories import History, histories
from tests.views.references import random_network, undirected


def groups(network: Snapshot, found: Scores) -> list[set[int]]:
    community = found["community"]
    return [set(np.flatnonzero(community == number).tolist()) for number in np.unique(community)]


def quality(graph: Any, parts: list[set[int]]) -> float:
    return float(nx.community.modularity(graph, parts, weight="weight"))


def check(network: Snapshot, found: Scores | None = None) -> None:
    found = communities(network) if found is None else found
    graph, parts = undirected(network), groups(network, found)
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


@examples(60)
@given(history=histories)
def test_small_networks(history: History) -> None:
    check(history[-1][0].snapshot())


@pytest.mark.large
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


def test_six_people_in_a_row_are_two_threes() -> None:
    """Most starts end in three pairs, where nobody alone is better off elsewhere."""
    chance = np.random.default_rng(0)
    for _ in range(20):
        row = chance.permutation(6)
        source, target = zip(*sorted(zip(row[:-1].tolist(), row[1:].tolist(), strict=True)), strict=True)
        network = from_columns([f"p{at}" for at in range(6)], source, target, [10**6] * 5, [1] * 5)
        assert sorted(map(sorted, groups(network, communities(network)))) == sorted(
            [sorted(row[:3].tolist()), sorted(row[3:].tolist())]
        )


@pytest.mark.large
def test_the_same_network_has_the_same_communities() -> None:
    network = random_network(9, 400, 9_000)
    assert network.undirected.indices.size > 10_000  # compiled
    again = random_network(9, 400, 9_000)
    assert communities(network)["community"].tolist() == communities(again)["community"].tolist()
    check(network)


def test_people_without_ties_are_alone() -> None:
    network = random_network(5, 50, 300, apart=4)
    assert communities(network)["community"][-4:].tolist() == [46, 47, 48, 49]


@pytest.mark.large
@examples(40)
@given(history=histories)
def test_followed_through_a_history_they_are_as_good(history: History) -> None:
    network = history[0][0].snapshot()
    current = communities(network)
    for _, delta in history[1:]:
        network = network.apply(delta)
        current = update_communities(current, network, delta) or communities(network)
        check(network, current)


@pytest.mark.large
def test_followed_through_many_changes_of_a_larger_network_they_are_as_good() -> None:
    chance, followed = np.random.default_rng(4), 0
    network = random_network(3, 300, 1_200)
    current = communities(network)
    for turn in range(30):
        delta = moved(network, chance)
        network = network.apply(delta)
        found = update_communities(current, network, delta)
        followed += found is not None
        current = communities(network) if found is None else found
        if turn % 5 == 4:
            check(network, current)
    assert followed > 15


def moved(network: Snapshot, chance: np.random.Generator) -> NetworkDelta:
    """A few ties gone, as many new ones, and somebody new."""
    out, ids = network.out, network.ids
    gone = chance.choice(network.ties, 20, replace=False)
    ties = [
        TieChange(ids[out.rows[at]], ids[out.indices[at]], int(out.weight_u[at]), 0, int(network.count[at]), 0, 5, 9)
        for at in gone.tolist()
    ]
    came = f"new {network.people}"
    others = chance.choice(network.people, 20, replace=False).tolist()
    ties += [TieChange(came, ids[other], 0, 4 * 10**6, 0, 1, 5, 9) for other in others]
    return NetworkDelta(tuple(sorted(ties, key=lambda tie: (tie.source, tie.target))), (came,), network.people)


def test_names_stay_where_nobody_is_better_off_elsewhere() -> None:
    network = random_network(9, 400, 3_000)
    before, ids = communities(network), network.ids
    source, target = ids[network.out.rows[0]], ids[network.out.indices[0]]
    weight_u, count = int(network.out.weight_u[0]), int(network.count[0])
    delta = NetworkDelta((TieChange(source, target, weight_u, weight_u + 1, count, count + 1, 5, 9),))
    after = update_communities(before, network.apply(delta), delta)
    assert after is not None
    assert after["community"].tolist() == before["community"].tolist()


def test_one_start_that_ends_badly_does_not_lead_astray() -> None:
    before = from_columns(["p0", "p6"], [], [], [], [])
    ties = (
        TieChange("p2", "p0", 0, 1_000_000, 0, 1, 0, 0),
        TieChange("p2", "p5", 0, 250_000, 0, 1, 0, 0),
        TieChange("p7", "p0", 0, 3_000_001, 0, 1, 0, 0),
    )
    delta = NetworkDelta(ties, ("p2", "p7", "p3", "p1", "p4", "p5"), 2)
    after = before.apply(delta)
    check(after, update_communities(communities(before), after, delta) or communities(after))


def test_what_is_clearly_worse_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALL", 0)
    network = random_network(9, 200, 2_500)
    ties, refused = ties_of(network), 0
    best = modularity(ties, communities(network)["community"])
    for seed in range(8):
        mixed = np.random.default_rng(seed).integers(0, 5, network.people)
        found = update_communities({"id": network.id_array, "community": mixed}, network, NetworkDelta())
        refused += found is None
        assert found is None or modularity(ties, found["community"]) > best - 0.003
    assert 0 < refused < 8


def test_whom_next_to_nothing_tied_is_alone_without_it() -> None:
    before = from_columns("abcd", [0, 0], [1, 2], [1, 1], [1, 1])
    delta = NetworkDelta((TieChange("a", "d", 0, 250_000, 0, 1, 5, 9),))
    found = update_communities(communities(before), before.apply(delta), delta)
    assert found is not None
    assert found["community"].tolist() == [0, 1, 2, 0]
