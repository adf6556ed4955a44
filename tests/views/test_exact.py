"""Every exact view but betweenness against networkx."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views.clustering import clustering
from causal_organism.views.constraint import constraint
from causal_organism.views.core import core
from causal_organism.views.degree import degree
from causal_organism.views.pagerank import pagerank
from causal_organism.views.reciprocity import reciprocity
from causal_organism.views.scores import Scores
from causal_organism.views.strength import strength
from tests.network.histories import History, histories
from tests.views.references import assert_same, by_networkx, random_network

VIEWS: dict[str, Callable[[Snapshot], Scores]] = {
    "degree": degree,
    "strength": strength,
    "reciprocity": reciprocity,
    "clustering": clustering,
    "core": core,
    "constraint": constraint,
    "pagerank": pagerank,
}


@pytest.mark.parametrize("view", VIEWS)
@given(history=histories)
def test_small_networks(history: History, view: str) -> None:
    network = history[-1][0].snapshot()
    assert_same(VIEWS[view](network), by_networkx(view, network), network)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("people", "ties"), [(60, 900), (400, 3_000), (150, 20_000)])
def test_larger_networks(view: str, people: int, ties: int) -> None:
    network = random_network(people, people, ties)
    assert_same(VIEWS[view](network), by_networkx(view, network), network)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("people", [[], ["a"], ["a", "b"]])
def test_nobody_and_no_ties(view: str, people: list[str]) -> None:
    network = from_columns(people, [], [], [], [])
    assert_same(VIEWS[view](network), by_networkx(view, network), network)
