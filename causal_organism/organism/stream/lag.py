"""How far the archive is behind the stream."""

from __future__ import annotations

from datetime import datetime

from causal_organism.documents.stream import GapDocument, StreamDocument
from causal_organism.network.entries import added_at
from causal_organism.organism.stream.gaps import count_text, find_gap, find_missing, is_restored, reread_at
from causal_organism.ports import Gap, Organism, StreamPosition

_LOOKS = 5  # at most, where pulses go on meanwhile


def stream_state(organism: Organism) -> StreamDocument:
    """`stream` of organism.queues/1: entries there, entries unread, age of the oldest unread in seconds, dead letters;
    `restored`: the stream is as it was before it was read last, and the next pulse compares it with the archive.
    `gap`: the last one that was found, or None; its `reread_at`: when the stream was last read again since. One that no
    pulse has found yet is shown as well, and is not `recorded`; nothing is changed by looking.

    Cost: independent of the lag, from Redis 7 on.
    """
    document, position = _look(organism)
    for _ in range(1, _LOOKS):
        gap = document["gap"]
        if gap is None or gap["recorded"] or organism.archive.position() == position:
            return document
        document, position = _look(organism)  # a pulse went on: what it took in and trimmed is no loss
    return document


def _look(organism: Organism) -> tuple[StreamDocument, StreamPosition]:
    """How the stream stands, and the position that it was compared with."""
    now, position, state, gaps = (
        organism.now(),
        organism.archive.position(),
        organism.stream.state(),
        organism.archive.gaps(),
    )
    restored = is_restored(state, position)
    lost = find_gap(organism.stream, state, position, gaps, now=now)
    behind = lost[1] if lost else position
    if state.added is not None and not restored:
        lag = max(0, state.added - behind.entries)
    else:
        lag = organism.stream.count_after(behind.entry)
    oldest = organism.stream.read_after(behind.entry, 1) if lag else ()
    if lag and not oldest and not restored and (rest := find_missing(state, behind, now=now)):
        lost, lag = lost or rest, 0
    document: StreamDocument = {
        "length": state.length,
        "lag": lag,
        "lag_s": max(0.0, (now - added_at(oldest[0].id)).total_seconds()) if oldest else 0.0,
        "dead_letters": organism.stream.count_dead_letters(),
        "restored": restored,
        "gap": _gap(organism, lost[0], recorded=False) if lost else _gap(organism, gaps[-1]) if gaps else None,
    }
    return document, position


def _gap(organism: Organism, gap: Gap, *, recorded: bool = True) -> GapDocument:
    return {
        "detected_at": gap.detected_at.isoformat(),
        "after": gap.after,
        "before": gap.before,
        "missing": gap.missing,
        "reread_at": _reread_since(organism, gap.detected_at) if recorded else None,
        "recorded": recorded,
    }


_RESTORED = (
    "the stream was restored from before it was read last: what it has was read already, and the next pulse compares it"
    " with the archive; nothing counts twice"
)


def note_text(stream: StreamDocument) -> str | None:
    """What is to be said of a stream beside its numbers; None: nothing."""
    return gap_text(stream["gap"]) or (_RESTORED if stream["restored"] else None)


def gap_text(gap: GapDocument | None) -> str | None:
    """What was lost and what to do about it; None: nothing, or it was done."""
    if gap is None or gap["reread_at"] is not None:
        return None
    lost = f"{count_text(gap['missing'])} lost after {gap['after']}"
    if not gap["recorded"]:
        return (
            f"gap: {lost}; the next pulse records it, tells it and goes on behind it;"
            " then ingest them again or restore the stream, and `organism stream reread`"
        )
    return (
        f"gap found {gap['detected_at'][:16]}Z: {lost};"
        " ingest them again or restore the stream, then `organism stream reread`"
    )


def _reread_since(organism: Organism, moment: datetime) -> str | None:
    at = reread_at(organism)
    return at.isoformat() if at is not None and at >= moment else None
