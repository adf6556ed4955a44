"""An organism in memory: for notebooks and the tests of assets. It ends with the process, and asks no server."""

from __future__ import annotations

import getpass
import tempfile
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from causal_organism.assets.definitions import Asset
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.errors import NotRunningError
from causal_organism.graphs import load_graph, load_resources
from causal_organism.notebook import Answers
from causal_organism.ports import Archive, Channels, EventStream, Interventions, NetworkStore, Outbox, ReadingStore
from causal_organism.resources import Resources
from causal_organism.settings import Settings, load_settings
from causal_organism.stores.memory.automation import MemoryAutomations
from causal_organism.stores.memory.code_parts import MemoryCodeParts
from causal_organism.stores.memory.imports import MemoryImports
from causal_organism.stores.memory.ledger import MemoryLedger
from causal_organism.stores.memory.values import MemoryValues


class MemoryOrganism(Answers):
    """ports.Organism for assets of authors: a ledger and values in memory, and no stream, network or Prefect.

    A context manager; `close` removes the folder that notes about code are kept in.
    """

    def __init__(
        self,
        assets: Iterable[Asset] | str | None,
        settings: Settings | None = None,
        *,
        resources: Mapping[str, Any] | None = None,
    ):
        self._folder = tempfile.TemporaryDirectory(prefix="organism-")
        found = load_settings({}) if settings is None else settings
        self.settings = replace(
            found, home=Path(self._folder.name), actor=found.actor or getpass.getuser(), lease_wait_s=0.0,
            values=None, scratch=None, postgres_dsn=None, prefect_api_url=None, read_only=False,
        )  # fmt: skip
        self.graph: AssetGraph = load_graph(assets) if assets is None or isinstance(assets, str) else graph_of(assets)
        named = assets if isinstance(assets, str) else None
        self.resources = Resources(load_resources(named), self.settings.value)
        self.graph.resources = ChainMap(dict(resources or {}), self.resources)  # type: ignore[arg-type]
        self.ledger: Any = MemoryLedger(self.now)
        self.code_parts = MemoryCodeParts()
        self.automations = MemoryAutomations()
        self.values: Any = MemoryValues()
        self.imports = MemoryImports()
        self.sources: Mapping[str, Any] = {}

    def __enter__(self) -> MemoryOrganism:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.resources.close()
        self._folder.cleanup()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def export(self) -> None:
        """Nothing stands beside the ledger here."""

    @cached_property
    def orchestrator(self) -> Any:
        return _NoPrefect()

    if TYPE_CHECKING:  # named, so that a type checker tells what is misspelt
        stream: EventStream
        archive: Archive
        network: NetworkStore
        interventions: Interventions
        readings: ReadingStore
        channels: Channels
        outbox: Outbox
    else:

        def __getattr__(self, name: str) -> Any:
            if name in ("stream", "archive", "network", "interventions", "readings", "channels", "outbox"):
                raise NotRunningError(f"an organism in memory has no {name}", hint="open_organism() opens the servers'")
            raise AttributeError(name)


class _NoPrefect:
    """Every question says that there is no Prefect server; runs are those of the ledger."""

    def __getattr__(self, name: str) -> Any:
        def ask(*_: object, **__: object) -> Any:
            raise NotRunningError("an organism in memory has no Prefect server")

        return ask
