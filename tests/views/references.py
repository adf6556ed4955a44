"""The same scores from networkx, and networks to compare on."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot, from_columns
from causal_organism.views.scores import Scores


def directed(network: Snapshot) -> Any:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.people))
    ties = zip(network.out.rows.tolist(), network.out.indices.tolist(), network.out.weight.tolist(), strict=True)
    graph.add_weighted_edges_from(ties)
    return graph


def undirected(network: Snapshot) -> Any:
    graph = nx.Graph()
    graph.add_nodes_from(range(network.people))
    for source, target, weight in directed(network).edges(data="weight"):
        was = graph[source][target]["weight"] if graph.has_edge(source, target) else 0.0
        graph.add_edge(source, target, weight=was + weight)
    return graph


def random_network(seed: int, people: int, ties: int, *, apart: int = 3) -> Snapshot:
    """Ties both ways, a few hubs, heavy weights; the last `apart` people have no ties."""
    chance = np.random.default_rng(seed)
    reach = max(people - apart, 2)
    source = (reach * chance.random(ties) ** 2).astype(int)
    target = chance.integers(0, reach, ties)
    returned = chance.random(ties) < 0.4
    pairs = np.concatenate([np.stack([source, target]), np.stack([target, source])[:, returned]], axis=1)
    pairs = np.unique(pairs[:, pairs[0] != pairs[1]], axis=1)
    ties = len(pairs[0])
    weight_u = chance.geometric(0.15, ties) * chance.integers(1, 2_000_000, ties)
    ids = [f"person {number}" for number in chance.permutation(people)]
    return from_columns(ids, pairs[0], pairs[1], weight_u, np.ones_like(weight_u))


def in_order(found: dict[int, Any], people: int) -> NDArray[np.float64]:
    return np.array([np.nan if found.get(idx) is None else found[idx] for idx in range(people)], dtype=float)


def roster(network: Snapshot) -> dict[str, NDArray[Any]]:
    """Three teams, and every fifth without one."""
    team = [None if at % 5 == 4 else "xyz"[at % 3] for at in range(network.people)]
    return {"id": np.array(network.ids, dtype=object), "team": np.array(team, dtype=object)}


def ego_betweenness(both: Any, person: int) -> float:
    return float(nx.betweenness_centrality(nx.ego_graph(both, person), normalized=True)[person])


def gould_fernandez(one: Any, team_of: dict[int, Any]) -> dict[str, dict[int, int]]:
    team = {v: team_of[v] if team_of[v] is not None else ("alone", v) for v in one}
    roles = ("coordinator", "gatekeeper", "representative", "consultant", "liaison")
    found = {role: dict.fromkeys(one, 0) for role in roles}
    for b in one:
        for a in one.predecessors(b):
            for c in one.successors(b):
                if a == c or one.has_edge(a, c):
                    continue
                match (team[a] == team[b], team[b] == team[c], team[a] == team[c]):
                    case (True, True, _):
                        role = "coordinator"
                    case (False, True, _):
                        role = "gatekeeper"
                    case (True, False, _):
                        role = "representative"
                    case (_, _, True):
                        role = "consultant"
                    case _:
                        role = "liaison"
                found[role][b] += 1
    return found


def by_networkx(view: str, network: Snapshot) -> dict[str, Any]:  # noqa: C901 - one case a view
    both, one, people = undirected(network), directed(network), network.people
    match view:
        case "degree":
            columns: dict[str, Any] = {"in": one.in_degree(), "out": one.out_degree(), "neighbours": both.degree()}
        case "strength":
            columns = {"in": one.in_degree(weight="weight"), "out": one.out_degree(weight="weight")}
        case "reciprocity":
            columns = {"reciprocity": nx.reciprocity(one, list(one))}
        case "ego":
            columns = {"betweenness": {v: ego_betweenness(both, v) for v in both}}
        case "bridges":
            bridges, cut = list(nx.bridges(both)), set(nx.articulation_points(both))
            columns = {
                "bridges": {v: sum(v in bridge for bridge in bridges) for v in both},
                "articulation": {v: int(v in cut) for v in both},
            }
        case "brokerage":
            columns = gould_fernandez(one, dict(zip(one, roster(network)["team"].tolist(), strict=True)))
        case "clustering":
            columns = {"clustering": nx.clustering(both), "triangles": nx.triangles(both)}
        case "core":
            columns = {"core": nx.core_number(both)}
        case "constraint":
            held = nx.constraint(one, weight="weight") if people else {}  # networkx has none for nobody
            columns = {"constraint": held, "effective_size": nx.effective_size(both) if people else {}}
        case "pagerank":
            columns = {"pagerank": nx.pagerank(one, alpha=0.85, weight="weight", tol=1e-12, max_iter=1000)}
    return {name: in_order(dict(values), people) for name, values in columns.items()}


def assert_same(found: Scores, expected: dict[str, Any], network: Snapshot, *, relative: float = 1e-9) -> None:
    assert list(found) == ["id", *expected]
    assert found["id"].tolist() == list(network.ids)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=relative, atol=1e-15, equal_nan=True, err_msg=name)


def assert_equal(found: Scores, expected: Scores) -> None:
    """Counts exactly, floats within 1e-9 relative; the types too."""
    assert list(found) == list(expected)
    assert found["id"].tolist() == expected["id"].tolist()
    for name, values in expected.items():
        assert found[name].dtype == values.dtype, name
        if name != "id":
            exact = values.dtype.kind == "i"
            np.testing.assert_allclose(
                found[name], values, rtol=0 if exact else 1e-9, atol=0 if exact else 1e-12, err_msg=name
            )
