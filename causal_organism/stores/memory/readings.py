"""Readings in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


class MemoryReadings:
    """`ReadingStore` for one process; `effects` and `views` hold what was written, by version."""

    def __init__(self) -> None:
        self.effects: dict[int, Sequence[Mapping[str, Any]]] = {}
        self.views: dict[tuple[str, int], tuple[Sequence[str], Sequence[Sequence[Any]]]] = {}

    def setup(self) -> None:
        pass

    def product(self) -> str:
        return "memory"

    def write_effects(self, rows: Sequence[Mapping[str, Any]], *, version: int, at: datetime) -> None:
        self.effects.setdefault(version, rows)

    def write_view(
        self, key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, version: int, at: datetime
    ) -> None:
        self.views.setdefault((key, version), (columns, rows))

    def forget(self, before: datetime, *, dry_run: bool) -> int:
        """None: they go with the process."""
        return 0
