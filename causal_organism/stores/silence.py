"""Servers that say nothing, for whoever asks them for many things one after another."""

from __future__ import annotations

import time

from causal_organism.errors import StoreError


class Silence:
    """A server that let one wait in vain is not waited for again within `for_s`: who asks it for several things, as
    `organism check` and the watcher do, has waited once.
    """

    def __init__(self, *, for_s: float = 0.0) -> None:
        self._for_s = for_s
        self._found: tuple[float, StoreError] | None = None  # when, and what was said

    def note(self, error: StoreError) -> None:
        self._found = (time.monotonic(), error)

    def refuse(self) -> None:
        """Raises StoreError, as it was said, while the silence counts."""
        if self._found is not None and time.monotonic() - self._found[0] < self._for_s:
            said = self._found[1]
            raise StoreError(said.message, hint=said.hint, server=said.server)
