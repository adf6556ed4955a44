"""Sources of the platform, and the bundle of all ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from causal_organism.assets.contents import AtBatch, Content
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.versions import Metadata
from causal_organism.ports.alerts import Channels, Outbox
from causal_organism.ports.archive import Archive
from causal_organism.ports.automation import Automations
from causal_organism.ports.code_parts import CodeParts
from causal_organism.ports.ledger import Ledger
from causal_organism.ports.network import NetworkStore
from causal_organism.ports.orchestrator import Orchestrator
from causal_organism.ports.stream import EventStream
from causal_organism.ports.tables import Imports, Interventions, ReadingStore
from causal_organism.ports.values import ValueStore
from causal_organism.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a source looks like now. `write` stores the content, where it is not stored yet, and says where.

    `load` gives the value of a source that an author wrote.
    """

    fingerprint: str
    write: Callable[[], Content]
    load: Callable[[], Any] = lambda: None
    metadata: Metadata = field(default_factory=dict)


class PlatformSource(Protocol):
    """A source that lives in a store of ours (network, people, outcomes)."""

    def look(self) -> Look | None:
        """None: never imported."""

    def warnings(self) -> tuple[str, ...]:
        """What may be wrong with what it holds now, for its health; a sentence each. At most one small read."""

    def kept(self) -> frozenset[str]:
        """Fingerprints of content that it needs, whether a version names them or not."""

    def mending(self) -> str | None:
        """How people bring back content that is damaged; None: a look does."""


@runtime_checkable
class BatchSource(PlatformSource, Protocol):
    """A source whose versions are batches: the network."""

    def load(self, content: AtBatch) -> Any: ...

    def rows(self, content: AtBatch) -> tuple[list[str], list[list[Any]]]:
        """(columns, rows) for people to read: its ties, with the id `source -> target`."""

    def delta(self, was: AtBatch, now: AtBatch) -> Any | None:
        """What changed between two batches, or None where that cannot be said."""


class Engine(Protocol):
    """What judging, planning and making assets works with, of any graph. Stores connect when first asked."""

    @property
    def settings(self) -> Settings: ...
    @property
    def graph(self) -> AssetGraph: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def code_parts(self) -> CodeParts: ...
    @property
    def automations(self) -> Automations: ...
    @property
    def values(self) -> ValueStore: ...
    @property
    def sources(self) -> Mapping[str, PlatformSource]: ...

    def now(self) -> datetime: ...

    def export(self) -> None:
        """Called after publications: bring what stands beside the ledger up to the heads.

        Raises nothing: what was published stands, and what is behind is made up for by the next call.
        """


class Organism(Engine, Protocol):
    """Everything an operation works with: an engine, and the platform around it."""

    @property
    def stream(self) -> EventStream: ...
    @property
    def archive(self) -> Archive: ...
    @property
    def network(self) -> NetworkStore: ...
    @property
    def imports(self) -> Imports: ...
    @property
    def interventions(self) -> Interventions: ...
    @property
    def readings(self) -> ReadingStore: ...
    @property
    def channels(self) -> Channels: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def orchestrator(self) -> Orchestrator: ...
