"""Teams, against networkx; small ones are not shown."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

from causal_organism.network.snapshot import from_columns
from causal_organism.views.teams import teams
from tests.views.references import random_network, undirected


def roster(**teams_of: str | None) -> dict[str, Any]:
    return {
        "id": np.array(list(teams_of), dtype=object),
        "team": np.array(list(teams_of.values()), dtype=object),
    }


def test_teams_of_a_random_network() -> None:
    network = random_network(4, 90, 700)
    known = list(network.ids[:70])
    of = {person: f"team {place % 5}" for place, person in enumerate(known)}
    people = {"id": np.array([*known, "new"], dtype=object), "team": np.array([*of.values(), "team 0"], dtype=object)}
    found = teams(network, people, min_group=5)
    graph = undirected(network)
    assert found["id"].tolist() == sorted(set(of.values()))
    for row, name in enumerate(found["id"]):
        members = {network.index[person] for person in known if of[person] == name}
        size = len(members) + (name == "team 0")
        inside = graph.subgraph(members)
        weight, out = inside.size("weight"), nx.cut_size(graph, members, weight="weight")
        assert found["people"][row] == size
        np.testing.assert_allclose(found["cohesion"][row], 2 * inside.size() / (size * (size - 1)))
        np.testing.assert_allclose(found["silo"][row], weight / (weight + out))
        assert found["cross_ties"][row] == nx.cut_size(graph, members)


def test_a_team_under_the_minimum_is_not_shown() -> None:
    network = from_columns(["a", "b", "c"], [0, 1], [1, 2], [10**6, 10**6], [1, 1])
    found = teams(network, roster(a="x", b="x", c="y"), min_group=2)
    assert {name: values.tolist() for name, values in found.items() if name in ("id", "people")} == {
        "id": ["x", "y"],
        "people": [2, 1],
    }
    np.testing.assert_array_equal(found["cohesion"], [1.0, np.nan])
    np.testing.assert_array_equal(found["silo"], [0.5, np.nan])
    np.testing.assert_array_equal(found["cross_ties"], [1.0, np.nan])


def test_people_without_a_team_are_somebody_else() -> None:
    network = from_columns(["a", "b", "c"], [0, 1, 2], [1, 2, 1], [10**6, 10**6, 5], [1, 1, 1])
    found = teams(network, roster(a="x", b="x", c=None, d="x"), min_group=2)
    assert (found["id"].tolist(), found["people"].tolist(), found["cross_ties"].tolist()) == (["x"], [3], [1.0])
    np.testing.assert_allclose(found["cohesion"], [1 / 3])


def test_a_team_without_ties_has_no_silo() -> None:
    found = teams(from_columns([], [], [], [], []), roster(a="x", b="x"), min_group=2)
    assert (found["cohesion"].tolist(), found["cross_ties"].tolist()) == ([0.0], [0.0])
    assert np.isnan(found["silo"]).all()


def test_nobody_is_no_team() -> None:
    found = teams(random_network(1, 10, 20), roster(), min_group=5)
    assert {name: len(values) for name, values in found.items()} == dict.fromkeys(
        ["id", "people", "cohesion", "silo", "cross_ties"], 0
    )
