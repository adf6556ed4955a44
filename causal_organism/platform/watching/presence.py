"""Whether a watcher is there: then it tells of failures, and runs leave it to it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from causal_organism.errors import OrganismError
from causal_organism.ports import Organism

FACT = "watcher"
LATE = timedelta(minutes=3)
"""So long after its next look was due, a watcher is still taken to be there."""


def note_presence(organism: Organism) -> None:
    """It has channels to tell on, and just looked. Where the ledger is away nobody can be told that, and need not."""
    if organism.channels.names():
        with suppress(OrganismError):
            every_s = organism.settings.watch_seconds
            organism.ledger.set_fact(FACT, {"at": organism.now().isoformat(), "every_s": every_s})


def is_watched(organism: Organism) -> bool:
    """Raises StoreError."""
    found = organism.ledger.fact(FACT)
    if found is None:
        return False
    return looks_on(datetime.fromisoformat(found["at"]), every_s=found.get("every_s", 0.0), now=organism.now())


def looks_on(looked_at: datetime, *, every_s: float, now: datetime) -> bool:
    """Whether who looked then, and looks so often, is there now; a clock that was set back says nothing of it."""
    return abs(now - looked_at) < LATE + timedelta(seconds=every_s)
