"""A whole organism in memory, with a clock that stands still until it is moved."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from causal_organism.assets.definitions import Asset
from causal_organism.assets.graph import graph_of
from causal_organism.documents.refreshes import RefreshPart
from causal_organism.documents.servers import StatusDocument
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.organism.projections.exports import export_heads
from causal_organism.settings import Settings
from causal_organism.stores.memory.automation import MemoryAutomations
from causal_organism.stores.memory.code_parts import MemoryCodeParts
from causal_organism.stores.memory.imports import MemoryImports
from causal_organism.stores.memory.ledger import MemoryLedger
from causal_organism.stores.memory.readings import MemoryReadings
from causal_organism.stores.memory.values import MemoryValues

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@functools.cache
def _home() -> tempfile.TemporaryDirectory[str]:
    """One folder for all of them, removed at the end: nothing but notes about code is written there."""
    return tempfile.TemporaryDirectory(prefix="organism-")


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


class InMemory(SimpleNamespace):
    """Stores and settings by the names of ports.Organism."""

    def export(self) -> None:
        organism: Any = self
        export_heads(organism)


def memory_organism(assets: Iterable[Asset], **settings: Any) -> Any:
    """An organism of these assets on memory stores; `.clock` moves its time."""
    clock = Clock()
    return InMemory(
        settings=Settings(home=Path(_home().name), actor="ana", lease_wait_s=0.0, **settings),
        graph=graph_of(assets),
        ledger=MemoryLedger(clock),
        code_parts=MemoryCodeParts(),
        automations=MemoryAutomations(),
        values=MemoryValues(),
        imports=MemoryImports(),
        readings=MemoryReadings(),
        sources={},
        now=clock,
        clock=clock,
    )


def with_graph(organism: Any, assets: Iterable[Asset]) -> Any:
    """The same stores under another graph: what an edit of the code is."""
    return InMemory(**{**vars(organism), "graph": graph_of(assets)})


def no_servers() -> StatusDocument:
    """The status of a console without servers."""
    return {"schema": "organism.status/1", "servers": []}


def outcomes(document: RefreshPart) -> list[tuple[str, str]]:
    return [(step["key"], step["outcome"]) for step in document["steps"]]


def refreshed(organism: Any, selection: str = "*", **options: Any) -> list[tuple[str, str]]:
    """What a refresh did, in order."""
    return outcomes(refresh_local(organism, Request(selection, **options), Origin("ana")))
