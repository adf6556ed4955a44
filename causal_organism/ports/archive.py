"""The archive: the truth of what was taken in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from causal_organism.network.columns import NetworkColumns
from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.interactions import Interaction, Refusal
from causal_organism.ports.stream import DeadLetter

if TYPE_CHECKING:
    from numpy.typing import NDArray


WeeklyColumns = Mapping[str, "NDArray[Any]"]
"""Name -> a column of tie sums per ISO week; all are of one length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPosition:
    """How far the archive has read. `entries` counts stream entries accepted or refused since the stream began."""

    entry: str = "0-0"
    batch: int = 0
    entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One accepted batch: everything the projection and the ledger need to follow it."""

    number: int
    entry: str  # the stream position after it
    delta: NetworkDelta
    fingerprint: str  # of the whole network after it
    kind: str = "stream"  # or "people", or "window": amounts that left the window
    accepted_at: datetime
    after: int | None = None  # the batch that this one continues; None: number - 1. Composed batches span several


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What one `accept` did. `duplicates` were known already, by their entry or the sender's id."""

    batch: Batch | None  # None: nothing changed in the network (only refusals and duplicates)
    position: StreamPosition
    accepted: int
    duplicates: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Entries that were trimmed before they were read: behind `after`, where reading stood, and up to `before`."""

    detected_at: datetime
    after: str
    before: str
    missing: int | None  # None: unknown how many


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveTotals:
    """How much the archive holds. `first_us`, `last_us`: the first and last interaction, in microseconds UTC."""

    people: int = 0
    ties: int = 0
    interactions: int = 0
    first_us: int | None = None  # None: there is none
    last_us: int | None = None


class Intake(Protocol):
    """Taking in interactions and people, each once."""

    def position(self) -> StreamPosition:
        """Where reading goes on; the beginning of the stream where nothing was accepted yet."""

    def accept(
        self,
        expected: StreamPosition,
        interactions: Sequence[Interaction],
        refusals: Sequence[Refusal],
        *,
        last_entry: str,
        entries: int,
        now: datetime,
    ) -> Accepted:
        """One transaction: lock and compare the position, archive, note senders' ids, store refusals and the batch,
        move the position. Raises FencedError if entry or entries of the position are not `expected`'s (its batch may
        differ: people may have been added meanwhile)."""

    def accept_people(self, people: Sequence[str], *, now: datetime) -> Accepted:
        """Add people to the network, as a batch that does not move the stream position."""

    def people(self) -> tuple[str, ...]:
        """Ids of everybody in the network, in order of idx."""

    def release_people(self, staying: Collection[str], *, now: datetime) -> Batch | None:
        """Let go of people who are in no interaction and not among `staying`, by a batch of kind `people` that does
        nothing else; None if there are none. Cost: people and tie sums, once."""


class Batches(Protocol):
    """What each batch changed in the network."""

    def batches(self, after: int, until: int | None = None) -> Iterable[Batch]:
        """Batches with after < number <= until, in order."""

    def batch(self, number: int) -> Batch | None:
        """None: there is no such batch, or it was forgotten."""

    def fingerprint(self, batch: int) -> str | None:
        """Of the network at that batch, without reading what it changed; None: there is no such batch."""

    def forget_batches(self, before: int, *, dry_run: bool) -> int:
        """Remove batches with number < before, but not the last one; how many. What the network holds, and how it went
        on from `before`, stays known."""


class Window(Protocol):
    """Which interactions count, and which are still kept one by one."""

    def move_window(self, days: int, *, now: datetime) -> Batch | None:
        """Let the network count only whole days back from the newest event (0: all time), by one batch that takes out
        what leaves and adds what comes in; None if nothing changes. The stream position stays.

        Raises SettingsError where the window would reach back to interactions that are no longer kept.
        """

    def forgettable(self, before: datetime) -> int:
        """How many `forget` would remove."""

    def forget(self, before: datetime) -> int:
        """Remove single interactions that were accepted before a moment and are in no window; how many went. Sums, ties
        and senders' ids stay."""


class Refusals(Protocol):
    """Entries that were refused, until they stand in the dead-letter stream."""

    def unwritten_refusals(self) -> tuple[DeadLetter, ...]:
        """Refusals not yet known to stand in the dead-letter stream, in order of id."""

    def mark_refusals_written(self, ids: Sequence[str]) -> None: ...

    def drop_refusals(self, ids: Sequence[str]) -> None:
        """Somebody retried or dropped these: they are never written to the dead-letter stream again."""


class Gaps(Protocol):
    """Entries that were trimmed before they were read."""

    def record_gap(self, expected: StreamPosition, gap: Gap, *, position: StreamPosition) -> None:
        """Store the gap and move the position behind it, in one transaction. Raises FencedError like `accept`.

        A position before `expected` makes the stream be read again; entries known already count as duplicates, and
        refusals that nobody dropped are unwritten again.
        """

    def gaps(self) -> tuple[Gap, ...]:
        """In the order in which they were found."""

    def read_again(self, expected: StreamPosition, *, position: StreamPosition) -> None:
        """Go back to an earlier position of the same stream: what is known already counts as duplicates. Raises
        FencedError like `accept`."""


class Sums(Protocol):
    """What was taken in, as it is read."""

    def interactions_of(
        self, person: str, *, limit: int = 100, after: str | None = None, until: str | None = None
    ) -> tuple[Interaction, ...]:
        """The newest archived interactions of one person; of entries behind `after` and up to `until`, if given."""

    def weekly(self) -> WeeklyColumns:
        """Tie sums per ISO week as columns (numpy arrays): week, kind, source, target, weight_u, count, duration_s, and
        booked_s: the tie's part of the time that its target was booked, in which overlaps count once."""

    def ties(self, *, kinds: bool = False) -> NetworkColumns:
        """What the network is to hold now, in one look."""

    def totals(self) -> ArchiveTotals: ...


class Archive(Intake, Batches, Window, Refusals, Gaps, Sums, Protocol):
    """Interactions, tie sums, people, batches with their deltas, refusals, and how far the stream was read."""
