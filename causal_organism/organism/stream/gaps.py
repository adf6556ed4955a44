"""Whether the stream still continues from where it was read: nothing is ever skipped in silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from causal_organism.network.entries import START, entry_key, preceding
from causal_organism.ports import EventStream, Gap, Organism, StreamPosition, StreamState

REREAD_FACT = "stream-reread"

Found = tuple[Gap, StreamPosition]
"""The gap, and the position to go on from."""


def is_restored(state: StreamState, position: StreamPosition) -> bool:
    """Whether the stream is as it was before our position: restored from a backup, or cut off by a crash of its server.

    What it has up to there was read already. What was sent behind our position and is not in it cannot be known of.
    """
    went_back = entry_key(state.last_id) < entry_key(position.entry) or (
        state.added is not None and state.added < position.entries
    )
    return went_back and state.first_id is not None and entry_key(state.first_id) <= entry_key(position.entry)


def find_gap(
    stream: EventStream, state: StreamState, position: StreamPosition, known: Sequence[Gap], *, now: datetime
) -> Found | None:
    """Entries that are gone before they were read, or a stream that is another than it was.

    Another stream (one that was emptied and filled anew) is read from its beginning: the archive knows which of its
    entries it has already. One that was restored from before our position is no gap.
    """
    if is_restored(state, position):
        return None
    if entry_key(state.last_id) < entry_key(position.entry) or (
        state.added is not None and state.added < position.entries
    ):
        gap = Gap(detected_at=now, after=position.entry, before=state.first_id or state.last_id, missing=None)
        return gap, StreamPosition(entry=START, entries=state.removed or 0)
    if state.removed is None:
        return _guess_gap(stream, state, position, known, now)
    if state.removed > position.entries:
        missing = state.removed - position.entries
        gap = Gap(detected_at=now, after=position.entry, before=state.first_id or state.last_id, missing=missing)
        return gap, StreamPosition(entry=position.entry, entries=state.removed)
    return None


def find_missing(state: StreamState, position: StreamPosition, *, now: datetime) -> Found | None:
    """After reading to the end of `state`: entries that were removed one by one, or while we read."""
    if state.added is None or position.entries >= state.added:
        return None
    missing = state.added - position.entries
    gap = Gap(detected_at=now, after=position.entry, before=state.last_id, missing=missing)
    return gap, StreamPosition(entry=position.entry, entries=state.added)


def _guess_gap(
    stream: EventStream, state: StreamState, position: StreamPosition, known: Sequence[Gap], now: datetime
) -> Found | None:
    """For servers that do not count (Redis before 7): the entry at our position is never trimmed by us."""
    if position.entry == START or any(each.after == position.entry for each in known):
        return None
    before = f"{position.entry.partition('-')[0]}-0"
    nearby = stream.read_after(preceding(before), 1, until=position.entry)
    if nearby and entry_key(nearby[0].id) <= entry_key(position.entry):
        return None
    gap = Gap(detected_at=now, after=position.entry, before=state.first_id or state.last_id, missing=None)
    return gap, position


def count_text(missing: int | None) -> str:
    """How many entries a gap has: `1 entry`, `12 entries`, or `entries` where that is not known."""
    return "entries" if missing is None else f"{missing} {'entry' if missing == 1 else 'entries'}"


def reread_at(organism: Organism) -> datetime | None:
    """When the stream was last read again from its beginning; None: never."""
    at = organism.ledger.fact(REREAD_FACT)
    return None if at is None else datetime.fromisoformat(at)


def open_gaps(organism: Organism) -> list[Gap]:
    """Gaps since which the stream was not read again, the oldest first."""
    gaps, reread = organism.archive.gaps(), reread_at(organism)
    return [gap for gap in gaps if reread is None or gap.detected_at > reread]


def gaps_of_run(organism: Organism, run: str) -> list[Gap]:
    """Open gaps that were found since this run of Prefect's first began: by one of its tries.

    Not since it was created: a schedule creates its runs hours ahead, and they have no part in what was found before.
    """
    row = organism.orchestrator.run(run)
    if row is None or row["started_at"] is None:
        return []
    began = datetime.fromisoformat(row["started_at"])
    return [gap for gap in open_gaps(organism) if gap.detected_at >= began]
