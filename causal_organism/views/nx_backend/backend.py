"""What networkx asks of a backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from causal_organism.network.snapshot import Snapshot
from causal_organism.views.nx_backend.functions import FUNCTIONS
from causal_organism.views.nx_backend.graphs import NAME, NetworkGraph, from_networkx, graph_of, to_networkx, unlike


class Backend:
    """Its functions are attributes: those of `FUNCTIONS`, by networkx's names."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in FUNCTIONS:
            raise AttributeError(name)

        def compute(*args: Any, **kwargs: Any) -> Any:
            options = _arguments(name, args, kwargs)
            return FUNCTIONS[name].compute(graph_of(options.pop("G")), options)

        return compute

    @staticmethod
    def can_run(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool | str:
        """True where a call is one that we compute, to networkx's definition; else the reason."""
        function = FUNCTIONS.get(name)
        if function is None:
            return f"{name} is left to networkx"
        options = _arguments(name, args, kwargs)
        graph = options.pop("G")
        if not hasattr(graph, "is_directed"):
            return f"a {type(graph).__name__} is not a graph"
        if function.directed is not None and graph.is_directed() != function.directed:
            return f"only for {'directed' if function.directed else 'undirected'} graphs"
        weight = options.get("weight")
        if weight is not None and (not function.weighted or not isinstance(weight, str)):
            return f"weight={weight!r} is left to networkx"
        if isinstance(graph, NetworkGraph | Snapshot):
            graph = graph_of(graph)
            reason = None if weight in (None, "weight") else f"the ties of a network have no {weight!r}, only weight"
        else:
            reason = unlike(graph, weight)
        return reason or function.refuses(graph, options) or True

    @staticmethod
    def should_run(_name: str, _args: tuple[Any, ...], _kwargs: dict[str, Any]) -> bool:
        return True

    @staticmethod
    def convert_from_nx(graph: Any, *, edge_attrs: Mapping[str, Any] | None = None, **_options: Any) -> NetworkGraph:
        """A graph of networkx with the one attribute of its edges that the function asked for reads, if any."""
        return from_networkx(graph, next(iter(edge_attrs), None) if edge_attrs else None)

    @staticmethod
    def convert_to_nx(result: Any, **_options: Any) -> Any:
        """The same graph in networkx; anything else as it is."""
        return to_networkx(graph_of(result)) if isinstance(result, NetworkGraph | Snapshot) else result


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
        "backend_name": NAME,
        "project": "causal-organism",
        "package": "causal_organism",
        "short_summary": "The views of an organisation's network, for snapshots and for networkx's own graphs.",
        "functions": {name: {} for name in FUNCTIONS},
    }
