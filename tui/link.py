"""The way to the source: connected when first used, asked in threads that nobody has to wait for."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Mapping

from causal_organism.errors import OrganismError
from causal_organism.wording.safe_text import safe_text
from tui.source import ConsoleSource
from tui.threads import PREFIX

CLOSE_S = 1.0
"""How long the end of the console waits for its connections to end."""


class Link:
    """The source, connected by whichever thread needs it first."""

    def __init__(self, connect: Callable[[], ConsoleSource]):
        self._connect = connect
        self._lock = threading.Lock()
        self._source: ConsoleSource | None = None
        self.unsupported: Mapping[str, str] | None = None

    def source(self) -> ConsoleSource:
        with self._lock:
            if self._source is None:
                source = self._connect()
                self.unsupported = source.unsupported()
                self._source = source
            return self._source

    def close(self) -> None:
        """Let go, unless a thread is still connecting; nobody waits for a server that does not let go."""
        if not self._lock.acquire(timeout=0.2):
            return
        source = self._source
        self._lock.release()
        if source is not None:
            closing = threading.Thread(target=source.close, name=f"{PREFIX}close", daemon=True)
            closing.start()
            closing.join(CLOSE_S)


def in_thread(name: str, work: Callable[[], None]) -> None:
    """Do it in a thread of its own: one that waits for ever takes no other's place."""

    def run() -> None:
        with contextlib.suppress(RuntimeError):  # the loop it would post to was closed: the console was left
            work()

    threading.Thread(target=run, name=f"{PREFIX}{name}", daemon=True).start()


def words(error: BaseException) -> str:
    """An error as one safe line: our own with their hint, others with their type."""
    if isinstance(error, OrganismError):
        hint = f"; {safe_text(error.hint, limit=sys.maxsize)}" if error.hint else ""  # half a command is none
        return safe_text(error.message, limit=600) + hint
    return safe_text(f"{type(error).__name__}: {error}", limit=600)
