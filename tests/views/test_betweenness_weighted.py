"""Betweenness by distances against networkx: whole distances, so that both know the same paths."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views.betweenness_weighted import betweenness_weighted
from causal_organism.views.kernels.brandes import dependencies_by_distance, distances
from tests.network.histories import History, histories
from tests.views.references import assert_same, directed, in_order, random_network


def by_networkx(network: Snapshot) -> dict[str, Any]:
    graph = directed(network)
    for _, _, tie in graph.edges(data=True):
        tie["distance"] = max(round(60 / tie["weight"]), 1)
    return {"betweenness": in_order(nx.betweenness_centrality(graph, weight="distance"), network.people)}


@given(history=histories)
def test_small_networks(history: History) -> None:
    network = history[-1][0].snapshot()
    found, sources, exact = betweenness_weighted(network)
    assert_same(found, by_networkx(network), network)
    assert (sources, exact) == (network.people, True)


@pytest.mark.large
@pytest.mark.parametrize(("people", "ties"), [(60, 200), (250, 700), (300, 4_000)])
def test_larger_networks(people: int, ties: int) -> None:
    network = random_network(7, people, ties)
    assert len(np.unique(distances(network))) > 20
    assert_same(betweenness_weighted(network).scores, by_networkx(network), network)


def test_many_paths_of_one_length() -> None:
    source, target = np.nonzero(np.ones((40, 40)) - np.eye(40))
    amount = np.random.default_rng(3).choice([20, 30, 60, 15], len(source)) * 10**6
    network = from_columns([f"p{idx}" for idx in range(40)], source, target, amount, np.ones_like(amount))
    assert set(distances(network).tolist()) == {1, 2, 3, 4}
    assert_same(betweenness_weighted(network).scores, by_networkx(network), network)


def test_distances_are_whole_and_at_least_one() -> None:
    amounts = [1, 10**6, 24 * 10**6, 60 * 10**6, 10**15]
    network = from_columns("abcdef", range(5), range(1, 6), amounts, [1] * 5)
    assert distances(network).tolist() == [60_000_000, 60, 2, 1, 1]  # 60 / 24 = 2.5 goes to the even


def test_the_compiled_and_the_plain_form_are_one() -> None:
    network = random_network(5, 80, 400)
    few, all_of_them = np.arange(3), np.arange(80)
    plain = [dependencies_by_distance(network, np.array([each])) for each in all_of_them]
    together = dependencies_by_distance(network, np.concatenate([all_of_them] * 4)) / 4
    np.testing.assert_allclose(np.sum(plain, axis=0), together, rtol=1e-12)
    assert dependencies_by_distance(network, few).tobytes() == sum(plain[:3]).tobytes()  # type: ignore[union-attr]
