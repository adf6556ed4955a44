"""The one place that names concrete stores and joins them into an organism."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from causal_organism.assets.graph import AssetGraph
from causal_organism.documents.servers import StatusDocument
from causal_organism.errors import NotRunningError, RefusedError, ServerName, SettingsError
from causal_organism.graphs import load_graph, load_resources
from causal_organism.notebook import Answers
from causal_organism.ports import (
    Archive,
    Automations,
    Channels,
    CodeParts,
    EventStream,
    Imports,
    Interventions,
    Ledger,
    NetworkStore,
    Orchestrator,
    Outbox,
    PlatformSource,
    ReadingStore,
    ValueStore,
)
from causal_organism.ports.backups import BackupStores
from causal_organism.resources import Resources
from causal_organism.settings import Settings, load_settings
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.silence import Silence
from causal_organism.stores.tls import Tls
from causal_organism.wording.permits import OPERATOR

if TYPE_CHECKING:
    from causal_organism.assets.definitions import Asset
    from causal_organism.memory import MemoryOrganism
    from causal_organism.platform.console import Console
    from causal_organism.platform.workers.listing import OwnWorker
    from causal_organism.stores.redis.stream import RedisStream
    from causal_organism.stores.values.files import Files


CONSOLE_DEADLINE_S = 4.0
"""What one answer of a server may take in the console: below the 5 s after which it calls a source lost."""


class OpenOrganism(Answers):
    """ports.Organism on real servers; every store connects when it is first asked. A context manager."""

    def __init__(self, settings: Settings, *, deadline_s: float | None = None, silent_s: float = 0.0):
        """`deadline_s`: what one answer of a server may take, for whoever cannot wait; None: as patient as can be.

        `silent_s`: so long one that let us wait in vain is not asked again, for whoever asks all of them in turn.
        """
        self.settings = settings.as_reader() if settings.read_only else settings
        self.deadline_s = deadline_s
        self.silent_s = silent_s

    def __enter__(self) -> OpenOrganism:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        for name in ("database", "_readings_database", "stream", "network", "orchestrator", "resources"):
            opened = self.__dict__.get(name)
            if opened is not None and hasattr(opened, "close"):
                opened.close()

    def now(self) -> datetime:
        return datetime.now(UTC)

    @cached_property
    def graph(self) -> AssetGraph:
        found = load_graph(self.settings.assets)
        found.resources = self.resources
        return found

    @cached_property
    def resources(self) -> Resources:
        return Resources(load_resources(self.settings.assets), self.settings.value)

    @cached_property
    def tls(self) -> Tls:
        return Tls.of(self.settings)

    @cached_property
    def database(self) -> Database:
        found = Database(
            self.settings.need("postgres_dsn"),
            prepared=self.settings.postgres_prepared,
            deadline_s=self.deadline_s,
            read_only=self.settings.read_only,
            tls=self.tls,
        )
        found.silence = Silence(for_s=self.silent_s)
        return found

    @cached_property
    def ledger(self) -> Ledger:
        from causal_organism.stores.postgres.ledger import PostgresLedger

        return PostgresLedger(self.database)

    @cached_property
    def code_parts(self) -> CodeParts:
        from causal_organism.stores.postgres.code_parts import PostgresCodeParts

        return PostgresCodeParts(self.database)

    @cached_property
    def automations(self) -> Automations:
        from causal_organism.stores.postgres.automation import PostgresAutomations

        return PostgresAutomations(self.database)

    @cached_property
    def values(self) -> ValueStore:
        from causal_organism.stores.values.store import Values

        return Values(self.database, self._value_files, cache=self.settings.home / "cache" / "tables")

    @cached_property
    def _value_files(self) -> Files:
        from causal_organism.stores.values.files import files_at

        found = self.settings
        return files_at(
            found.values or found.values_folder, group=found.values_group, plaintext=found.plaintext_servers
        )

    @cached_property
    def stream(self) -> EventStream:
        return self._redis_stream

    @cached_property
    def _redis_stream(self) -> RedisStream:
        from causal_organism.stores.redis.stream import RedisStream

        url = self.settings.need("redis_url")
        settings, deadline_s = self.settings, self.deadline_s or 30.0
        return RedisStream(
            url,
            stream=settings.stream,
            dead_letters=settings.dead_letters,
            deadline_s=deadline_s,
            read_only=settings.read_only and not settings.redis_reader_url,  # who has a login is refused by that
            tls=self.tls,
        )

    @cached_property
    def archive(self) -> Archive:
        from causal_organism.stores.postgres.archive.store import PostgresArchive

        return PostgresArchive(self.database)

    @cached_property
    def network(self) -> NetworkStore:
        from causal_organism.stores.bolt.connection import BoltServer
        from causal_organism.stores.bolt.network import BoltNetwork

        server = BoltServer(
            uri=self.settings.need("neo4j_uri"),
            user=self.settings.neo4j_user,
            password=self.settings.neo4j_password,
            database=self.settings.neo4j_database,
            tls=self.tls,
        )
        return BoltNetwork(server, read_only=self.settings.read_only)

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

        return SqlReadings(self._readings_database)

    @cached_property
    def _readings_database(self) -> Database:
        dsn = self.settings.timescale_dsn
        if not dsn or dsn == self.settings.postgres_dsn:
            return self.database
        found = Database(dsn, deadline_s=self.deadline_s, read_only=self.settings.read_only, tls=self.tls)
        found.server, found.silence = ServerName.READINGS, Silence(for_s=self.silent_s)
        return found

    @cached_property
    def channels(self) -> Channels:
        from causal_organism.stores.notices.channels import SettingsChannels

        return SettingsChannels(self.settings, lambda: self.database)

    @cached_property
    def outbox(self) -> Outbox:
        from causal_organism.stores.notices.outbox import FolderOutbox

        return FolderOutbox(self.settings.home / "watch")

    @cached_property
    def backup_stores(self) -> BackupStores:
        from causal_organism.stores.postgres.copies import PostgresCopies
        from causal_organism.stores.redis.copies import RedisCopies
        from causal_organism.stores.values.copies import FileCopies

        elsewhere = self._readings_database
        return BackupStores(
            ledger=PostgresCopies(self.database),
            readings=None if elsewhere is self.database else PostgresCopies(elsewhere),
            stream=RedisCopies(self._redis_stream),
            files=FileCopies(self._value_files),
        )

    @cached_property
    def orchestrator(self) -> Orchestrator:
        from causal_organism.stores.prefect.orchestrator import PrefectOrchestrator

        if self.settings.prefect_api_url is None:
            self._tell_role()
        # Prefect is asked in short questions: what is not waited for twice is not waited for long either.
        return PrefectOrchestrator(
            self.settings, deadline_s=self.deadline_s or self.silent_s or None,
            silence=Silence(for_s=self.silent_s), permit=self._permit_operating,
        )  # fmt: skip

    def _tell_role(self) -> None:
        """Whose role is the reason that they have no address of Prefect hears that, and not how to start it."""
        try:
            self._permit_operating()
        except RefusedError as error:
            raise NotRunningError(f"Prefect is not for this role: {error.message}", hint=error.hint) from error

    @functools.cache  # noqa: B019 - once for each organism, which lives as long as its process
    def _permit_operating(self) -> None:
        """Prefect's server does for anybody what an operator may do."""
        from causal_organism.stores.postgres.logins import require_role

        if self.settings.postgres_dsn is not None:
            require_role(self.database, OPERATOR)

    @cached_property
    def sources(self) -> Mapping[str, PlatformSource]:
        from causal_organism.organism.projections.sources import platform_sources

        return platform_sources(self)

    def export(self) -> None:
        """Bring what stands beside the ledger up to the heads: readings, interventions, scores on people."""
        from causal_organism.organism.projections.exports import export_heads

        export_heads(self)


