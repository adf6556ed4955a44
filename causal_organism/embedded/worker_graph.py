"""What the home's worker finds when it imports the asset graph: asked in its environment, not in the caller's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from causal_organism.documents.workers import GraphsDocument
from causal_organism.embedded.home import Home
from causal_organism.embedded.inheritance import worker_environment
from causal_organism.embedded.servers.prefect import worker_name
from causal_organism.embedded.servers.server import WORKER
from causal_organism.embedded.state import load_request, load_state
from causal_organism.errors import GraphError
from causal_organism.graphs import CATALOG, graph_names
from causal_organism.platform.workers.asking import ask, broken_graph
from causal_organism.platform.workers.found import find
from causal_organism.settings import load_settings


def refuse_broken_graph(home: Home, variables: Mapping[str, str]) -> None:
    """Raises GraphError where a worker with these variables cannot import its asset graph."""
    if (error := graph_error(home, variables)) is not None:
        raise error


def ask_own_worker(home: Home) -> tuple[str, GraphsDocument] | None:
    """The home's own worker by name, and what it finds now (organism.graphs/1); None: the home has none."""
    request = load_request(home)
    if WORKER not in request.wanted:
        return None
    state = load_state(home)
    python = state.python if state else sys.executable
    if _is_catalog(request.worker) and python == sys.executable:  # this process finds what the worker does
        return worker_name(), find(replace(load_settings(), assets=None))
    return worker_name(), _ask(home, request.worker, python)


def own_worker_graph(home: Home) -> str | None:
    """ORGANISM_ASSETS of the home's own worker; None: not set."""
    return load_request(home).worker.get("ORGANISM_ASSETS")


def graph_error(home: Home, variables: Mapping[str, str]) -> GraphError | None:
    """The first thing that is wrong with the graph in a worker with these variables. Starts a process of Python."""
    if _is_catalog(variables):
        return None
    broken = broken_graph(_ask(home, variables))
    if broken is None:
        return None
    error, hint = broken
    return GraphError(f"in the worker, {error}", hint=hint)


def _is_catalog(variables: Mapping[str, str]) -> bool:
    return graph_names(variables.get("ORGANISM_ASSETS")) == (CATALOG,)


def _ask(home: Home, variables: Mapping[str, str], python: str = sys.executable) -> GraphsDocument:
    environment = worker_environment(home, variables)
    if "PYTHONPATH" not in variables:  # that of who asks is not the worker's
        environment.pop("PYTHONPATH", None)
    return ask(environment, home.folder, python=python)
