"""Faults of workers that cannot do their work: graphs of assets that they cannot import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from causal_organism.alerts.faults import Fault, FaultKind


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenImport:
    """A worker that cannot import an asset graph. `graph`: its name, as in ORGANISM_ASSETS; `catalog` is ours."""

    worker: str
    graph: str
    error: str
    hint: str | None = None


def broken_imports(found: Sequence[BrokenImport]) -> tuple[Fault, ...]:
    """One fault a graph, whichever workers cannot import it: the same mistake reaches all of them."""
    by_graph: dict[str, list[BrokenImport]] = {}
    for each in found:
        by_graph.setdefault(each.graph, []).append(each)
    return tuple(_broken_import(graph, those) for graph, those in by_graph.items())


def _broken_import(graph: str, those: Sequence[BrokenImport]) -> Fault:
    workers = sorted({each.worker for each in those})
    who = f"worker {workers[0]}" if len(workers) == 1 else f"workers {', '.join(workers)}"
    what_to_do = (those[0].hint, "runs there fail until it is mended; `organism workers` shows what each can import")
    return Fault(
        kind=FaultKind.WORKER_BROKEN,
        subject=graph,
        text=f"{who} cannot import the assets of {graph}: {those[0].error}",
        hint="; ".join(filter(None, what_to_do)),
    )
