"""What sources have in common whose content is a stored value."""

from __future__ import annotations

from causal_organism.ports import Organism


class StoredSource:
    """A `PlatformSource` but for `look`: nothing else is kept, and a look mends it."""

    def __init__(self, organism: Organism):
        self._organism = organism

    def warnings(self) -> tuple[str, ...]:
        return ()

    def kept(self) -> frozenset[str]:
        return frozenset()

    def mending(self) -> str | None:
        return None
