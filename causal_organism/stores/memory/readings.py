"""Readings in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from causal_organism.stores.measured import measured


class MemoryReadings:
    """`ReadingStore` for one process; `effects` and `views` hold the rows of its tables, by their primary keys."""

    def __init__(self) -> None:
        self.effects: dict[tuple[str, str, str, int, datetime], Mapping[str, object]] = {}
        self.views: dict[tuple[str, str, str, int, datetime], float | None] = {}

    def setup(self) -> None:
        pass

    def product(self) -> str:
        return "memory"

    def write_effects(self, rows: Sequence[Mapping[str, object]], *, version: int, at: datetime) -> None:
        for row in rows:
            person, outcome, treatment = (str(row.get(name) or "") for name in ("id", "outcome", "treatment"))
            self.effects.setdefault((person, outcome, treatment, version, at), row)

    def write_view(
        self, key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, version: int, at: datetime
    ) -> None:
        for entity, metric, value in measured(columns, rows):
            self.views.setdefault((key, metric, entity, version, at), value)

    def forget(self, before: datetime, *, dry_run: bool) -> int:
        effects = {key: row for key, row in self.effects.items() if key[-1] >= before}
        views = {key: value for key, value in self.views.items() if key[-1] >= before}
        gone = len(self.effects) + len(self.views) - len(effects) - len(views)
        if not dry_run:
            self.effects, self.views = effects, views
        return gone
