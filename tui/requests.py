"""What the console asks its source for: documents by name, and what a screen says that it wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from tui.source import ConsoleSource, Document

Request = tuple[str, Callable[[ConsoleSource], Document]]
ASSETS: Request = ("assets", lambda source: source.assets())
RUNS: Request = ("runs", lambda source: source.runs())
QUEUES: Request = ("queues", lambda source: source.queues())
SCHEDULES: Request = ("schedules", lambda source: source.schedules())
STATUS: Request = ("status", lambda source: source.status())
PROPOSALS: Request = ("proposals", lambda source: {"proposals": tuple(source.proposals())})
COUNTED = (ASSETS, RUNS, PROPOSALS)  # what the status bar counts, read seldom where the screen does not show it


class Asks(Protocol):
    """A screen with documents, once it is `composed`."""

    @property
    def composed(self) -> bool: ...

    def requests(self) -> Sequence[Request]: ...

    def log_request(self) -> tuple[str, str | None] | None:
        """(run, cursor) of the log to go on with; None if none is shown."""

    def present(self) -> None:
        """Show the documents that the console has."""

    def tick(self, now: float) -> None:
        """A second went by."""
