"""networkx's functions that the views have, with the arguments that they honour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.clustering import clustering
from causal_organism.views.constraint import constraint
from causal_organism.views.core import core
from causal_organism.views.kernels.brandes import dependencies
from causal_organism.views.nx_backend.graphs import NetworkGraph
from causal_organism.views.pagerank import Walk, visit_shares
from causal_organism.views.reciprocity import reciprocity

Options = Mapping[str, Any]
"""A call's arguments by name, the defaults included, without the graph."""


@dataclass(frozen=True, slots=True)
class Function:
    """One of networkx's functions. `refuses`: why its other options cannot be honoured; None: they can.

    `directed`: the only graphs that it is for; None: both. A function that is not `weighted` takes `weight=None` only.
    """

    compute: Callable[[NetworkGraph, Options], Any]
    directed: bool | None = None
    weighted: bool = False
    refuses: Callable[[Any, Options], str | None] = lambda _graph, _options: None


def _betweenness(graph: NetworkGraph, options: Options) -> dict[Any, float]:
    network = graph.followed(weighted=False)
    people = network.people
    everybody = np.arange(people)
    sums = dependencies(network, everybody) if people else np.zeros(0)
    if options["endpoints"]:
        sums = sums + 2 * _reached(network)  # a path to each, and one from each
        pairs = people * (people - 1)
    else:
        pairs = (people - 1) * (people - 2)
    if options["normalized"]:
        return _named(graph, sums / max(pairs, 1))
    return _named(graph, sums if graph.is_directed() else sums / 2)  # a path is one, whichever way it is followed


def _reached(network: Snapshot) -> NDArray[np.int64]:
    """How many others each person of an undirected network is connected to."""
    from scipy.sparse import csr_array  # 0.2 s
    from scipy.sparse.csgraph import connected_components

    ties = network.undirected
    matrix = csr_array((np.ones(len(ties.indices)), ties.indices, ties.indptr), shape=(network.people,) * 2)
    part = connected_components(matrix, directed=False)[1]
    others: NDArray[np.int64] = np.bincount(part)[part] - 1
    return others


def _all_shortest_paths(graph: Any, options: Options) -> str | None:
    if options["k"] is not None and options["k"] != len(graph):
        return f"k={options['k']!r}: sources are chosen by networkx's own chance"
    return "endpoints=True is for undirected graphs" if options["endpoints"] and graph.is_directed() else None


def _pagerank(graph: NetworkGraph, options: Options) -> dict[Any, float]:
    import networkx as nx  # 0.2 s

    def shares(name: str) -> NDArray[np.float64] | None:
        given = options[name]
        if given is None:
            return None
        column = np.array([given.get(node, 0) for node in graph.nodes], dtype=np.float64)
        column /= column.sum()
        return column

    walk = Walk(
        damping=options["alpha"],
        start=shares("nstart"),
        teleport=shares("personalization"),
        dangling=shares("dangling"),
        most_sweeps=options["max_iter"],
        tolerance=options["tol"],
    )
    found, is_settled = visit_shares(graph.followed(weighted=options["weight"] is not None), walk)
    if not is_settled and len(graph):
        raise nx.PowerIterationFailedConvergence(options["max_iter"])
    return _named(graph, found)


def _shares_of_something(graph: Any, options: Options) -> str | None:
    for name in ("nstart", "personalization", "dangling"):
        given = options[name]
        if given is not None and not (isinstance(given, dict) and sum(given.get(node, 0) for node in graph)):
            return f"{name} is shares of nothing"
    return None


def _constraint(graph: NetworkGraph, options: Options) -> dict[Any, float]:
    network = graph.snapshot if options["weight"] is not None else graph.followed(weighted=False)
    column = constraint(network)["constraint"]
    if options["nodes"] is not None and graph.is_directed():
        column = np.where(network.out.degrees > 0, column, np.nan)  # networkx's, which differs from its own for all
    found: dict[Any, float] = _of_nodes(graph, column, options["nodes"])
    return found


def _column(
    view: Callable[[Snapshot], Mapping[str, NDArray[Any]]], name: str
) -> Callable[[NetworkGraph, Options], Any]:
    """A column of a view that looks at no weight."""
    return lambda graph, options: _of_nodes(graph, view(graph.snapshot)[name], options.get("nodes"))


def _transitivity(graph: NetworkGraph, _options: Options) -> float:
    neighbours = graph.snapshot.undirected.degrees
    pairs = int((neighbours * (neighbours - 1)).sum())
    closed = 2 * int(clustering(graph.snapshot)["triangles"].sum())
    return closed / pairs if closed else 0


def _reciprocity(graph: NetworkGraph, options: Options) -> Any:
    import networkx as nx  # 0.2 s

    if options["nodes"] is None:
        return _overall_reciprocity(graph, options)
    found = _column(reciprocity, "reciprocity")(graph, options)
    if not isinstance(found, dict):
        if found != found:
            raise nx.NetworkXError("Not defined for isolated nodes.")
        return found
    return {node: None if share != share else share for node, share in found.items()}


def _overall_reciprocity(graph: NetworkGraph, _options: Options) -> float:
    import networkx as nx  # 0.2 s

    ties = graph.snapshot.ties
    if not ties:
        raise nx.NetworkXError("Not defined for empty graphs")
    return 2 * (ties - len(graph.snapshot.undirected.indices) // 2) / ties


def _known_nodes(graph: Any, options: Options) -> str | None:
    nodes = options["nodes"]
    return None if nodes is None or nodes in graph else _known_list(graph, options)


def _known_list(graph: Any, options: Options) -> str | None:
    nodes = options["nodes"]
    if nodes is None:
        return None if len(graph) else "a graph of nobody is networkx's own error"
    if not isinstance(nodes, list | tuple | set | frozenset | dict):
        return f"nodes={nodes!r:.60} is not a list of nodes"
    return None if all(node in graph for node in nodes) else "nodes has some who are not in the graph"


def _of_nodes(graph: NetworkGraph, column: NDArray[Any], nodes: Any) -> Any:
    """The values of all, of some, or the one of a single node."""
    if nodes is None:
        return _named(graph, column)
    if nodes in graph:
        return column[graph.nodes[nodes]].item()
    return {node: column[graph.nodes[node]].item() for node in nodes}


def _named(graph: NetworkGraph, column: NDArray[Any]) -> dict[Any, Any]:
    return dict(zip(graph.nodes, column.tolist(), strict=True))


FUNCTIONS = {
    "betweenness_centrality": Function(_betweenness, refuses=_all_shortest_paths),
    "pagerank": Function(_pagerank, weighted=True, refuses=_shares_of_something),
    "constraint": Function(_constraint, weighted=True, refuses=_known_list),
    "effective_size": Function(_column(constraint, "effective_size"), directed=False, refuses=_known_list),
    "clustering": Function(_column(clustering, "clustering"), directed=False, refuses=_known_nodes),
    "triangles": Function(_column(clustering, "triangles"), directed=False, refuses=_known_nodes),
    "transitivity": Function(_transitivity, directed=False),
    "core_number": Function(_column(core, "core"), directed=False),
    "reciprocity": Function(_reciprocity, directed=True, refuses=_known_nodes),
    "overall_reciprocity": Function(_overall_reciprocity, directed=True),
}
"""Whatever else is asked of networkx is left to it."""
