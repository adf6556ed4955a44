"""Sources whose content lives in the platform's own stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.operations.network_source import NetworkSource
from causal_organism.ports import Look, Organism, PlatformSource


class ImportSource:
    """A table that people handed in; its content is a stored value."""

    def __init__(self, organism: Organism, name: str):
        self._organism = organism
        self._name = name

    def look(self) -> Look | None:
        found = self._organism.imports.current(self._name)
        return None if found is None else Look(fingerprint=found[0], place=found[1])

    def load(self, place: Mapping[str, Any], fingerprint: str) -> Any:
        return self._organism.values.load(place, fingerprint)

    def rows(self, place: Mapping[str, Any], fingerprint: str) -> tuple[list[str], list[list[Any]]]:
        found = self._organism.values.rows(place, fingerprint)
        assert found is not None  # imports are tables
        return found

    def delta(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Any | None:
        return None


def platform_sources(organism: Organism) -> Mapping[str, PlatformSource]:
    """Key -> source."""
    return {
        "network": NetworkSource(organism),
        "people": ImportSource(organism, "people"),
        "outcomes": ImportSource(organism, "outcomes"),
    }
