"""Which asset graphs the workers have: what was recorded when they were set up, and what their runs found."""

from __future__ import annotations

import socket
from collections.abc import Collection
from datetime import datetime, timedelta

from causal_organism.alerts.of_workers import BrokenImport
from causal_organism.documents.workers import RunImport
from causal_organism.errors import GraphError
from causal_organism.graphs import graph_names
from causal_organism.ports import Organism

WORKER_ASSETS = "worker_assets"
"""Name of the ledger's fact that says which asset graphs the workers were set up with; None: the catalog."""

SEEN_BY_WORKERS = "worker_graphs"
"""Name of the fact with what runs found: {host: {"assets", "error", "at"}}."""

_REPEATED, _FORGOTTEN = timedelta(hours=1), timedelta(days=1)
"""What a run finds again is recorded again after the first; what none found for the second says nothing any more: the
host may be gone, as a container's is.
"""


def note_worker_graph(organism: Organism, assets: str | None) -> bool:
    """Record that the workers have these graphs; False if that is known."""
    if organism.ledger.fact(WORKER_ASSETS) == assets:
        return False
    organism.ledger.set_fact(WORKER_ASSETS, assets)
    return True


def has_other_graphs(organism: Organism) -> bool:
    """Were the workers set up with other graphs than those of this process?"""
    return graph_names(organism.ledger.fact(WORKER_ASSETS)) != graph_names(organism.settings.assets)


def describe_graphs(assets: str | None) -> str:
    """`the catalog`, or the names as they were given."""
    return "the catalog" if assets is None else assets


def import_graph(organism: Organism) -> None:
    """Import the graph in a worker's run, and record how that went on this host where it is news.

    Raises GraphError.
    """
    try:
        len(organism.graph)
    except GraphError as error:
        _record(organism, error.message)
        raise
    _record(organism, None)


def graph_problems(organism: Organism, *, but: Collection[str] = ()) -> tuple[str, ...]:
    """What the last runs of workers could not import, a sentence for each host. `but`: hosts of which more is known."""
    return tuple(
        f"the worker on {host} could not import its assets ({each['at'][:16]}Z): {each['error']}"
        for host, each in _failed_imports(organism)
        if host not in but
    )


def broken_in_runs(organism: Organism) -> tuple[BrokenImport, ...]:
    """The same as facts; `worker` is the host's name."""
    return tuple(
        BrokenImport(worker=host, graph=", ".join(graph_names(each["assets"])), error=each["error"])
        for host, each in _failed_imports(organism)
        if each["error"]
    )


def forget_runs(organism: Organism) -> None:
    """Workers were started anew: what their runs found before says nothing of them."""
    if organism.ledger.fact(SEEN_BY_WORKERS):
        organism.ledger.set_fact(SEEN_BY_WORKERS, {})


def _failed_imports(organism: Organism) -> list[tuple[str, RunImport]]:
    """(host, what its last run found), of the hosts whose last run could not import its assets."""
    seen: dict[str, RunImport] = organism.ledger.fact(SEEN_BY_WORKERS) or {}
    since = organism.now() - _FORGOTTEN
    return [
        (host, each)
        for host, each in sorted(seen.items())
        if each["error"] and datetime.fromisoformat(each["at"]) > since
    ]


def _record(organism: Organism, error: str | None) -> None:
    """Two hosts that record at one moment may lose one of the two; its next run records it again."""
    host = socket.gethostname()
    seen: dict[str, RunImport] = dict(organism.ledger.fact(SEEN_BY_WORKERS) or {})
    known = seen.get(host)
    at = organism.now()
    now: RunImport = {"assets": organism.settings.assets, "error": error, "at": at.isoformat()}
    is_recent = known is not None and (error is None or at - datetime.fromisoformat(known["at"]) < _REPEATED)
    if known is not None and is_recent and {**known, "at": now["at"]} == now:
        return
    seen[host] = now
    organism.ledger.set_fact(SEEN_BY_WORKERS, seen)
