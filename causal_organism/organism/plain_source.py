"""What sources of the platform have in common where nothing is special of them."""

from __future__ import annotations

from causal_organism.ports import Organism


class PlainSource:
    """A `PlatformSource` but for `look`: there is nothing to warn of, nothing else is kept, and a look mends it."""

    def __init__(self, organism: Organism):
        self._organism = organism

    def warnings(self) -> tuple[str, ...]:
        return ()

    def kept(self) -> frozenset[str]:
        return frozenset()

    def mending(self) -> str | None:
        return None
