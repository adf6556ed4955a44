"""Snapshots as graphs of networkx, and networkx's graphs as snapshots."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from causal_organism.network.csr import Csr
from causal_organism.network.interactions import MILLION
from causal_organism.network.snapshot import Snapshot, from_columns

NAME = "organism"
_MOST_U = 10**15
"""The heaviest tie, as an interaction has it: sums stay far from the end of 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkGraph:
    """A snapshot read as a directed or an undirected graph; `weight` is in units.

    `nodes`: each node of networkx with its idx in the snapshot, in order; people's ids, or whatever a graph had.
    """

    snapshot: Snapshot
    is_directed_graph: bool
    nodes: Mapping[Any, int]

    @property
    def __networkx_backend__(self) -> str:
        return NAME

    def is_directed(self) -> bool:
        return self.is_directed_graph

    def is_multigraph(self) -> bool:
        return False

    def __len__(self) -> int:
        return self.snapshot.people

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Hashable) and node in self.nodes

    def followed(self, *, weighted: bool = True) -> Snapshot:
        """Ties as they can be followed: of an undirected graph both ways. Not weighted: each weighs one unit."""
        ties = self.snapshot.out if self.is_directed_graph else self.snapshot.undirected
        weight_u = ties.weight_u if weighted else np.full(len(ties.indices), MILLION, dtype=np.int64)
        if weighted and self.is_directed_graph:
            return self.snapshot
        return Snapshot(self.snapshot.ids, Csr(ties.indptr, ties.indices, weight_u), np.ones_like(weight_u))


def directed(snapshot: Snapshot) -> NetworkGraph:
    """Ties source -> target."""
    return NetworkGraph(snapshot, True, snapshot.index)


def undirected(snapshot: Snapshot) -> NetworkGraph:
    """Pairs tied in either direction; the weight is the sum of both."""
    return NetworkGraph(snapshot, False, snapshot.index)


def graph_of(given: NetworkGraph | Snapshot) -> NetworkGraph:
    """A snapshot alone is directed."""
    return directed(given) if isinstance(given, Snapshot) else given


def from_networkx(graph: Any, weight: str | None) -> NetworkGraph:
    """A graph of networkx, with one attribute as the ties' weight; 1 where an edge has none, and for all without one.

    Raises NotImplementedError for what `unlike` names.
    """
    if reason := unlike(graph, weight):
        raise NotImplementedError(reason)
    nodes = {node: place for place, node in enumerate(graph)}
    is_directed = graph.is_directed()
    columns: tuple[list[int], list[int], list[int]] = ([], [], [])
    for node, others in graph.adjacency():
        for other, attributes in others.items():
            if is_directed or nodes[node] < nodes[other]:
                tie = nodes[node], nodes[other], _amount_u(_weight(attributes, weight))
                for column, value in zip(columns, tie, strict=True):
                    column.append(value)
    snapshot = from_columns(map(str, range(len(nodes))), *columns, [1] * len(columns[0]))
    return NetworkGraph(snapshot, is_directed, nodes)


def to_networkx(graph: NetworkGraph) -> Any:
    """The same graph in networkx, with the attribute `weight`."""
    import networkx as nx  # 0.2 s

    converted = nx.DiGraph() if graph.is_directed() else nx.Graph()
    converted.add_nodes_from(graph.nodes)
    names = list(graph.nodes)
    ties = graph.snapshot.out if graph.is_directed() else graph.snapshot.undirected
    rows, heads = (map(names.__getitem__, each.tolist()) for each in (ties.rows, ties.indices))
    converted.add_weighted_edges_from(zip(rows, heads, ties.weight.tolist(), strict=True))
    return converted


def unlike(graph: Any, weight: str | None) -> str | None:
    """Why a graph of networkx cannot be a network; None: it can. Cost: a look at every edge."""
    if graph.is_multigraph():
        return "a network has one tie between two people, and a multigraph may have several"
    for node, others in graph.adjacency():
        if node in others:
            return "a network has no tie of anyone with themselves"
        if weight is not None:
            for attributes in others.values():
                if _amount_u(_weight(attributes, weight)) == 0:
                    found = _weight(attributes, weight)
                    return f"a weight of {found!r} is not above 0 and whole in millionths"
    return None


def _weight(attributes: Mapping[str, Any], weight: str | None) -> Any:
    return 1 if weight is None else attributes.get(weight, 1)


def _amount_u(weight: Any) -> int:
    """In millionths; 0 for what cannot be told exactly in them."""
    if not isinstance(weight, Real) or not 0 < float(weight) <= _MOST_U / MILLION:
        return 0
    amount_u = round(float(weight) * MILLION)
    return amount_u if amount_u / MILLION == float(weight) else 0
