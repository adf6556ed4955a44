"""What the archive forgets: interactions taken in long ago, and batches that everybody has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from causal_organism.network.entries import later
from causal_organism.stores.postgres.archive.state import ArchiveState
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("postgres/statements/archive.sql")


def count(connection: psycopg.Connection[Any], state: ArchiveState, before: datetime) -> int:
    """Interactions that can go: taken in before a moment, and not in the network's window."""
    row = connection.execute(_SQL["forgettable"], (before, state.window_from_us)).fetchone()
    return int(row[0]) if row else 0


def forget(connection: psycopg.Connection[Any], state: ArchiveState, before: datetime) -> tuple[int, ArchiveState]:
    """How many went, and the state after it."""
    row = connection.execute(_SQL["forget"], (before, state.window_from_us)).fetchone()
    if row is None or not row[0]:
        return 0, state
    gone, last_us, last_entry = row
    known = [each for each in (state.forgotten_to_us, last_us) if each is not None]
    return int(gone), replace(
        state, forgotten=later(state.forgotten, last_entry), forgotten_to_us=max(known) if known else None
    )


def forget_batches(connection: psycopg.Connection[Any], before: int, *, dry_run: bool) -> int:
    """How many batches below a number go."""
    row = connection.execute(_SQL["old_batches"] if dry_run else _SQL["forget_batches"], (before,)).fetchone()
    return int(row[0]) if row else 0
