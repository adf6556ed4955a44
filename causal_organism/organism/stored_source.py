"""What sources have in common whose content is a stored value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.ports import Organism


class StoredSource:
    """A `PlatformSource` but for `look`: no change of it can be told, nothing else is kept, and a look mends it."""

    def __init__(self, organism: Organism):
        self._organism = organism

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        return self._organism.values.load(place, fingerprint)

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]] | None:
        return self._organism.values.rows(place, fingerprint)

    def delta(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Any | None:
        return None

    def warnings(self) -> tuple[str, ...]:
        return ()

    def kept(self) -> frozenset[str]:
        return frozenset()

    def mending(self) -> str | None:
        return None
