"""Imports, interventions and readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from causal_organism.assets.contents import Stored

if TYPE_CHECKING:
    from causal_organism.documents.proposals import EventDetail, Proposal  # 1 ms, in every command


class Imports(Protocol):
    """Tables that people hand in: `people` and `outcomes`."""

    def store(self, name: str, content: Stored, *, at: datetime) -> bool:
        """Make this content the current import of that name; False if it was already."""

    def current(self, name: str) -> Stored | None:
        """The current import's content; its name is its fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionEvent:
    """What somebody, or the engine, did to an intervention, and its status before (None: it was new) and after."""

    at: datetime
    action: str
    was: str | None
    now: str
    actor: str
    detail: EventDetail


@dataclass(frozen=True, slots=True, kw_only=True)
class InterventionRecord:
    """A proposal and what became of it. `proposal`: as `interventions/proposals` had it; `run`: which brought it."""

    id: str
    proposal: Proposal
    status: str
    proposed_at: datetime
    changed_at: datetime
    run: str | None
    events: tuple[InterventionEvent, ...]


class Interventions(Protocol):
    """Proposals and what became of them."""

    def sync_proposals(self, proposals: Sequence[Proposal], *, at: datetime, run: str | None) -> None:
        """Make the open proposals these: add new ones, withdraw the vanished; never touch what people acted on."""

    def all(self) -> tuple[InterventionRecord, ...]:
        """Best first."""

    def act(
        self, intervention: str, action: str, *, actor: str, at: datetime, detail: EventDetail | None = None
    ) -> str:
        """What a named person does to one, by interventions/lifecycle.py; its state then. Events are append-only."""


class ReadingStore(Protocol):
    """Results for dashboards: hypertables where TimescaleDB is there, plain tables of the same schema elsewhere."""

    def setup(self) -> None: ...

    def product(self) -> str:
        """`TimescaleDB x.y` or `plain tables`."""

    def write_effects(self, rows: Sequence[Mapping[str, object]], *, version: int, at: datetime) -> None: ...

    def write_view(
        self, key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, version: int, at: datetime
    ) -> None: ...

    def forget(self, before: datetime, *, dry_run: bool) -> int:
        """How many readings from before that moment went, or would."""
