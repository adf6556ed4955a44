"""Betweenness against networkx: exact, sampled, and shared out."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from causal_organism.network.snapshot import from_columns
from causal_organism.sharing.snapshot_files import load, save
from causal_organism.views.betweenness import betweenness, scaled
from causal_organism.views.kernels.brandes import dependencies, order
from causal_organism.views.kernels.compiled import compiled
from tests.network.histories import History, histories
from tests.views.references import assert_same, directed, in_order, random_network


@given(history=histories)
def test_small_networks(history: History) -> None:
    network = history[-1][0].snapshot()
    found, sources, exact = betweenness(network)
    expected = in_order(nx.betweenness_centrality(directed(network)), network.people)
    assert_same(found, {"betweenness": expected}, network)
    assert (sources, exact) == (network.people, True)


@pytest.mark.large
@pytest.mark.parametrize(("people", "ties"), [(250, 700), (400, 2_500)])
def test_larger_networks(people: int, ties: int) -> None:
    network = random_network(7, people, ties)
    expected = in_order(nx.betweenness_centrality(directed(network)), people)
    assert_same(betweenness(network).scores, {"betweenness": expected}, network)


def test_a_long_line_has_long_paths() -> None:
    line = from_columns([f"p{idx}" for idx in range(100)], range(99), range(1, 100), [1] * 99, [1] * 99)
    expected = in_order(nx.betweenness_centrality(directed(line)), 100)
    assert_same(betweenness(line).scores, {"betweenness": expected}, line)


def test_nobody() -> None:
    network = from_columns([], [], [], [], [])
    assert_same(betweenness(network).scores, {"betweenness": []}, network)


def test_the_estimate_is_unbiased() -> None:
    network = random_network(3, 9, 25, apart=1)
    exact = betweenness(network).scores["betweenness"]
    samples = [np.array(chosen) for chosen in combinations(range(9), 3)]
    estimates = [scaled(dependencies(network, chosen), chosen) for chosen in samples]
    np.testing.assert_allclose(np.mean(estimates, axis=0), exact, atol=1e-12)
    assert exact.max() > 0.1


def test_above_the_limit_a_sample_is_published_as_one() -> None:
    network = random_network(5, 500, 3_000)
    found, sources, exact = betweenness(network, exact_people=100, sources=200)
    everyone = betweenness(network).scores["betweenness"]
    assert (sources, exact) == (200, False)
    assert 0 < np.abs(found["betweenness"] - everyone).max() < 0.25 * everyone.max()
    again = betweenness(network, exact_people=100, sources=200).scores["betweenness"]
    assert found["betweenness"].tobytes() == again.tobytes()


def test_a_sample_of_everybody_is_exact() -> None:
    network = random_network(5, 400, 2_000)
    assert betweenness(network, exact_people=0, sources=400)[1:] == (400, True)


def test_the_order_of_sources_follows_the_network() -> None:
    network = random_network(5, 500, 3_000)
    assert sorted(order(network)) == list(range(500))
    assert order(network).tolist() == order(network).tolist() != list(range(500))
    other = from_columns([*network.ids[:-1], "somebody else"], [0], [1], [1], [1])
    assert order(network).tolist() != order(other).tolist()


@pytest.mark.parametrize("people", [100, 400])
def test_shares_of_the_sources_add_up(people: int) -> None:
    network = random_network(5, people, 1_500)
    everybody = np.arange(people)
    parts = [dependencies(network, part) for part in np.array_split(everybody, 7)]
    np.testing.assert_allclose(sum(parts), dependencies(network, everybody), rtol=1e-12)


def test_a_mapped_snapshot_gives_the_same(tmp_path: Path) -> None:
    network = random_network(5, 400, 2_000)
    save(network, tmp_path / "one")
    mapped = betweenness(load(tmp_path / "one")).scores["betweenness"]
    assert mapped.tobytes() == betweenness(network).scores["betweenness"].tobytes()


def test_a_kernel_is_compiled_where_nothing_can_be_kept() -> None:
    names: dict[str, object] = {}
    exec("def doubled(number): return 2 * number", names)
    doubled = compiled(names["doubled"])
    assert (doubled(21), hasattr(doubled, "signatures")) == (42, True)
