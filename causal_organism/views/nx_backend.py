"""Snapshots as networkx graphs: networkx's functions, computed by our views, without building a networkx graph.

    networkx.pagerank(snapshot)                 # person id -> score; a snapshot is directed
    networkx.core_number(undirected(snapshot))

Functions and arguments that we do not have are left to networkx, which converts the graph first
(`networkx.config.fallback_to_nx = True`). Registered under the name `organism`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.betweenness import scaled
from causal_organism.views.clustering import clustering
from causal_organism.views.constraint import constraint
from causal_organism.views.core import core
from causal_organism.views.kernels.brandes import dependencies
from causal_organism.views.pagerank import TOLERANCE, pagerank
from causal_organism.views.scores import Scores

_NAME = "organism"


@dataclass(frozen=True, slots=True, eq=False)
class NetworkGraph:
    """A snapshot read as a directed or an undirected graph; `weight` is in units."""

    snapshot: Snapshot
    is_directed_graph: bool

    @property
    def __networkx_backend__(self) -> str:
        return _NAME

    def is_directed(self) -> bool:
        return self.is_directed_graph

    def is_multigraph(self) -> bool:
        return False

    def __len__(self) -> int:
        return self.snapshot.people


def directed(snapshot: Snapshot) -> NetworkGraph:
    """Ties source -> target."""
    return NetworkGraph(snapshot, True)


def undirected(snapshot: Snapshot) -> NetworkGraph:
    """Pairs tied in either direction; the weight is the sum of both."""
    return NetworkGraph(snapshot, False)


def _betweenness(network: Snapshot) -> Scores:
    everybody = np.arange(network.people)
    return {"id": network.id_array, "betweenness": scaled(dependencies(network, everybody), everybody)}


@dataclass(frozen=True, slots=True)
class _Function:
    """One of networkx's functions: the view it is a column of, for which graphs, with which arguments.

    networkx is free to be called with any argument; only these values are ours, every other call is left to networkx.
    """

    view: Callable[[Snapshot], Scores]
    column: str
    directed: bool
    arguments: dict[str, Any]
    ignored: tuple[str, ...] = ()  # any value gives the same, as close as we promise


_FUNCTIONS = {
    "betweenness_centrality": _Function(
        _betweenness,
        "betweenness",
        True,
        {"k": None, "normalized": True, "weight": None, "endpoints": False},
        ("seed",),
    ),
    "pagerank": _Function(
        pagerank,
        "pagerank",
        True,
        {"alpha": 0.85, "personalization": None, "nstart": None, "weight": "weight", "dangling": None},
        ("max_iter", "tol"),  # a finer one is left to networkx
    ),
    "constraint": _Function(constraint, "constraint", True, {"nodes": None, "weight": "weight"}),
    "effective_size": _Function(constraint, "effective_size", False, {"nodes": None, "weight": None}),
    "clustering": _Function(clustering, "clustering", False, {"nodes": None, "weight": None}),
    "triangles": _Function(clustering, "triangles", False, {"nodes": None}),
    "core_number": _Function(core, "core", False, {}),
}


class Backend:
    """What networkx asks of a backend; its functions are attributes."""

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        if name not in _FUNCTIONS:
            raise AttributeError(name)

        def compute(graph: NetworkGraph | Snapshot, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
            snapshot = graph.snapshot if isinstance(graph, NetworkGraph) else graph
            columns = _FUNCTIONS[name].view(snapshot)
            return dict(zip(snapshot.ids, columns[_FUNCTIONS[name].column].tolist(), strict=True))

        return compute

    @staticmethod
    def can_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """True where a call is one that we compute, to networkx's definition; else the reason."""
        function = _FUNCTIONS.get(name)
        if function is None:
            return f"{name} is left to networkx"
        given = _arguments(name, args, kwargs)
        graph = given.pop("G")
        if not isinstance(graph, NetworkGraph | Snapshot) or graph.is_directed() != function.directed:
            return f"only for {'directed' if function.directed else 'undirected'} snapshots"
        if (tol := given.get("tol")) is not None and name == "pagerank" and tol < TOLERANCE:
            return f"tol={tol!r} is finer than the {TOLERANCE} that is promised"
        for argument, value in given.items():
            known = argument in function.ignored or argument in function.arguments
            if not known or (argument in function.arguments and value != function.arguments[argument]):
                return f"{argument}={value!r} is left to networkx"
        return True

    @staticmethod
    def should_run(_name: str, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> bool:
        return True

    @staticmethod
    def convert_from_nx(_graph: Any, **_options: Any) -> NetworkGraph:
        raise NotImplementedError("networkx graphs are not converted; give a snapshot")

    @staticmethod
    def convert_to_nx(result: Any, **_options: Any) -> Any:
        """The same graph in networkx; anything else as it is."""
        import networkx as nx  # 0.2 s

        if not isinstance(result, NetworkGraph | Snapshot):
            return result
        snapshot = result.snapshot if isinstance(result, NetworkGraph) else result
        graph = nx.DiGraph() if result.is_directed() else nx.Graph()
        graph.add_nodes_from(snapshot.ids)
        ties = snapshot.out if result.is_directed() else snapshot.undirected
        names = snapshot.ids
        rows, heads = (map(names.__getitem__, each.tolist()) for each in (ties.rows, ties.indices))
        graph.add_weighted_edges_from(zip(rows, heads, ties.weight.tolist(), strict=True))
        return graph


def _arguments(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a call by name, defaults included."""
    import networkx as nx  # 0.2 s

    bound = signature(getattr(nx, name).orig_func).bind(*args, **kwargs)
    bound.apply_defaults()
    return dict(bound.arguments)


backend = Backend()
"""For the entry point `networkx.backends`."""


def info() -> dict[str, Any]:
    """What networkx shows about this backend."""
    return {
        "backend_name": _NAME,
        "project": "causal-organism",
        "package": "causal_organism",
        "short_summary": "Snapshots of an organisation's network, without conversion.",
        "functions": {name: {} for name in _FUNCTIONS},
    }
