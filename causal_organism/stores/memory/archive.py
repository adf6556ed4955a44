"""The archive in memory."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from causal_organism.errors import FencedError
from causal_organism.network import fingerprints
from causal_organism.network.bookings import Span, union
from causal_organism.network.columns import NetworkColumns, NetworkPosition
from causal_organism.network.deltas import NetworkDelta, TieChange
from causal_organism.network.entries import START, entry_key, later
from causal_organism.network.interactions import Interaction, Refusal
from causal_organism.network.kinds import columns_of
from causal_organism.network.windows import counts, window_start
from causal_organism.ports import Accepted, Batch, DeadLetter, Gap, StreamPosition
from causal_organism.ports.archive import ArchiveTotals, WeeklyColumns
from causal_organism.stores.postgres.tally import BookedKey, Pair, TieSums, WeekKey, WeekSums, tally


@dataclass
class _Refused:
    letter: DeadLetter
    written: bool = False
    dropped: bool = False


@dataclass
class MemoryArchive:
    """`Archive` for one process."""

    _position: StreamPosition = field(default_factory=StreamPosition)
    _read_to: str = "0-0"
    _fingerprint: str = fingerprints.EMPTY
    _people: dict[str, int] = field(default_factory=dict)
    _ties: dict[Pair, TieSums] = field(default_factory=dict)
    _weeks: dict[WeekKey, WeekSums] = field(default_factory=dict)
    _booked: dict[BookedKey, list[Span]] = field(default_factory=dict)
    _interactions: dict[str, Interaction] = field(default_factory=dict)
    _senders: set[str] = field(default_factory=set)
    _refusals: dict[str, _Refused] = field(default_factory=dict)
    _batches: list[Batch] = field(default_factory=list)
    _gaps: list[Gap] = field(default_factory=list)
    _window_from_us: int | None = None
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def position(self) -> StreamPosition:
        return self._position

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
        with self._guard:
            self._fence(expected)
            seen = set(self._senders)
            fresh = [each for each in interactions if self._is_new(each, seen)]
            found = tally(
                fresh,
                before=self._ties,
                known=self._people,
                next_idx=len(self._people),
                since_us=self._window_from_us,
            )
            refused = [each for each in (*refusals, *found.refused) if each.entry not in self._refusals]
            for each in refused:
                self._refusals[each.entry] = _Refused(DeadLetter(id=each.entry, reason=each.reason, fields=each.fields))
            self._interactions |= {each.entry: each for each in found.kept}
            self._senders |= {each.sender_id for each in found.kept if each.sender_id is not None}
            for week, sums in found.weeks.items():
                there = self._weeks.get(week, (0, 0, 0))
                self._weeks[week] = [one + other for one, other in zip(there, sums, strict=True)]
            for booked, spans in found.booked.items():
                self._booked[booked] = union([*self._booked.get(booked, ()), *spans])
            self._move(last_entry, self._position.entries + entries)
            batch = self._add_batch(found.delta, "stream", now)
            return Accepted(
                batch=batch,
                position=self._position,
                accepted=len(found.kept),
                duplicates=entries - len(found.kept) - len(refused),
                refused=len(refused),
            )

    def accept_people(self, people: Sequence[str], *, now: datetime) -> Accepted:
        with self._guard:
            new = tuple(each for each in dict.fromkeys(people) if each not in self._people)
            delta = NetworkDelta(people=new, first_idx=len(self._people) if new else 0)
            batch = self._add_batch(delta, "people", now)
            return Accepted(
                batch=batch,
                position=self._position,
                accepted=len(new),
                duplicates=len(people) - len(new),
                refused=0,
            )

    def people(self) -> tuple[str, ...]:
        return tuple(self._people)

    def release_people(self, staying: Collection[str], *, now: datetime) -> Batch | None:
        with self._guard:
            seen = {*staying, *(person for _, source, target, _ in self._weeks for person in (source, target))}
            left = tuple((idx, person) for idx, person in enumerate(self._people) if person not in seen)
            return self._add_batch(NetworkDelta(left=left), "people", now)

    def move_window(self, days: int, *, now: datetime) -> Batch | None:
        with self._guard:
            newest = max((each.at_us for each in self._interactions.values()), default=None)
            start_us = window_start(days, newest)
            if start_us == self._window_from_us:
                return None
            self._window_from_us = start_us
            inside = [each for each in self._interactions.values() if counts(each.at_us, start_us)]
            sums = tally(inside, before={}, known=self._people, next_idx=0).delta.ties
            after = {(each.source, each.target): each for each in sums}
            return self._add_batch(NetworkDelta(_differences(self._ties, after)), "window", now)

    def batches(self, after: int, until: int | None = None) -> Iterator[Batch]:
        return iter([each for each in self._batches if after < each.number and (until is None or each.number <= until)])

    def batch(self, number: int) -> Batch | None:
        return next(self.batches(number - 1, number), None)

    def fingerprint(self, batch: int) -> str | None:
        found = self.batch(batch)
        return found.fingerprint if found else None

    def unwritten_refusals(self) -> tuple[DeadLetter, ...]:
        letters = (each.letter for each in self._refusals.values() if not each.written)
        return tuple(sorted(letters, key=lambda each: entry_key(each.id)))

    def mark_refusals_written(self, ids: Sequence[str]) -> None:
        for each in ids:
            if each in self._refusals:
                self._refusals[each].written = True

    def drop_refusals(self, ids: Sequence[str]) -> None:
        for each in ids:
            if each in self._refusals:
                self._refusals[each].written = self._refusals[each].dropped = True

    def record_gap(self, expected: StreamPosition, gap: Gap, *, position: StreamPosition) -> None:
        with self._guard:
            self._fence(expected)
            self._gaps.append(gap)
            if entry_key(position.entry) < entry_key(self._position.entry):
                for refused in self._refusals.values():
                    refused.written = refused.dropped
            self._move(position.entry, position.entries)

    def read_again(self, expected: StreamPosition, *, position: StreamPosition) -> None:
        with self._guard:
            self._fence(expected)
            self._move(position.entry, position.entries)

    def gaps(self) -> tuple[Gap, ...]:
        return tuple(self._gaps)

    def forgettable(self, before: datetime) -> int:
        return 0

    def forget(self, before: datetime) -> int:
        return 0  # memory goes with the process

    def forget_batches(self, before: int, *, dry_run: bool) -> int:
        with self._guard:
            before = min(before, self._position.batch)
            kept = [each for each in self._batches if each.number >= before]
            gone = len(self._batches) - len(kept)
            if not dry_run:
                self._batches = kept
            return gone

    def interactions_of(
        self, person: str, *, limit: int = 100, after: str | None = None, until: str | None = None
    ) -> tuple[Interaction, ...]:
        found = [
            each
            for each in self._interactions.values()
            if person in (each.source, each.target)
            and (after is None or entry_key(each.entry) > entry_key(after))
            and (until is None or entry_key(each.entry) <= entry_key(until))
        ]
        found.sort(key=lambda each: (each.at_us, each.entry), reverse=True)
        return tuple(found[:limit])

    def weekly(self) -> WeeklyColumns:
        from causal_organism.stores.memory.archive_columns import weekly_columns  # numpy

        return weekly_columns(self._weeks, self._booked)

    def ties(self, *, kinds: bool = False) -> NetworkColumns:
        from causal_organism.stores.memory.archive_columns import tie_columns  # numpy

        with self._guard:
            entry = self._batches[-1].entry if self._batches else START
            by_pair = ((self._people[s], self._people[t], each.kinds) for (s, t), each in self._ties.items())
            return NetworkColumns(
                position=NetworkPosition(batch=self._position.batch, entry=entry, fingerprint=self._fingerprint),
                ids=list(self._people),
                **tie_columns(self._ties, self._people),
                kinds=columns_of(by_pair) if kinds else None,
            )

    def totals(self) -> ArchiveTotals:
        times = [each.at_us for each in self._interactions.values()]
        return ArchiveTotals(
            people=len(self._people), ties=len(self._ties), interactions=len(self._interactions),
            first_us=min(times, default=None), last_us=max(times, default=None),
        )  # fmt: skip

    def _fence(self, expected: StreamPosition) -> None:
        if (self._position.entry, self._position.entries) != (expected.entry, expected.entries):
            raise FencedError(f"the stream was read on to {self._position.entry}; expected {expected.entry}")

    def _is_new(self, each: Interaction, seen: set[str]) -> bool:
        """Not archived from this entry, and not under a sender's id in `seen`, which grows."""
        if entry_key(each.entry) <= entry_key(self._read_to) and each.entry in self._interactions:
            return False
        if each.sender_id is None:
            return True
        new = each.sender_id not in seen
        seen.add(each.sender_id)
        return new

    def _move(self, entry: str, entries: int) -> None:
        self._position = replace(self._position, entry=entry, entries=entries)
        self._read_to = later(self._read_to, entry)

    def _add_batch(self, delta: NetworkDelta, kind: str, now: datetime) -> Batch | None:
        if not delta.ties and not delta.people and not delta.left:
            return None
        ids = tuple(self._people)
        if delta.left:
            gone = {person for _, person in delta.left}
            self._people = {person: idx for idx, person in enumerate(each for each in ids if each not in gone)}
        self._people |= {person: idx for idx, person in enumerate(delta.people, start=delta.first_idx)}
        for each in delta.ties:
            if each.count_now:
                assert each.kinds is not None  # of deltas that a tally made
                self._ties[each.source, each.target] = TieSums(
                    each.weight_u_now, each.count_now, each.first_us, each.last_us, each.kinds
                )
            else:
                del self._ties[each.source, each.target]
        before = fingerprints.without(self._fingerprint, ids, delta.left)
        self._fingerprint = fingerprints.update(before, delta)
        batch = Batch(
            number=self._position.batch + 1,
            kind=kind,
            entry=self._position.entry,
            delta=delta,
            fingerprint=self._fingerprint,
            accepted_at=now,
        )
        self._batches.append(batch)
        self._position = replace(self._position, batch=batch.number)
        return batch


def _differences(was: Mapping[Pair, TieSums], now: Mapping[Pair, TieChange]) -> tuple[TieChange, ...]:
    """Ties that differ, from what they were to what they are."""
    changes = []
    for pair in sorted({*was, *now}):
        before, after = was.get(pair), now.get(pair)
        weight_u, count = (before.weight_u, before.count) if before else (0, 0)
        if after is None:
            assert before is not None
            changes.append(TieChange(*pair, weight_u, 0, count, 0, before.first_us, before.last_us, ()))
        elif (weight_u, count) != (after.weight_u_now, after.count_now):
            changes.append(after._replace(weight_u_was=weight_u, count_was=count))
    return tuple(changes)
