"""Batches of the stream, each read and parsed while the one before it is being accepted."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from causal_organism.network.entries import entry_key
from causal_organism.network.interactions import Interaction, Refusal, parse
from causal_organism.organism.files.pairs import load_aliases
from causal_organism.ports import Organism, StreamEntry

_LEAST = 100  # entries: what one transaction costs by itself is not cured by smaller ones


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamBatch:
    """What stands in the stream after one position: at least one entry, the last one's id, and what is in them."""

    last: str
    entries: int
    interactions: Sequence[Interaction]
    refusals: Sequence[Refusal]


class StreamReader:
    """Reads up to an end; people by the ids that `aliases.csv` in the home says.

    Nothing is taken out of the stream: what was read ahead and never asked for is not lost.
    """

    def __init__(self, organism: Organism, *, end: str, clock_offset: timedelta = timedelta()):
        """`clock_offset`: what is added to this machine's clock to judge what lies in the future."""
        self._organism = organism
        self._clock_offset = clock_offset
        self._end = end
        self._limit = organism.settings.batch_events
        self._aliases = load_aliases(None, organism.settings.home)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="stream")
        self._ahead: tuple[str, Future[StreamBatch | None]] | None = None

    def __enter__(self) -> StreamReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._worker.shutdown()

    def after(self, position: str) -> StreamBatch | None:
        """The next batch; None at the end. Begins with the one after it."""
        ahead, self._ahead = self._ahead, None
        found = ahead[1].result() if ahead is not None and ahead[0] == position else self._read(position, self._limit)
        if found is not None and self._before_end(found.last):
            self._ahead = (found.last, self._worker.submit(self._read, found.last, self._limit))
        return found

    def record_batch_cost(self, entries: int, seconds: float) -> None:
        """What accepting a batch cost: the next but one is as large as fits the time, at most twice the one before."""
        settings = self._organism.settings
        fit = int(entries * settings.batch_seconds / max(seconds, 1e-6))
        self._limit = min(settings.batch_events, max(_LEAST, min(fit, 2 * self._limit)))

    def _read(self, position: str, limit: int) -> StreamBatch | None:
        if not self._before_end(position):
            return None
        most_bytes = self._organism.settings.batch_bytes
        entries = self._organism.stream.read_after(position, limit, until=self._end, most_bytes=most_bytes)
        return self._parsed(entries) if entries else None

    def _parsed(self, entries: Sequence[StreamEntry]) -> StreamBatch:
        now_us = int((self._organism.now() + self._clock_offset).timestamp() * 1_000_000)
        found = [parse(each.fields, entry=each.id, now_us=now_us) for each in entries]
        if self._aliases:
            found = [self._aliases.joined(each) for each in found]
        return StreamBatch(
            last=entries[-1].id,
            entries=len(entries),
            interactions=[each for each in found if isinstance(each, Interaction)],
            refusals=[each for each in found if isinstance(each, Refusal)],
        )

    def _before_end(self, position: str) -> bool:
        return entry_key(position) < entry_key(self._end)
