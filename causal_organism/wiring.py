"""The one place that names concrete stores and joins them into an organism."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from causal_organism.assets.definitions import Asset
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.errors import GraphError, OrganismError
from causal_organism.ports import (
    Archive,
    Automations,
    Channels,
    EventStream,
    Imports,
    Interventions,
    Ledger,
    NetworkStore,
    Orchestrator,
    PlatformSource,
    ReadingStore,
    ValueStore,
)
from causal_organism.settings import Settings, load_settings
from causal_organism.stores.postgres.database import Database

if TYPE_CHECKING:
    from causal_organism.network.snapshot import Snapshot
    from causal_organism.platform.console import Console


class OpenOrganism:
    """ports.Organism on real servers; every store connects when it is first asked. A context manager."""

    def __init__(self, settings: Settings):
        self.settings = settings

    def __enter__(self) -> OpenOrganism:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        for name in ("database", "stream", "network", "orchestrator"):
            opened = self.__dict__.get(name)
            if opened is not None and hasattr(opened, "close"):
                opened.close()

    def now(self) -> datetime:
        return datetime.now(UTC)

    @cached_property
    def graph(self) -> AssetGraph:
        return load_graph(self.settings.assets)

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.need("postgres_dsn"), prepared=self.settings.postgres_prepared)

    @cached_property
    def ledger(self) -> Ledger:
        from causal_organism.stores.postgres.ledger import PostgresLedger

        return PostgresLedger(self.database)

    @cached_property
    def automations(self) -> Automations:
        from causal_organism.stores.postgres.automation import PostgresAutomations

        return PostgresAutomations(self.database)

    @cached_property
    def values(self) -> ValueStore:
        from causal_organism.stores.values.store import Values

        settings = self.settings
        return Values(
            self.database, settings.values or settings.values_folder, cache=settings.home / "cache" / "tables"
        )

    @cached_property
    def stream(self) -> EventStream:
        from causal_organism.stores.redis.stream import RedisStream

        url = self.settings.need("redis_url")
        return RedisStream(url, stream=self.settings.stream, dead_letters=self.settings.dead_letters)

    @cached_property
    def archive(self) -> Archive:
        from causal_organism.stores.postgres.archive import PostgresArchive

        return PostgresArchive(self.database)

    @cached_property
    def network(self) -> NetworkStore:
        from causal_organism.stores.bolt.network import BoltNetwork

        return BoltNetwork(
            self.settings.need("neo4j_uri"),
            user=self.settings.neo4j_user,
            password=self.settings.neo4j_password or "",
            database=self.settings.neo4j_database,
        )

    @cached_property
    def imports(self) -> Imports:
        from causal_organism.stores.postgres.imports import PostgresImports

        return PostgresImports(self.database)

    @cached_property
    def interventions(self) -> Interventions:
        from causal_organism.stores.postgres.interventions import PostgresInterventions

        return PostgresInterventions(self.database)

    @cached_property
    def readings(self) -> ReadingStore:
        from causal_organism.stores.postgres.readings import SqlReadings

        dsn = self.settings.timescale_dsn
        return SqlReadings(Database(dsn) if dsn and dsn != self.settings.postgres_dsn else self.database)

    @cached_property
    def channels(self) -> Channels:
        from causal_organism.stores.notices.channels import SettingsChannels

        return SettingsChannels(self.settings, lambda: self.database)

    @cached_property
    def orchestrator(self) -> Orchestrator:
        from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator

        return PrefectOrchestrator(self.settings)

    @cached_property
    def sources(self) -> Mapping[str, PlatformSource]:
        from causal_organism.organism.projections.sources import platform_sources

        return platform_sources(self)

    def export(self) -> None:
        """Bring what stands beside the ledger up to the heads: readings, interventions, scores on people."""
        from causal_organism.organism.projections.exports import export_heads

        export_heads(self)

    def read(self, text: str, *, partition: str | None = None) -> Any:
        """The value of `KEY` or `KEY@N` for a notebook: columns per entity as a pandas DataFrame, else as it is.

        `KEY@rejected` is the newest value that a blocking check rejected.
        Of an asset with partitions, `KEY[day=2026-01-01]` or `partition="day=2026-01-01"` says which.
        """
        from causal_organism.engine.contents import load_rows, load_value
        from causal_organism.engine.history.version_names import find_kept

        version = find_kept(self, text, partition)
        found = load_rows(self, version)
        if found is None:
            return load_value(self, version)
        import pandas as pd  # only who reads tables in Python pays for it

        columns, rows = found
        return pd.DataFrame(rows, columns=columns).set_index("id")

    def snapshot(self) -> Snapshot:
        """The network as it was last looked at; networkx takes it as a directed graph, without a conversion."""
        from causal_organism.engine.contents import load_value
        from causal_organism.engine.history.version_names import find_version

        found: Snapshot = load_value(self, find_version(self, "network"))
        return found

    def plan(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False
    ) -> dict[str, Any]:
        """organism.plan/1 of a selection, or of some of its partitions: `day=2026-01-01..2026-01-31`."""
        from causal_organism.engine.plan import make_plan, plan_document

        actor = self.settings.actor
        return plan_document(
            make_plan(self, selection, partition=partition, force=force, full=full, actor=actor, trigger="python")
        )

    def refresh(
        self, selection: str, *, partition: str | None = None, force: bool = False, full: bool = False
    ) -> dict[str, Any]:
        """Make what is out of date, in this process; organism.refresh/1."""
        from causal_organism.engine.refresh import refresh_local

        actor = self.settings.actor
        return refresh_local(
            self, selection, partition=partition, force=force, full=full, actor=actor, trigger="python"
        )


def open_organism(
    settings: Settings | None = None, *, assets: str | None = None, read_only: bool | None = None
) -> OpenOrganism:
    """The organism that the environment describes. `assets`: `package.module:NAME` in place of the catalog."""
    settings = load_settings() if settings is None else settings
    if assets is not None:
        settings = replace(settings, assets=assets)
    if read_only is not None:
        settings = replace(settings, read_only=read_only)
    return OpenOrganism(settings)


def open_console(settings: Settings, *, read_only: bool, status: Callable[[], Mapping[str, Any]]) -> Console:
    """The source of the console: one organism, asked from several threads."""
    from causal_organism.platform.console import Console

    organism = open_organism(settings, read_only=read_only or settings.read_only)
    return Console(organism, status=status, close=organism.close)


def load_graph(place: str | None) -> AssetGraph:
    """The asset graph at `package.module:NAME`, or the catalog. Raises GraphError with type, file and line."""
    if place is None:
        from causal_organism.catalog import ASSETS

        return graph_of(ASSETS)
    module, _, name = place.partition(":")
    if not module or not name:
        raise GraphError(f"{place!r} names no assets; write package.module:NAME")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:  # an author's module may raise anything while it is imported
        hint = error.hint if isinstance(error, OrganismError) else None
        raise GraphError(f"{place} cannot be imported: {_told(error, module)}", hint=hint) from error
    if isinstance(found, Asset):
        found = (found,)
    if not _is_list(found) or not all(isinstance(each, Asset) for each in found):
        file = getattr(sys.modules[module], "__file__", None) or module
        odd = next((each for each in found if not isinstance(each, Asset)), None) if _is_list(found) else found
        raise GraphError(
            f"{place} holds a {type(odd).__name__}; it must be a tuple of assets (TypeError, {file}, line 1)"
        )
    try:
        return graph_of(found)
    except GraphError as error:
        raise GraphError(f"{place}: GraphError: {error.message}", hint=error.hint) from error


def _is_list(found: object) -> bool:
    return isinstance(found, (tuple, list))


def _told(error: BaseException, module: str) -> str:
    """An exception with its type and the place in the author's code where it was raised."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})"
    ours = str(Path(__file__).parent)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((ours, "<frozen")) and "importlib" not in frame.filename
    ]
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else f" ({module})"
    return f"{type(error).__name__}: {error}{place}"
