"""Snapshots handed to networkx: the same scores without a conversion, and the rest left to networkx."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from causal_organism.views.nx_backend import Backend, backend, directed, info, undirected
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


@pytest.mark.parametrize(
    ("name", "graph", "options"),
    [
        ("betweenness_centrality", undirected(NETWORK), {}),
        ("betweenness_centrality", directed(NETWORK), {"k": 5}),
        ("betweenness_centrality", directed(NETWORK), {"weight": "weight"}),
        ("pagerank", directed(NETWORK), {"alpha": 0.9}),
        ("pagerank", directed(NETWORK), {"weight": None}),
        ("constraint", directed(NETWORK), {}),
        ("clustering", directed(NETWORK), {}),
        ("clustering", undirected(NETWORK), {"nodes": ["person 1"]}),
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


def test_a_finer_pagerank_than_is_promised_is_left_to_networkx() -> None:
    graph = directed(NETWORK)
    assert backend.can_run("pagerank", (graph,), {"tol": 1e-12}) is True
    assert "finer" in str(backend.can_run("pagerank", (graph,), {"tol": 1e-13}))
