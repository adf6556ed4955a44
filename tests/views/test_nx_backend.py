"""networkx's functions computed by our views: for snapshots without a conversion, and for networkx's own graphs."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.views.nx_backend import Backend, backend, directed, info, undirected
from tests.examples import examples
from tests.views.references import random_network

NETWORK = random_network(3, 80, 500)

SCRIPT = """
import json, networkx as nx
from causal_organism.views.nx_backend import Backend, backend, directed, undirected
from tests.views.test_nx_backend import NETWORK
one, both = directed(NETWORK), undirected(NETWORK)
calls = {
    "betweenness_centrality": (one, {}),
    "pagerank": (one, {"tol": 1e-12, "max_iter": 1000}),
    "constraint": (one, {"weight": "weight"}),
    "effective_size": (both, {}),
    "clustering": (both, {}),
    "triangles": (both, {}),
    "core_number": (both, {}),
}
worst = {}
for name, (graph, options) in calls.items():
    found = getattr(nx, name)(graph, **options)
    expected = getattr(nx, name)(Backend.convert_to_nx(graph), **options)
    assert list(found) == list(expected), name
    worst[name] = max(abs(found[each] - expected[each]) for each in found if expected[each] == expected[each])
assert all(backend.can_run(name, (graph,), options) is True for name, (graph, options) in calls.items())
assert nx.pagerank(NETWORK) == nx.pagerank(one) and nx.betweenness_centrality(NETWORK) == nx.betweenness_centrality(one)
assert backend.can_run("pagerank", (NETWORK,), {}) is True
nx.config.fallback_to_nx = True
assert nx.closeness_centrality(NETWORK) == nx.closeness_centrality(Backend.convert_to_nx(one))
fallen_back = nx.clustering(both, weight="weight")
expected = nx.clustering(Backend.convert_to_nx(both), weight="weight")
print(json.dumps({"worst": worst, "same": fallen_back == expected}))
"""


def test_networkx_finds_the_backend_and_gets_its_own_scores(tmp_path: Path) -> None:
    """In a fresh interpreter, with the entry points as an installed package declares them."""
    about = tmp_path / "backend-0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: backend\nVersion: 0\n")
    (about / "entry_points.txt").write_text(
        "[networkx.backends]\norganism = causal_organism.views.nx_backend:backend\n"
        "[networkx.backend_info]\norganism = causal_organism.views.nx_backend:info\n"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert max(told["worst"].values()) < 1e-9
    assert told["same"]


CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("betweenness_centrality", {}),
    ("betweenness_centrality", {"normalized": False}),
    ("betweenness_centrality", {"normalized": False, "endpoints": True}),
    ("betweenness_centrality", {"endpoints": True}),
    ("pagerank", {"tol": 1e-9, "max_iter": 500}),
    ("pagerank", {"alpha": 0.6, "weight": None}),
    ("pagerank", {"max_iter": 2}),
    ("pagerank", {"weight": "amount", "personalization": {0: 1, 3: 0.5}, "dangling": {1: 2}, "nstart": {0: 1}}),
    ("constraint", {}),
    ("constraint", {"weight": "amount"}),
    ("constraint", {"weight": "amount", "nodes": [2, 0]}),
    ("effective_size", {}),
    ("effective_size", {"nodes": [0, 1]}),
    ("clustering", {}),
    ("clustering", {"nodes": 1}),
    ("triangles", {"nodes": [1, 0]}),
    ("transitivity", {}),
    ("core_number", {}),
    ("reciprocity", {}),
    ("reciprocity", {"nodes": [0, 2]}),
    ("reciprocity", {"nodes": 0}),
    ("overall_reciprocity", {}),
)


@st.composite
def graphs(draw: st.DrawFn) -> Any:
    """Graphs of networkx with 0 to 9 nodes and weights on some of their edges."""
    size = draw(st.integers(0, 9))
    graph = draw(st.sampled_from([nx.Graph, nx.DiGraph]))()
    graph.add_nodes_from(range(size))
    pairs = st.tuples(st.integers(0, max(size - 1, 0)), st.integers(0, max(size - 1, 0)))
    for one, other in draw(st.lists(pairs.filter(lambda pair: pair[0] != pair[1]), max_size=20 if size > 1 else 0)):
        graph.add_edge(one, other)
        if draw(st.booleans()):
            graph.edges[one, other]["amount"] = draw(st.integers(1, 5000)) / 1000
    return graph


@examples(400)
@given(graph=graphs(), call=st.sampled_from(CALLS))
def test_what_runs_on_ours_is_what_networkx_gives(graph: Any, call: tuple[str, dict[str, Any]]) -> None:
    name, options = call
    if Backend.can_run(name, (graph,), options) is not True:
        return
    assert _outcome(name, graph, options, "organism") == _outcome(name, graph, options, "networkx")


def _outcome(name: str, graph: Any, options: dict[str, Any], where: str) -> Any:
    """A result that compares to 9 decimals, or the kind of error."""
    try:
        found = getattr(nx, name)(graph, backend=where, **options)
    except nx.NetworkXException as error:
        return type(error)
    if isinstance(found, dict):
        return [(node, _rounded(value)) for node, value in found.items()]
    return _rounded(found)


def _rounded(value: Any) -> Any:
    if value is None or math.isnan(value):
        return str(value)
    return pytest.approx(value, rel=1e-9, abs=1e-9)


GRAPH = nx.Graph([("a", "b"), ("b", "c")])


@pytest.mark.parametrize(
    ("name", "graph", "options"),
    [
        ("betweenness_centrality", directed(NETWORK), {"k": 5}),
        ("betweenness_centrality", directed(NETWORK), {"weight": "weight"}),
        ("betweenness_centrality", directed(NETWORK), {"endpoints": True}),
        ("pagerank", directed(NETWORK), {"weight": "cost"}),
        ("pagerank", nx.Graph([("a", "b", {"weight": 1 / 3})]), {}),
        ("pagerank", nx.Graph([("a", "b", {"weight": -1})]), {}),
        ("pagerank", nx.Graph([("a", "a")]), {}),
        ("pagerank", nx.MultiGraph([("a", "b"), ("a", "b")]), {}),
        ("pagerank", GRAPH, {"personalization": {"a": 0}}),
        ("constraint", GRAPH, {"nodes": ["a", "nobody"]}),
        ("constraint", GRAPH, {"nodes": "ab"}),
        ("clustering", directed(NETWORK), {}),
        ("clustering", GRAPH, {"weight": "weight"}),
        ("clustering", GRAPH, {"nodes": iter("ab")}),
        ("effective_size", GRAPH, {"weight": "weight"}),
        ("square_clustering", undirected(NETWORK), {}),
        ("pagerank", "no graph", {}),
    ],
)
def test_other_calls_are_left_to_networkx(name: str, graph: Any, options: dict[str, Any]) -> None:
    assert isinstance(Backend.can_run(name, (graph,), options), str)


def test_what_is_told_is_what_there_is() -> None:
    assert all(callable(getattr(backend, name)) for name in info()["functions"])
    assert not hasattr(backend, "square_clustering")
    assert info()["backend_name"] == directed(NETWORK).__networkx_backend__


def test_pagerank_stops_where_it_is_told_to() -> None:
    """A coarser tolerance ends earlier, at other shares; too few sweeps are networkx's own error."""
    ring = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a"), ("c", "b")])
    coarse, fine = (nx.pagerank(ring.copy(), tol=tol, backend="organism") for tol in (1e-1, 1e-9))
    assert coarse == pytest.approx(nx.pagerank(ring, tol=1e-1, backend="networkx"))
    assert abs(coarse["b"] - fine["b"]) > 1e-6
    with pytest.raises(nx.PowerIterationFailedConvergence):
        nx.pagerank(ring.copy(), max_iter=2, tol=1e-9, backend="organism")


def test_a_graph_converted_and_back_is_the_same() -> None:
    for graph in (nx.Graph(), nx.DiGraph()):
        graph.add_weighted_edges_from([((0, "x"), "b", 0.25), ("b", 7, 3.0)])
        graph.add_node("alone")
        back = Backend.convert_to_nx(Backend.convert_from_nx(graph, edge_attrs={"weight": 1}))
        assert list(back) == list(graph) and nx.utils.graphs_equal(back, graph)
