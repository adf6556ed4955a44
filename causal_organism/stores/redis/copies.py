"""The stream put back as it stood: its entries under their ids, and its count of those that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from causal_organism.errors import RefusedError
from causal_organism.network.entries import START
from causal_organism.ports import DeadLetter, StreamEntry, StreamState
from causal_organism.stores.redis.stream import RedisStream, driver_errors
from causal_organism.tracing import span

_TOGETHER = 1_000
_ANY = "organism-restore"  # a group that only makes the stream, and is gone again


class RedisCopies:
    """ports.StreamBackup"""

    def __init__(self, stream: RedisStream):
        self._stream = stream

    def refuse_filled(self) -> None:
        names = (self._stream.name, self._stream.dead_letters_name)
        with span("redis call"), driver_errors():
            is_there = bool(self._stream.redis.exists(*names))
        if is_there:
            raise RefusedError(
                f"Redis has {' or '.join(names)} already",
                hint="put a backup back beside an empty Redis, or under other keys (ORGANISM_STREAM)",
                code="not-empty",
            )

    def put_back(self, entries: Iterable[StreamEntry], state: StreamState, letters: Sequence[DeadLetter]) -> None:
        self.refuse_filled()
        rest = iter(entries)
        while page := list(islice(rest, _TOGETHER)):
            with span("redis call"), driver_errors():
                pipeline = self._stream.redis.pipeline(transaction=True)
                for each in page:
                    pipeline.xadd(self._stream.name, dict(each.fields), id=each.id)
                pipeline.execute()
        if state.last_id != START:
            self._set_state(state)
        self._stream.write_dead_letters(letters)

    def _set_state(self, state: StreamState) -> None:
        redis, name = self._stream.redis, self._stream.name
        with span("redis call"), driver_errors():
            redis.xgroup_create(name, _ANY, id="$", mkstream=True)  # also where no entry is left
            redis.xgroup_destroy(name, _ANY)
            counts = [] if state.added is None or not self._counts() else ["ENTRIESADDED", state.added]
            redis.execute_command("XSETID", name, state.last_id, *counts)

    def _counts(self) -> bool:
        """Whether this server counts what was added: Redis from 7 on."""
        return "entries-added" in self._stream.redis.xinfo_stream(self._stream.name)
