"""Imported tables in memory."""

from __future__ import annotations

from datetime import datetime

from causal_organism.assets.contents import Stored


class MemoryImports:
    """`Imports` for one process."""

    def __init__(self) -> None:
        self._current: dict[str, Stored] = {}

    def store(self, name: str, content: Stored, *, at: datetime) -> bool:
        if name in self._current and self._current[name].name == content.name:
            return False
        self._current[name] = content
        return True

    def current(self, name: str) -> Stored | None:
        return self._current.get(name)
