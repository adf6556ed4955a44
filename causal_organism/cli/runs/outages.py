"""Servers that are away for a while do not end the waiting for a run: workers go on with it, or begin it anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from causal_organism.cli.output import say
from causal_organism.errors import NotRunningError, StoreError
from causal_organism.wording.amounts import duration

T = TypeVar("T")

LONGEST_S = 300.0
"""So long a server may be away in one piece."""

POLL_S = 0.5
"""How often a server is asked about a run, whether it answers or not."""


class Outages:
    """Of servers that are asked again and again about one run. `found`: whether they have answered about it before."""

    def __init__(self, run: str, *, found: bool = False):
        self._run, self._found = run, found
        self._since: float | None = None  # on the monotonic clock; None: all answered when last asked

    def answer(self, ask: Callable[[], T]) -> T:
        """What `ask` gives, once it does. Raises as `borne`."""
        answered: list[T] = []
        while True:
            with self.borne():
                answered.append(ask())
            if answered:
                return answered[0]
            time.sleep(POLL_S)

    @contextmanager
    def borne(self) -> Iterator[None]:
        """Questions that are asked again where a server is away; told once per outage.

        Raises:
            NotRunningError: none is configured any more.
            StoreError: one has been away for LONGEST_S, or from the first question on.
        """
        try:
            yield
        except StoreError as error:
            if isinstance(error, NotRunningError) or not self._found:
                raise
            now = time.monotonic()
            if self._since is None:
                self._since = now
                say(f"{error.message}; the run does not depend on that: asked again for {duration(LONGEST_S)}")
            if now - self._since >= LONGEST_S:
                hint = f"the run may go on: organism run {self._run} --follow waits again"
                raise StoreError(error.message, hint=hint) from error
        else:
            if self._since is not None:
                say(f"all servers answer again after {duration(time.monotonic() - self._since)}")
            self._found, self._since = True, None
