"""Networks and networkx's graphs for each other: networkx's functions, computed by our views.

    networkx.pagerank(snapshot)                         # person id -> score; a snapshot is directed
    networkx.core_number(undirected(snapshot))
    networkx.betweenness_centrality(graph, backend="organism")   # networkx's own graph, converted

Functions and arguments that we do not have are left to networkx; it converts a snapshot first, with
`networkx.config.fallback_to_nx = True`. Registered under the name `organism`.
"""

from causal_organism.views.nx_backend.backend import Backend, backend, info
from causal_organism.views.nx_backend.graphs import NetworkGraph, directed, undirected

__all__ = ["Backend", "NetworkGraph", "backend", "directed", "info", "undirected"]
