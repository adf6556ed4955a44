"""What the home's worker finds when it imports the asset graph: asked in its environment, not in the caller's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

from causal_organism.embedded.home import Home
from causal_organism.embedded.inheritance import worker_environment
from causal_organism.embedded.servers.server import WORKER
from causal_organism.embedded.state import load_request
from causal_organism.errors import GraphError
from causal_organism.graphs import CATALOG, graph_names

_LIMIT_S = 120.0


def refuse_broken_graph(home: Home, variables: Mapping[str, str]) -> None:
    """Raises GraphError where a worker with these variables cannot import its asset graph."""
    if (error := graph_error(home, variables)) is not None:
        raise error


def own_worker_error(home: Home) -> GraphError | None:
    """Why the home's own worker cannot import its graph; None if it can, or the home has no worker."""
    request = load_request(home)
    return graph_error(home, request.worker) if WORKER in request.wanted else None


def own_worker_graph(home: Home) -> str | None:
    """ORGANISM_ASSETS of the home's own worker; None: not set."""
    return load_request(home).worker.get("ORGANISM_ASSETS")


def graph_error(home: Home, variables: Mapping[str, str]) -> GraphError | None:
    """The first thing that is wrong with the graph in a worker with these variables. Starts a process of Python."""
    if graph_names(variables.get("ORGANISM_ASSETS")) == (CATALOG,):
        return None
    environment = worker_environment(home, variables)
    if "PYTHONPATH" not in variables:  # that of who asks is not the worker's
        environment.pop("PYTHONPATH", None)
    command = (sys.executable, "-m", "causal_organism", "graphs", "--json")
    try:
        done = subprocess.run(
            command, env=environment, cwd=home.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_LIMIT_S,
        )  # fmt: skip
        rows = json.loads(done.stdout)["graphs"]
    except subprocess.TimeoutExpired:
        return GraphError(f"in the worker, importing the asset graph took more than {_LIMIT_S:.0f} s")
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return GraphError(f"in the worker, the asset graph cannot be imported: {last}")
    broken = next((row for row in rows if row["error"]), None)
    if broken is None:
        return None
    return GraphError(f"in the worker, {broken['error']}", hint=broken["hint"])
