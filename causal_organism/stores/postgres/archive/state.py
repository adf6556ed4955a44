"""The row of the archive that says how far the stream was read; whoever accepts locks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from causal_organism.errors import FencedError
from causal_organism.network.entries import later
from causal_organism.network.interactions import Interaction
from causal_organism.ports import StreamPosition
from causal_organism.ports.archive import ArchiveTotals
from causal_organism.stores.statements import load_statements

if TYPE_CHECKING:
    import psycopg

_SQL = load_statements("postgres/statements/archive.sql")


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """Fields as in the table organism.stream_position."""

    entry: str
    entries: int
    read_to: str
    forgotten: str
    batch: int
    fingerprint: str
    people: int
    ties: int
    interactions: int
    first_us: int | None
    last_us: int | None
    window_from_us: int | None
    forgotten_to_us: int | None

    @property
    def position(self) -> StreamPosition:
        return StreamPosition(entry=self.entry, batch=self.batch, entries=self.entries)

    def totals(self) -> ArchiveTotals:
        return ArchiveTotals(
            people=self.people, ties=self.ties, interactions=self.interactions, first_us=self.first_us,
            last_us=self.last_us,
        )  # fmt: skip

    def moved(self, entry: str, entries: int) -> ArchiveState:
        """Read up to another entry. `read_to` never goes back."""
        return replace(self, entry=entry, entries=entries, read_to=later(self.read_to, entry))

    def counted(self, interactions: Sequence[Interaction]) -> ArchiveState:
        """With these interactions besides."""
        times = [each.at_us for each in interactions]
        if not times:
            return self
        return replace(
            self,
            interactions=self.interactions + len(times),
            first_us=min(times) if self.first_us is None else min(self.first_us, *times),
            last_us=max(times) if self.last_us is None else max(self.last_us, *times),
        )


def load(connection: psycopg.Connection[Any]) -> ArchiveState:
    """The state as it is now; nothing is locked."""
    row = connection.execute(_SQL["read_state"]).fetchone()
    assert row is not None  # the migration puts it there
    return ArchiveState(*row)


def lock(connection: psycopg.Connection[Any], expected: StreamPosition | None = None) -> ArchiveState:
    """The state, and the right to change the archive until the transaction ends.

    Raises:
        FencedError: somebody else read on since `expected` was read.
    """
    row = connection.execute(_SQL["lock_state"]).fetchone()
    assert row is not None
    state = ArchiveState(*row)
    if expected is not None and (state.entry, state.entries) != (expected.entry, expected.entries):
        raise FencedError(
            f"the stream was read on to {state.entry} by somebody else; expected {expected.entry}",
            hint="the next pulse goes on from there",
        )
    return state


def save(connection: psycopg.Connection[Any], state: ArchiveState) -> None:
    """Write the state; the caller has locked it."""
    connection.execute(
        _SQL["save_state"],
        (
            state.entry,
            state.entries,
            state.read_to,
            state.forgotten,
            state.batch,
            state.fingerprint,
            state.people,
            state.ties,
            state.interactions,
            state.first_us,
            state.last_us,
            state.window_from_us,
            state.forgotten_to_us,
        ),
    )