@overload
def open_organism(
    settings: Settings | None = None,
    *,
    assets: str | None = None,
    read_only: bool | None = None,
    memory: Literal[False] = False,
) -> OpenOrganism: ...
@overload
def open_organism(
    settings: Settings | None = None,
    *,
    assets: Iterable[Asset] | str | None = None,
    memory: Literal[True],
    resources: Mapping[str, Any] | None = None,
) -> MemoryOrganism: ...
def open_organism(
    settings: Settings | None = None,
    *,
    assets: Iterable[Asset] | str | None = None,
    read_only: bool | None = None,
    memory: bool = False,
    resources: Mapping[str, Any] | None = None,
) -> OpenOrganism | MemoryOrganism:
    """The organism that the environment describes. `assets`: `package.module:NAME` in place of the catalog.

    `memory`: one that holds everything in memory, and asks no server; its assets may be given as they are.
    `resources`: there, what stands in for RESOURCES.
    """
    settings = load_settings() if settings is None else settings
    if memory:
        from causal_organism.memory import MemoryOrganism

        return MemoryOrganism(assets if assets is not None else settings.assets, settings, resources=resources)
    if assets is not None and not isinstance(assets, str):
        raise SettingsError("assets as they are need memory=True; name them, package.module:NAME, to open the servers")
    if assets is not None:
        settings = replace(settings, assets=assets)
    if read_only is not None:
        settings = replace(settings, read_only=read_only)
    return OpenOrganism(settings)


def refuse_without(settings: Settings, role: str, *, owner_may: bool = False) -> None:
    """Raises RefusedError where the ledger's server knows this login and has not given it this role."""
    from causal_organism.stores.postgres.logins import require_role

    if settings.postgres_dsn is not None:
        with OpenOrganism(settings, deadline_s=CONSOLE_DEADLINE_S) as o:
            require_role(o.database, role, owner_may=owner_may)


def open_console(
    settings: Settings,
    *,
    read_only: bool,
    status: Callable[[], StatusDocument],
    own_worker: Callable[[], OwnWorker | None] = lambda: None,
) -> Console:
    """The source of the console: one organism, asked from several threads, in which no answer takes long.

    `status` looks at the servers, `own_worker` asks the home's worker what it finds.
    """
    from causal_organism.platform.console import Console

    settings = replace(settings, read_only=read_only or settings.read_only)
    organism = OpenOrganism(settings, deadline_s=CONSOLE_DEADLINE_S)
    from causal_organism.stores.postgres.logins import held_roles

    return Console(
        organism, status=status, close=organism.close, held=lambda: held_roles(organism.database), own=own_worker
    )
