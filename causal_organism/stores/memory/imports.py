"""Imported tables in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class MemoryImports:
    """`Imports` for one process."""

    def __init__(self) -> None:
        self._current: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def store(self, name: str, fingerprint: str, value: Mapping[str, Any], *, at: datetime) -> bool:
        if name in self._current and self._current[name][0] == fingerprint:
            return False
        self._current[name] = (fingerprint, dict(value))
        return True

    def current(self, name: str) -> tuple[str, Mapping[str, Any]] | None:
        return self._current.get(name)
