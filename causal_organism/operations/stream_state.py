"""How far the archive is behind the stream."""

from __future__ import annotations

from typing import Any

from causal_organism.network.entries import added_at, entry_key
from causal_organism.ports import Organism


def stream_state(organism: Organism) -> dict[str, Any]:
    """`stream` of organism.queues/1: entries there, entries unread, age of the oldest unread in seconds, dead letters;
    `gap`: the last one that was found, or None. Cost: independent of the lag, from Redis 7 on."""
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
        },
    }
