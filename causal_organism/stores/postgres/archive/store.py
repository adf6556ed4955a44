"""The archive in PostgreSQL: what was taken in, exactly once, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from causal_organism.network import deltas, fingerprints
from causal_organism.network.columns import NetworkColumns, NetworkPosition
from causal_organism.network.deltas import NetworkDelta
from causal_organism.network.entries import START, entry_key
from causal_organism.network.interactions import Interaction, Refusal
from causal_organism.network.windows import window_start
from causal_organism.ports import Accepted, Batch, DeadLetter, Gap, StreamPosition
from causal_organism.ports.archive import ArchiveTotals, WeeklyColumns
from causal_organism.stores.postgres.archive import forgetting
from causal_organism.stores.postgres.archive import interactions as archive_interactions
from causal_organism.stores.postgres.archive import people as archive_people
from causal_organism.stores.postgres.archive import state as archive_state
from causal_organism.stores.postgres.archive.rows import ArchiveRows, hash_of
from causal_organism.stores.postgres.archive.state import ArchiveState
from causal_organism.stores.postgres.archive.window import window_delta
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.tally import pairs_of, tally
from causal_organism.stores.statements import load_statements

_SQL = load_statements("postgres/statements/archive.sql")

_BATCH_PAGE = 50


class PostgresArchive:
    """`Archive` in the schema `organism` of one database."""

    def __init__(self, database: Database):
        self._database = database

    def position(self) -> StreamPosition:
        with self._database.connection() as connection:
            return archive_state.load(connection).position

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
        with self._database.connection() as connection:
            state = archive_state.lock(connection, expected)
            rows = ArchiveRows(connection)
            fresh, refusals = _unknown(rows, state, interactions, refusals)
            pairs = pairs_of(fresh)
            known = rows.people(person for pair in pairs for person in pair)
            found = tally(
                fresh,
                before=rows.ties(pairs),
                known=known,
                next_idx=state.people,
                since_us=state.window_from_us,
            )
            refusals = (*refusals, *found.refused)
            rows.know_kinds({each.kind for each in found.kept})
            with connection.pipeline():  # the server writes while we go on; who locked the position can rely on it
                rows.add_people(found.delta)
                rows.add_interactions(found.kept, now)
                rows.add_weeks(found.weeks)
                rows.add_booked(found.booked)
                rows.put_ties(found.delta)
                rows.add_refusals(refusals, now)
                after = state.moved(last_entry, state.entries + entries).counted(found.kept)
                batch, after = _add_batch(rows, after, found.delta, kind="stream", now=now)
                archive_state.save(connection, after)
        return Accepted(
            batch=batch,
            position=after.position,
            accepted=len(found.kept),
            duplicates=entries - len(found.kept) - len(refusals),
            refused=len(refusals),
        )

    def accept_people(self, people: Sequence[str], *, now: datetime) -> Accepted:
        with self._database.connection() as connection:
            state = archive_state.lock(connection)
            rows = ArchiveRows(connection)
            known = rows.people(people)
            new = tuple(person for person in dict.fromkeys(people) if person not in known)
            delta = NetworkDelta(people=new, first_idx=state.people if new else 0)
            rows.add_people(delta)
            batch, after = _add_batch(rows, state, delta, kind="people", now=now)
            archive_state.save(connection, after)
        return Accepted(
            batch=batch, position=after.position, accepted=len(new), duplicates=len(people) - len(new), refused=0
        )

    def people(self) -> tuple[str, ...]:
        with self._database.connection() as connection:
            return archive_people.ids(connection)

    def release_people(self, staying: Collection[str], *, now: datetime) -> Batch | None:
        with self._database.connection() as connection:
            state = archive_state.lock(connection)
            left = archive_people.unseen(connection, staying)
            before = fingerprints.without(state.fingerprint, archive_people.ids(connection), left) if left else ""
            archive_people.remove(connection, left)
            after = replace(state, fingerprint=before, people=state.people - len(left))
            batch, after = _add_batch(ArchiveRows(connection), after, NetworkDelta(left=left), kind="people", now=now)
            if batch is not None:
                archive_state.save(connection, after)
        return batch

    def move_window(self, days: int, *, now: datetime) -> Batch | None:
        with self._database.connection() as connection:
            state = archive_state.lock(connection)
            start_us = window_start(days, state.last_us)
            if start_us == state.window_from_us:
                return None
            rows = ArchiveRows(connection)
            delta = window_delta(rows, state, start_us)
            rows.people(person for each in delta.ties for person in (each.source, each.target))
            rows.put_ties(delta)
            batch, after = _add_batch(rows, replace(state, window_from_us=start_us), delta, kind="window", now=now)
            archive_state.save(connection, after)
        return batch

    def batches(self, after: int, until: int | None = None) -> Iterator[Batch]:
        while True:  # a page per transaction: the reader may take its time
            with self._database.connection() as connection:
                page = connection.execute(
                    _SQL["batches"], {"after": after, "until": until, "limit": _BATCH_PAGE}
                ).fetchall()
            for number, kind, entry, delta, fingerprint, accepted_at in page:
                yield Batch(
                    number=number,
                    kind=kind,
                    entry=entry,
                    delta=deltas.decode(delta),
                    fingerprint=fingerprint,
                    accepted_at=accepted_at.astimezone(UTC),
                )
                after = number
            if len(page) < _BATCH_PAGE:
                return

    def batch(self, number: int) -> Batch | None:
        return next(self.batches(number - 1, number), None)

    def fingerprint(self, batch: int) -> str | None:
        with self._database.connection(single=True) as connection:
            row = connection.execute("SELECT fingerprint FROM organism.batch WHERE number = %s", (batch,)).fetchone()
        return str(row[0]) if row else None

    def unwritten_refusals(self) -> tuple[DeadLetter, ...]:
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT entry, reason, fields FROM organism.refusal WHERE NOT written"
            ).fetchall()
        letters = (DeadLetter(id=entry, reason=reason, fields=fields) for entry, reason, fields in found)
        return tuple(sorted(letters, key=lambda each: entry_key(each.id)))

    def mark_refusals_written(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        with self._database.connection() as connection:
            connection.execute("UPDATE organism.refusal SET written = true WHERE entry = ANY(%s)", (list(ids),))

    def drop_refusals(self, ids: Sequence[str]) -> None:
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE organism.refusal SET dropped = true, written = true WHERE entry = ANY(%s)", (list(ids),)
            )

    def record_gap(self, expected: StreamPosition, gap: Gap, *, position: StreamPosition) -> None:
        with self._database.connection() as connection:
            state = archive_state.lock(connection, expected)
            connection.execute(
                "INSERT INTO organism.gap (detected_at, after_entry, before_entry, missing) VALUES (%s, %s, %s, %s)",
                (gap.detected_at, gap.after, gap.before, gap.missing),
            )
            if entry_key(position.entry) < entry_key(state.entry):
                # The stream is another than it was; what became of the dead letters beside it nobody knows.
                connection.execute("UPDATE organism.refusal SET written = false WHERE written AND NOT dropped")
            archive_state.save(connection, state.moved(position.entry, position.entries))

    def gaps(self) -> tuple[Gap, ...]:
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT detected_at, after_entry, before_entry, missing FROM organism.gap ORDER BY id"
            ).fetchall()
        return tuple(
            Gap(detected_at=at.astimezone(UTC), after=after, before=before, missing=missing)
            for at, after, before, missing in found
        )

    def read_again(self, expected: StreamPosition, *, position: StreamPosition) -> None:
        with self._database.connection() as connection:
            state = archive_state.lock(connection, expected)
            archive_state.save(connection, state.moved(position.entry, position.entries))

    def forgettable(self, before: datetime) -> int:
        with self._database.connection() as connection:
            return forgetting.count(connection, archive_state.load(connection), before)

    def forget(self, before: datetime) -> int:
        with self._database.connection() as connection:
            state = archive_state.lock(connection)
            gone, after = forgetting.forget(connection, state, before)
            if gone:
                archive_state.save(connection, after)
            return gone

    def forget_batches(self, before: int, *, dry_run: bool) -> int:
        with self._database.connection() as connection:
            before = min(before, archive_state.lock(connection).batch)
            return forgetting.forget_batches(connection, before, dry_run=dry_run)

    def interactions_of(
        self, person: str, *, limit: int = 100, after: str | None = None, until: str | None = None
    ) -> tuple[Interaction, ...]:
        with self._database.connection() as connection:
            return archive_interactions.of_person(connection, person, limit=limit, after=after, until=until)

    def weekly(self) -> WeeklyColumns:
        from causal_organism.stores.postgres.archive.columns import weekly_columns  # numpy

        with self._database.connection() as connection:
            return weekly_columns(connection)

    def ties(self, *, kinds: bool = False) -> NetworkColumns:
        from causal_organism.stores.postgres.archive.columns import kind_columns, tie_columns  # numpy

        with self._database.connection() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            state = archive_state.load(connection)
            row = connection.execute("SELECT entry FROM organism.batch WHERE number = %s", (state.batch,)).fetchone()
            ids, ties = tie_columns(connection)
            return NetworkColumns(
                position=NetworkPosition(
                    batch=state.batch, entry=row[0] if row else START, fingerprint=state.fingerprint
                ),
                ids=ids,
                **ties,
                kinds=kind_columns(connection) if kinds else None,
            )

    def totals(self) -> ArchiveTotals:
        with self._database.connection() as connection:
            return archive_state.load(connection).totals()


def _unknown(
    rows: ArchiveRows, state: ArchiveState, interactions: Sequence[Interaction], refusals: Sequence[Refusal]
) -> tuple[list[Interaction], tuple[Refusal, ...]]:
    """Those that were not taken in before: not from this entry, and not under this sender's id."""
    if entry_key(state.entry) < entry_key(state.read_to):  # a stream that was replaced is being read again
        known_entries = rows.known_entries([each.entry for each in interactions] + [each.entry for each in refusals])
        forgotten = entry_key(state.forgotten)
        interactions = [
            each for each in interactions if each.entry not in known_entries and entry_key(each.entry) > forgotten
        ]
        refusals = [each for each in refusals if each.entry not in known_entries]
    hashes = [None if each.sender_id is None else hash_of(each.sender_id) for each in interactions]
    seen = rows.known_senders([each for each in hashes if each is not None])
    fresh = []
    for each, hashed in zip(interactions, hashes, strict=True):
        if hashed is not None:
            if hashed in seen:
                continue
            seen.add(hashed)
        fresh.append(each)
    return fresh, tuple(refusals)


def _add_batch(
    rows: ArchiveRows, state: ArchiveState, delta: NetworkDelta, *, kind: str, now: datetime
) -> tuple[Batch | None, ArchiveState]:
    """The batch, stored, with the state after it; None if nothing in the network changed."""
    if not delta.ties and not delta.people and not delta.left:
        return None, state
    batch = Batch(
        number=state.batch + 1,
        kind=kind,
        entry=state.entry,
        delta=delta,
        fingerprint=fingerprints.update(state.fingerprint, delta),
        accepted_at=now,
    )
    rows.add_batch(batch)
    return batch, replace(
        state,
        batch=batch.number,
        fingerprint=batch.fingerprint,
        people=state.people + len(delta.people),
        ties=state.ties + sum((tie.count_now > 0) - (tie.count_was > 0) for tie in delta.ties),
    )
