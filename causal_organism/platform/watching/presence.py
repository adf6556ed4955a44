"""Whether a watcher is there: then it tells of failures, and runs leave it to it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from causal_organism.errors import OrganismError
from causal_organism.ports import Organism

FACT = "watcher"
PRESENT = timedelta(minutes=3)


def note_presence(organism: Organism) -> None:
    """It has channels to tell on, and just looked. Where the ledger is away nobody can be told that, and need not."""
    if organism.channels.names():
        with suppress(OrganismError):
            organism.ledger.set_fact(FACT, {"at": organism.now().isoformat()})


def is_watched(organism: Organism) -> bool:
    """Raises StoreError."""
    found = organism.ledger.fact(FACT)
    return found is not None and abs(organism.now() - datetime.fromisoformat(found["at"])) < PRESENT
