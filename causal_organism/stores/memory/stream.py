"""The event stream in memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from causal_organism.network.entries import START, entry_key
from causal_organism.ports import DeadLetter, StreamEntry, StreamState
from causal_organism.stores.redis.stream import within


class MemoryStream:
    """`EventStream` for one process. Ids rise by one millisecond per entry, from 1-0: no clock."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._entries: dict[str, StreamEntry] = {}  # in order of id
        self._last = 0
        self._added = 0
        self._letters: dict[str, DeadLetter] = {}

    def append(self, entries: Sequence[Mapping[str, str]]) -> list[str]:
        return self.append_raw([{name.encode(): value.encode() for name, value in each.items()} for each in entries])

    def append_raw(self, entries: Sequence[Mapping[bytes, bytes]]) -> list[str]:
        """Add entries as any other program may have written them."""
        with self._guard:
            ids = []
            for fields in entries:
                self._last += 1
                self._added += 1
                entry = f"{self._last}-0"
                self._entries[entry] = StreamEntry(entry, dict(fields))
                ids.append(entry)
            return ids

    def read_after(
        self, position: str, limit: int, until: str | None = None, *, most_bytes: int | None = None
    ) -> tuple[StreamEntry, ...]:
        with self._guard:
            low, high = entry_key(position), entry_key(until) if until is not None else None
            found = [
                each
                for each in self._entries.values()
                if entry_key(each.id) > low and (high is None or entry_key(each.id) <= high)
            ]
            return tuple(found[:limit]) if most_bytes is None else within(found[:limit], most_bytes)

    def state(self) -> StreamState:
        with self._guard:
            return StreamState(
                length=len(self._entries),
                first_id=next(iter(self._entries), None),
                last_id=f"{self._last}-0" if self._last else START,
                added=self._added,
                removed=self._added - len(self._entries),
            )

    def count_after(self, position: str, at_most: int = 1_000_000) -> int:
        return len(self.read_after(position, at_most))

    def trim(self, before: str) -> int:
        with self._guard:
            gone = [each for each in self._entries if entry_key(each) <= entry_key(before)]
            for each in gone:
                del self._entries[each]
            return len(gone)

    def clock(self) -> None:
        return None

    def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        with self._guard:
            for each in letters:
                self._letters.setdefault(each.id, each)

    def read_dead_letters(self, limit: int | None = None) -> tuple[DeadLetter, ...]:
        with self._guard:
            return tuple(sorted(self._letters.values(), key=lambda each: entry_key(each.id)))[:limit]

    def count_dead_letters(self) -> int:
        return len(self._letters)

    def drop_dead_letters(self, ids: Sequence[str]) -> int:
        with self._guard:
            return sum(self._letters.pop(each, None) is not None for each in ids)
