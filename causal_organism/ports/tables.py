"""Imports, interventions and readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from causal_organism.assets.contents import Stored


class Imports(Protocol):
    """Tables that people hand in: `people` and `outcomes`."""

    def store(self, name: str, content: Stored, *, at: datetime) -> bool:
        """Make this content the current import of that name; False if it was already."""

    def current(self, name: str) -> Stored | None:
        """The current import's content; its name is its fingerprint."""


class Interventions(Protocol):
    """Proposals and what became of them."""

    def sync_proposals(self, proposals: Sequence[Mapping[str, Any]], *, at: datetime, run: str | None) -> None:
        """Make the open proposals these: add new ones, withdraw the vanished; never touch what people acted on."""

    def all(self) -> tuple[Mapping[str, Any], ...]:
        """Best first: what the proposal says, with `state`, `proposed_at`, `changed_at`, `run` and its `events`."""

    def act(
        self, intervention: str, action: str, *, actor: str, at: datetime, detail: Mapping[str, Any] | None = None
    ) -> str:
        """What a named person does to one, by interventions/lifecycle.py; its state then. Events are append-only."""


class ReadingStore(Protocol):
    """Results for dashboards: hypertables where TimescaleDB is there, plain tables of the same schema elsewhere."""

    def setup(self) -> None: ...

    def product(self) -> str:
        """`TimescaleDB x.y` or `plain tables`."""

    def write_effects(self, rows: Sequence[Mapping[str, Any]], *, version: int, at: datetime) -> None: ...

    def write_view(
        self, key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, version: int, at: datetime
    ) -> None: ...

    def forget(self, before: datetime, *, dry_run: bool) -> int:
        """How many readings from before that moment went, or would."""
