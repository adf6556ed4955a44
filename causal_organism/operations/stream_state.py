"""How far the archive is behind the stream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from causal_organism.network.entries import added_at, entry_key
from causal_organism.operations.reread import FACT
from causal_organism.ports import Organism


def stream_state(organism: Organism) -> dict[str, Any]:
    """`stream` of organism.queues/1: entries there, entries unread, age of the oldest unread in seconds, dead letters;
    `gap`: the last one that was found, or None; its `reread_at`: when the stream was last read again since.

    Cost: independent of the lag, from Redis 7 on.
    """
    position, state = organism.archive.position(), organism.stream.state()
    if state.added is not None and entry_key(position.entry) <= entry_key(state.last_id):
        lag = max(0, state.added - position.entries)
    else:
        lag = organism.stream.count_after(position.entry)
    oldest = organism.stream.read_after(position.entry, 1) if lag else ()
    gaps = organism.archive.gaps()
    last = gaps[-1] if gaps else None
    return {
        "length": state.length,
        "lag": lag,
        "lag_s": max(0.0, (organism.now() - added_at(oldest[0].id)).total_seconds()) if oldest else 0.0,
        "dead_letters": organism.stream.count_dead_letters(),
        "gap": last
        and {
            "detected_at": last.detected_at.isoformat(),
            "after": last.after,
            "before": last.before,
            "missing": last.missing,
            "reread_at": _reread_since(organism, last.detected_at),
        },
    }


def gap_text(gap: Mapping[str, Any] | None) -> str | None:
    """What was lost and what to do about it; None: nothing, or it was done."""
    if gap is None or gap["reread_at"] is not None:
        return None
    count = "entries" if gap["missing"] is None else f"{gap['missing']} {'entry' if gap['missing'] == 1 else 'entries'}"
    return (
        f"gap found {gap['detected_at'][:16]}Z: {count} lost after {gap['after']};"
        " ingest them again or restore the stream, then `organism stream reread`"
    )


def _reread_since(organism: Organism, moment: datetime) -> str | None:
    at: str | None = organism.ledger.fact(FACT)
    return at if at is not None and datetime.fromisoformat(at) >= moment else None
