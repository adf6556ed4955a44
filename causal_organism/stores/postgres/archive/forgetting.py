"""What the archive forgets: interactions taken in long ago, and batches that everybody has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from causal_organism.network.entries import later
from causal_organism.stores.postgres.archive.state import ArchiveState

if TYPE_CHECKING:
    import psycopg

_OLD = "accepted_at < %s AND at_us < coalesce(%s, 9223372036854775807)"

_FORGETTABLE = f"SELECT count(*) FROM organism.interaction WHERE {_OLD}"

_FORGET = f"""
    WITH gone AS (
        DELETE FROM organism.interaction WHERE {_OLD}
        RETURNING at_us, entry
    )
    SELECT count(*), max(at_us),
        (SELECT entry FROM gone ORDER BY string_to_array(entry, '-')::numeric[] DESC LIMIT 1)
    FROM gone
"""

_OLD_BATCHES = "SELECT count(*) FROM organism.batch WHERE number < %s"

_FORGET_BATCHES = """
    WITH gone AS (DELETE FROM organism.batch WHERE number < %s RETURNING number) SELECT count(*) FROM gone
"""


def count(connection: psycopg.Connection[Any], state: ArchiveState, before: datetime) -> int:
    """Interactions that can go: taken in before a moment, and not in the network's window."""
    row = connection.execute(_FORGETTABLE, (before, state.window_from_us)).fetchone()
    return int(row[0]) if row else 0


def forget(connection: psycopg.Connection[Any], state: ArchiveState, before: datetime) -> tuple[int, ArchiveState]:
    """How many went, and the state after it."""
    row = connection.execute(_FORGET, (before, state.window_from_us)).fetchone()
    if row is None or not row[0]:
        return 0, state
    gone, last_us, last_entry = row
    known = [each for each in (state.forgotten_to_us, last_us) if each is not None]
    return int(gone), replace(
        state, forgotten=later(state.forgotten, last_entry), forgotten_to_us=max(known) if known else None
    )


def forget_batches(connection: psycopg.Connection[Any], before: int, *, dry_run: bool) -> int:
    """How many batches below a number go."""
    row = connection.execute(_OLD_BATCHES if dry_run else _FORGET_BATCHES, (before,)).fetchone()
    return int(row[0]) if row else 0
