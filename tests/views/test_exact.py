"""Every exact view but betweenness against networkx."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views import share
from causal_organism.views.bridges import bridges
from causal_organism.views.brokerage import brokerage
from causal_organism.views.clustering import clustering
from causal_organism.views.constraint import constraint
from causal_organism.views.core import core
from causal_organism.views.degree import degree
from causal_organism.views.ego import ego
from causal_organism.views.kernels import holes, open_pairs, roles
from causal_organism.views.kernels.compiled import compiled
from causal_organism.views.pagerank import pagerank
from causal_organism.views.reciprocity import reciprocity
from causal_organism.views.scores import Scores
from causal_organism.views.strength import strength
from tests.network.histories import History, histories
from tests.views.references import assert_same, by_networkx, ego_betweenness, random_network, roster, undirected


def in_teams(network: Snapshot) -> Scores:
    return brokerage(network, roster(network))


VIEWS: dict[str, Callable[[Snapshot], Scores]] = {
    "degree": degree,
    "strength": strength,
    "reciprocity": reciprocity,
    "clustering": clustering,
    "core": core,
    "constraint": constraint,
    "ego": ego,
    "bridges": bridges,
    "brokerage": in_teams,
    "pagerank": pagerank,
}


@pytest.mark.parametrize("view", VIEWS)
@given(history=histories)
def test_small_networks(history: History, view: str) -> None:
    network = history[-1][0].snapshot()
    assert_same(VIEWS[view](network), by_networkx(view, network), network)


LARGER = [(60, 900), (400, 3_000), (80, 5_600)]  # (people, ties); of the last nearly all pairs are tied


@cache
def expected(view: str, people: int, ties: int) -> tuple[Snapshot, dict[str, Any]]:
    network = random_network(people, people, ties)
    return network, by_networkx(view, network)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("people", "ties"), LARGER)
def test_larger_networks(view: str, people: int, ties: int) -> None:
    network, scores = expected(view, people, ties)
    assert_same(VIEWS[view](network), scores, network)


@pytest.mark.parametrize("view", ["clustering", "constraint", "brokerage", "ego"])
@pytest.mark.parametrize("hub", [16, 0])
@pytest.mark.parametrize(("people", "ties"), [(2, 1), *LARGER])
def test_the_forms_for_large_networks(
    view: str, hub: int, people: int, ties: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled; with rows of hubs read or searched."""
    monkeypatch.setattr(share, "_QUICK_PATHS", -1)
    for kernels in (holes, roles, open_pairs):
        monkeypatch.setattr(kernels, "_HUB", hub)
    network, scores = expected(view, people, ties)
    assert_same(VIEWS[view](network), scores, network)


def test_who_talks_with_a_hundred_thousand_people_is_not_looked_at_pair_by_pair() -> None:
    """Ten thousand million ways lead through the hub, and back and forth none through anybody else."""
    people, others = 100_001, np.arange(1, 100_001)
    hub = np.zeros_like(others)
    sides = np.concatenate([hub, others]), np.concatenate([others, hub])
    network = from_columns([f"p{at}" for at in range(people)], *sides, np.full(200_000, 10**6), np.ones(200_000, int))
    team = np.array(["x", *["y"] * 50_000, *["z"] * 50_000], dtype=object)
    found = brokerage(network, {"id": network.id_array, "team": team})
    assert {role: values[0] for role, values in found.items() if role != "id"} == {
        "coordinator": 0,
        "gatekeeper": 0,
        "representative": 0,
        "consultant": 2 * 50_000 * 49_999,
        "liaison": 2 * 50_000 * 50_000,
    }
    assert all(values[1:].sum() == 0 for role, values in found.items() if role != "id")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("people", [[], ["a"], ["a", "b"]])
def test_nobody_and_no_ties(view: str, people: list[str]) -> None:
    network = from_columns(people, [], [], [], [])
    assert_same(VIEWS[view](network), by_networkx(view, network), network)


@pytest.mark.parametrize("people", [5, 400])
def test_pagerank_is_near_the_solution_of_its_equations(people: int) -> None:
    network = random_network(2, people, 4 * people)
    given = np.zeros((people, people))
    given[network.out.rows, network.out.indices] = network.out.weight
    total = given.sum(axis=1, keepdims=True)
    passed_on = np.divide(given, total, out=np.full_like(given, 1 / people), where=total > 0)
    solution = np.linalg.solve(np.eye(people) - 0.85 * passed_on.T, np.full(people, 0.15 / people))
    found = pagerank(network)["pagerank"]
    assert np.abs(found - solution).sum() < people * 6e-12
    assert found.sum() == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("few_paths", [10**9, -1])
@pytest.mark.parametrize("most_words", [1 << 24, 0])
@pytest.mark.parametrize("hub", [16, 0])
def test_however_pairs_of_contacts_are_counted_the_sums_are_the_same_bits(
    few_paths: int, most_words: int, hub: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In lists, by bits, or walked; with rows of hubs read or searched."""
    networks = [random_network(seed, 80, ties) for seed, ties in ((1, 100), (2, 600), (3, 2_500), (4, 7_000))]
    expected = [ego(network)["betweenness"] for network in networks]
    for name, value in (("_FEW_PATHS", few_paths), ("_MOST_WORDS", most_words), ("_HUB", hub)):
        monkeypatch.setattr(open_pairs, name, value)
    for network, scores in zip(networks, expected, strict=True):
        assert ego(network)["betweenness"].tobytes() == scores.tobytes()


def test_a_whole_department_that_talks_to_itself_takes_bounded_memory() -> None:
    """150 people, each tied to each other but for some: far more ways of two ties than ties."""
    chance = np.random.default_rng(4)
    pairs = np.array([(a, b) for a in range(150) for b in range(a) if chance.random() < 0.9]).T
    network = from_columns([f"p{at}" for at in range(150)], pairs[0], pairs[1], pairs[0] * 0 + 10**6, pairs[0] * 0 + 1)
    tracemalloc.start()
    found = ego(network)["betweenness"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300e6
    some = {at: ego_betweenness(undirected(network), at) for at in (0, 75, 149)}
    assert {at: found[at] for at in some} == pytest.approx(some, rel=1e-9)


def test_a_department_where_all_are_tied_needs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pair of 400 people is tied: contacts are looked at once, and there is no pair to look at."""
    used = []

    def noted(kernel: Callable[..., Any]) -> Callable[..., Any]:
        used.append(kernel)
        return compiled(kernel)

    monkeypatch.setattr(open_pairs, "compiled", noted)
    pairs = np.array(np.triu_indices(400, 1))
    network = from_columns([f"p{at}" for at in range(400)], pairs[0], pairs[1], pairs[0] * 0 + 10**6, pairs[0] * 0 + 1)
    assert ego(network)["betweenness"].tolist() == [0.0] * 400
    assert set(used) == {open_pairs._look}
