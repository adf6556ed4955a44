"""The event stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One entry as it stands in the stream: fields as raw bytes, since anything may have been written there."""

    id: str
    fields: Mapping[bytes, bytes]

    @property
    def bytes(self) -> int:
        """Of names and values together."""
        return sum(map(len, self.fields)) + sum(map(len, self.fields.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """`removed` counts entries that are no longer in the stream; None where the server does not say (Redis < 7)."""

    length: int
    first_id: str | None
    last_id: str  # the greatest id ever given; "0-0" for a stream that never was
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An entry that was refused, with its fields as text."""

    id: str  # of the original entry
    reason: str
    fields: Mapping[str, str]


class EventStream(Protocol):
    """The interactions that were sent, and the dead letters beside them. Ids of entries are Redis' own."""

    def append(self, entries: Sequence[Mapping[str, str]]) -> list[str]:
        """Add entries in order; their ids."""

    def read_after(
        self, position: str, limit: int, until: str | None = None, *, most_bytes: int | None = None
    ) -> tuple[StreamEntry, ...]:
        """Up to `limit` entries behind `position` (exclusive) and up to `until` (inclusive), oldest first; no more than
        have `most_bytes` together, but at least one."""

    def state(self) -> StreamState: ...

    def clock(self) -> datetime | None:
        """The server's own time; None where it has none of its own."""

    def count_after(self, position: str, at_most: int = 1_000_000) -> int:
        """Entries behind a position."""

    def trim(self, before: str) -> int:
        """Remove entries up to and including this id; how many went."""

    def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Write in order of id, each under its original id; one that is there already is left as it is."""

    def read_dead_letters(self, limit: int | None = None) -> tuple[DeadLetter, ...]: ...

    def count_dead_letters(self) -> int: ...

    def drop_dead_letters(self, ids: Sequence[str]) -> int: ...
