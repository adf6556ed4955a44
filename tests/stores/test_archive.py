"""Every archive behaves the same: PostgreSQL, and the one in memory."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from typing import Any

import pytest

from causal_organism.errors import FencedError
from causal_organism.network import fingerprints
from causal_organism.network.deltas import compose
from causal_organism.network.entries import entry_key
from causal_organism.network.interactions import Interaction, Refusal, parse
from causal_organism.ports import Accepted, Archive, DeadLetter, Gap, StreamPosition
from causal_organism.ports.archive import ArchiveTotals
from causal_organism.stores.postgres.archive.store import PostgresArchive
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.tally import MAX_SUM_U
from tests.stores.truth import NOW, interaction, kinds_in, kinds_of, people_of, ties_of, weeks_in, weeks_of

DAY_US = 86_400_000_000
Make = Callable[[], Archive]


def accept(archive: Archive, interactions: Sequence[Interaction], refusals: Sequence[Refusal] = ()) -> Accepted:
    last = max([*(each.entry for each in interactions), *(each.entry for each in refusals)], key=entry_key)
    count = len(interactions) + len(refusals)
    return archive.accept(archive.position(), interactions, refusals, last_entry=last, entries=count, now=NOW)


def refusal(entry: str) -> Refusal:
    return Refusal(entry, "self", {"source": "a", "target": "a", "note": "“ü” \\x00 '; DROP TABLE x"})


def test_an_archive_begins_empty(archive: Archive) -> None:
    assert archive.position() == StreamPosition(entry="0-0", batch=0, entries=0)
    assert archive.totals() == ArchiveTotals()
    assert (list(archive.batches(0)), archive.gaps(), archive.unwritten_refusals()) == ([], (), ())
    assert weeks_in(archive) == {}


def test_a_batch_says_what_was_and_what_is(archive: Archive) -> None:
    accept(archive, [interaction("1-0", "a", "b", at_us=5), interaction("1-1", "a", "c", at_us=1)])
    accepted = accept(archive, [interaction("2-0", "d", "a"), interaction("2-1", "a", "b", at_us=9, weight_u=1)])
    batch = accepted.batch
    assert batch is not None
    assert (batch.number, batch.entry, batch.kind, batch.accepted_at) == (2, "2-1", "stream", NOW)
    assert (batch.delta.people, batch.delta.first_idx) == (("d",), 3)
    assert [(tie.source, tie.target, tie.weight_u_was, tie.weight_u_now) for tie in batch.delta.ties] == [
        ("a", "b", 1_000_000, 1_000_001),
        ("d", "a", 0, 1_000_000),
    ]
    assert [(tie.count_was, tie.count_now, tie.first_us, tie.last_us) for tie in batch.delta.ties] == [
        (1, 2, 5, 9),
        (0, 1, 0, 0),
    ]
    assert archive.position() == accepted.position == StreamPosition(entry="2-1", batch=2, entries=4)


def test_batches_come_back_as_they_were_accepted(archive: Archive) -> None:
    batches = [accept(archive, [interaction(f"{n}-0", f"p{n}", "ü")]).batch for n in range(1, 130)]
    assert list(archive.batches(0)) == batches
    assert list(archive.batches(3, 5)) == batches[3:5]
    assert archive.batch(7) == batches[6]
    assert archive.batch(130) is None
    seventh = batches[6]
    assert seventh is not None
    assert archive.fingerprint(7) == seventh.fingerprint
    assert archive.fingerprint(130) is None


@pytest.mark.parametrize("make_archive", ["memory", "postgres", "pgbouncer"], indirect=True)  # two archives
def test_the_fingerprint_is_that_of_the_whole_network_and_does_not_depend_on_batches(make_archive: Make) -> None:
    chance = random.Random(4)
    people = [f"p{number}" for number in range(12)]
    events = [
        interaction(f"{n}-0", *chance.sample(people, 2), at_us=chance.randrange(400 * DAY_US), weight_u=1 + n)
        for n in range(1, 200)
    ]
    whole, parts = make_archive(), make_archive()
    last = accept(whole, events).batch
    for start in range(0, len(events), 7):
        accept(parts, events[start : start + 7])
    *_, final = parts.batches(0)
    assert last is not None
    assert final.fingerprint == last.fingerprint
    assert compose(each.delta for each in parts.batches(0)) == last.delta
    ids, ties = people_of(events), ties_of(events)
    assert last.fingerprint == fingerprints.of(
        ids,
        [ids.index(source) for source, _ in ties],
        [ids.index(target) for _, target in ties],
        [weight_u for weight_u, *_ in ties.values()],
        [count for _, count, *_ in ties.values()],
    )
    for archive in (whole, parts):
        assert weeks_in(archive) == weeks_of(events)
        assert archive.totals() == ArchiveTotals(
            people=len(ids),
            ties=len(ties),
            interactions=len(events),
            first_us=min(each.at_us for each in events),
            last_us=max(each.at_us for each in events),
        )


def test_weeks_are_iso_weeks_in_utc_and_kinds_are_apart(archive: Archive) -> None:
    monday_us = 1_767_571_200_000_000  # 2026-01-05T00:00Z, the Monday of week 2
    events = [
        interaction("1-0", "a", "b", at_us=monday_us - 1, kind="review", duration_s=1.5),
        interaction("1-1", "a", "b", at_us=monday_us, kind="review"),
        interaction("1-2", "a", "b", at_us=monday_us, kind="x" * 16_000),
        interaction("1-3", "a", "b", at_us=-1),
        interaction("1-4", "a", "b", at_us=monday_us, duration_s=1e308),
    ]
    accept(archive, events)
    weeks = weeks_in(archive)
    assert sorted(week for week, *_ in weeks) == ["1970-W01", "2026-W01", "2026-W02", "2026-W02", "2026-W02"]
    assert weeks["2026-W01", "a", "b", "review"] == (1_000_000, 1, 1.5)
    assert weeks["2026-W02", "a", "b", "interaction"][2] >= 1e300


def test_a_senders_id_is_applied_once(archive: Archive) -> None:
    first = accept(archive, [interaction("1-0", "a", "b", sender_id="x"), interaction("1-1", "a", "b", sender_id="x")])
    again = accept(archive, [interaction("2-0", "a", "b", sender_id="x"), interaction("2-1", "a", "c", sender_id="y")])
    none = accept(archive, [interaction("3-0", "a", "b", sender_id="y")])
    assert [(each.accepted, each.duplicates) for each in (first, again, none)] == [(1, 1), (1, 1), (0, 1)]
    assert none.batch is None
    assert none.position == StreamPosition(entry="3-0", batch=2, entries=5)


def test_refusals_wait_in_order_until_they_are_written(archive: Archive) -> None:
    accepted = accept(archive, [], [refusal("10-0"), refusal("9-2")])
    assert (accepted.refused, accepted.batch) == (2, None)
    expected = [DeadLetter(id=each, reason="self", fields=refusal(each).fields) for each in ("9-2", "10-0")]
    assert archive.unwritten_refusals() == tuple(expected)
    archive.mark_refusals_written(["9-2"])
    assert archive.unwritten_refusals() == tuple(expected[1:])


def test_a_position_that_moved_on_fences(archive: Archive) -> None:
    before = archive.position()
    accept(archive, [interaction("1-0", "a", "b")])
    with pytest.raises(FencedError):
        archive.accept(before, [interaction("1-0", "a", "b")], [], last_entry="1-0", entries=1, now=NOW)
    with pytest.raises(FencedError):
        archive.record_gap(before, Gap(detected_at=NOW, after="0-0", before="1-0", missing=1), position=before)
    assert (archive.totals().interactions, archive.gaps()) == (1, ())


def test_of_many_at_once_one_accepts(archive: Archive) -> None:
    expected = archive.position()
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def try_it(number: int) -> None:
        start.wait()
        try:
            archive.accept(expected, [interaction("1-0", "a", f"p{number}")], [], last_entry="1-0", entries=1, now=NOW)
            outcomes.append("won")
        except FencedError:
            outcomes.append("fenced")

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["fenced"] * 7 + ["won"]
    assert archive.totals().interactions == 1


def test_people_join_as_a_batch_that_leaves_the_stream_position(archive: Archive) -> None:
    accept(archive, [interaction("1-0", "a", "b")])
    before = archive.position()
    joined = archive.accept_people(["c", "a", "d", "c"], now=NOW)
    assert joined.batch is not None
    assert (joined.batch.kind, joined.batch.delta.people, joined.batch.delta.first_idx) == ("people", ("c", "d"), 2)
    assert archive.position() == replace(before, batch=2)
    assert archive.accept_people(["a", "d"], now=NOW).batch is None
    late = archive.accept(before, [interaction("2-0", "c", "e")], [], last_entry="2-0", entries=1, now=NOW)
    assert late.batch is not None
    assert (late.batch.number, late.batch.delta.people, late.batch.delta.first_idx) == (3, ("e",), 4)


def test_a_gap_is_kept_and_the_position_moves_behind_it(archive: Archive) -> None:
    accept(archive, [interaction("1-0", "a", "b")])
    gap = Gap(detected_at=NOW, after="1-0", before="9-0", missing=7)
    archive.record_gap(archive.position(), gap, position=StreamPosition(entry="1-0", entries=8))
    assert archive.gaps() == (gap,)
    assert archive.position() == StreamPosition(entry="1-0", batch=1, entries=8)


def test_a_stream_that_is_read_again_applies_nothing_twice(archive: Archive) -> None:
    events = [interaction("1-0", "a", "b"), interaction("2-0", "a", "b", sender_id="x")]
    accept(archive, events, [refusal("2-9"), refusal("3-0")])
    archive.mark_refusals_written(["2-9", "3-0"])
    archive.drop_refusals(["2-9"])
    gap = Gap(detected_at=NOW, after="3-0", before="1-0", missing=None)
    archive.record_gap(archive.position(), gap, position=StreamPosition(entry="0-0", entries=0))
    again = accept(archive, [*events, interaction("2-5", "a", "c")], [refusal("3-0"), refusal("3-1")])
    assert (again.accepted, again.duplicates, again.refused) == (1, 3, 1)
    assert archive.totals().interactions == 3
    assert [each.id for each in archive.unwritten_refusals()] == ["3-0", "3-1"]


def test_a_tie_that_would_grow_beyond_what_stores_can_count_is_refused(archive: Archive) -> None:
    most = [interaction(f"1-{n}", "a", "b", weight_u=10**15, sender_id=f"s{n}") for n in range(9001)]
    accepted = accept(archive, most)
    assert (accepted.accepted, accepted.refused) == (9000, 1)
    assert [(each.id, each.reason) for each in archive.unwritten_refusals()] == [("1-9000", "bad-weight")]
    accept(archive, [interaction("2-0", "a", "b", weight_u=1), interaction("2-1", "a", "c", sender_id="s9000")])
    assert archive.position().batch == 2
    assert accepted.batch is not None
    assert accepted.batch.delta.ties[0].weight_u_now == MAX_SUM_U


def test_interactions_of_a_person_newest_first(archive: Archive) -> None:
    accept(
        archive,
        [
            interaction("1-0", "a", "b", at_us=3 * DAY_US, weight_u=2_500_000, duration_s=60.0, kind="call"),
            interaction("1-1", "b", "a", at_us=9 * DAY_US, sender_id="x"),
            interaction("1-2", "b", "c", at_us=7 * DAY_US),
        ],
    )
    found = archive.interactions_of("a")
    assert [(each.entry, each.source, each.target, each.sender_id) for each in found] == [
        ("1-1", "b", "a", "x"),
        ("1-0", "a", "b", None),
    ]
    assert (found[1].at_us, found[1].weight_u) == (3 * DAY_US, 2_500_000)
    assert (found[1].kind, found[1].duration_s) == ("call", 60.0)
    assert len(archive.interactions_of("b", limit=2)) == 2
    assert archive.interactions_of("nobody' OR true --") == ()


def test_interactions_of_a_person_between_two_entries(archive: Archive) -> None:
    entries = ("9-0", "9-9", "9-10", "10-0", "10-18446744073709551615")
    accept(archive, [interaction(each, "a", "b", at_us=9 * DAY_US) for each in entries])

    def between(after: str | None, until: str | None) -> set[str]:
        return {each.entry for each in archive.interactions_of("b", after=after, until=until)}

    assert between("9-0", "10-0") == {"9-9", "9-10", "10-0"}
    assert between("9-9", None) == {"9-10", "10-0", "10-18446744073709551615"}
    assert between(None, "9-9") == {"9-0", "9-9"}
    assert [each.entry for each in archive.interactions_of("b", limit=1, until="9-0")] == ["9-0"]


def test_whatever_is_refused_can_be_stored_and_comes_back(archive: Archive) -> None:
    hostile = [
        {b"source": b"\xff\x00\xfe", b"target": b"b", b"at": b"1"},
        {b"\x00\x1b[31m": b"\xed\xa0\x80", b"source": b"a"},
        {b"source": b"a", b"target": b"b", b"at": b"1", b"kind": b"nul\x00"},
        {b"x" * 20_000: b"y" * 90_000},
    ]
    refusals = [parse(fields, entry=f"1-{n}", now_us=10**15) for n, fields in enumerate(hostile)]
    assert all(isinstance(each, Refusal) for each in refusals)
    accept(archive, [], [each for each in refusals if isinstance(each, Refusal)])
    assert [dict(each.fields) for each in archive.unwritten_refusals()] == [
        dict(each.fields) for each in refusals if isinstance(each, Refusal)
    ]


def test_what_was_forgotten_is_not_applied_again_when_a_stream_is_read_again(fresh_dsn: str) -> None:
    archive = PostgresArchive(Database(fresh_dsn))
    accept(archive, [interaction("1-0", "a", "b")])
    assert archive.forget(NOW) == 0
    assert archive.forget(NOW + timedelta(seconds=1)) == 1
    assert archive.interactions_of("a") == ()
    gap = Gap(detected_at=NOW, after="1-0", before="0-0", missing=None)
    archive.record_gap(archive.position(), gap, position=StreamPosition())
    assert accept(archive, [interaction("1-0", "a", "b"), interaction("1-1", "a", "b")]).accepted == 1


def test_the_ties_are_what_the_network_is_to_hold(archive: Archive) -> None:
    assert [len(getattr(archive.ties(), name)) for name in ("ids", "source", "weight_u")] == [0, 0, 0]
    known = [
        interaction("1-0", "a", "b", at_us=-5, weight_u=2**50),
        interaction("2-0", "c", "a", at_us=7),
        interaction("3-0", "a", "b", at_us=9),
    ]
    accept(archive, known)
    found = archive.ties()
    names = ("source", "target", "weight_u", "count", "first_us", "last_us")
    rows = zip(*(getattr(found, name).tolist() for name in names), strict=True)
    assert found.ids == people_of(known)
    assert {(found.ids[s], found.ids[t]): tuple(amounts) for s, t, *amounts in rows} == ties_of(known)
    assert (found.position.batch, found.position.fingerprint) == (1, archive.batch(1).fingerprint)  # type: ignore[union-attr]


def test_ties_say_what_they_hold_by_kind(archive: Archive) -> None:
    email: dict[str, Any] = {"kind": "email"}
    call: dict[str, Any] = {"kind": '"call", {}'}
    known = [
        interaction("1-0", "a", "b", at_us=5, **email),
        interaction("1-1", "a", "b", at_us=-5, weight_u=2**50, **call),
        interaction("2-0", "c", "a", at_us=7, **email),
        interaction("3-0", "a", "b", at_us=9, **email),
        interaction("4-0", "c", "a", at_us=7, **call),
    ]
    for each in (known[:3], known[3:4], known[4:]):
        accept(archive, each)
    assert kinds_in(archive.ties(kinds=True)) == kinds_of(known)
    last = {(each.source, each.target): each.kinds for batch in archive.batches(0) for each in batch.delta.ties}
    assert last == kinds_of(known)


@pytest.mark.parametrize("left", ["everything", "a window", "weeks"])
def test_an_archive_of_before_gets_kinds_from_what_is_left(fresh_dsn: str, left: str) -> None:
    database = Database(fresh_dsn)
    archive = PostgresArchive(database)
    chance = random.Random(3)
    known = [
        interaction(f"{at}-0", *chance.sample("abcd", 2), at_us=at * DAY_US // 7, kind=chance.choice("xyz"))
        for at in range(1, 200)
    ]
    accept(archive, known)
    if left == "a window":
        archive.move_window(9, now=NOW)
    elif left == "weeks":
        accept(archive, [interaction("999-0", "a", "b", at_us=200 * DAY_US // 7)])
        assert archive.forget(NOW + timedelta(days=1))
    before = kinds_in(archive.ties(kinds=True))
    migration = resources.files("causal_organism.stores.postgres") / "sql" / "0015_kinds.sql"
    with database.connection() as connection:
        connection.execute("ALTER TABLE organism.tie DROP COLUMN kind, DROP COLUMN kinds")
        connection.execute(migration.read_text().encode())
    after = kinds_in(archive.ties(kinds=True))
    if left != "weeks":
        assert after == before
        return
    assert {pair: [each[:3] for each in kinds] for pair, kinds in after.items()} == {
        pair: [each[:3] for each in kinds] for pair, kinds in before.items()
    }
    assert all(
        abs(each.first_us - was.first_us) < 7 * DAY_US and abs(each.last_us - was.last_us) < 7 * DAY_US
        for pair, kinds in after.items()
        for each, was in zip(kinds, before[pair], strict=True)
    )


def test_people_of_no_interaction_leave_as_a_batch_of_their_own(archive: Archive) -> None:
    archive.accept_people(["ghost", "a", "spectre", "stays"], now=NOW)
    accept(archive, [interaction("1-0", "a", "b"), interaction("1-1", "c", "a", at_us=5)])
    before = archive.position()
    left = archive.release_people({"stays"}, now=NOW)
    assert left is not None
    assert (left.kind, left.delta.left, left.delta.people) == ("people", ((0, "ghost"), (2, "spectre")), ())
    assert archive.position() == replace(before, batch=before.batch + 1)
    assert archive.people() == ("a", "stays", "b", "c")
    assert archive.release_people({"stays"}, now=NOW) is None
    back = accept(archive, [interaction("2-0", "c", "ghost")])
    assert back.batch is not None
    assert (back.batch.delta.people, back.batch.delta.first_idx) == (("ghost",), 4)
    held = archive.ties(kinds=True)
    columns = [each.tolist() for each in (held.source, held.target, held.weight_u, held.count)]
    assert sorted(zip(*columns[:2], strict=True)) == [(0, 2), (3, 0), (3, 4)]
    assert fingerprints.of(held.ids, *columns) == held.position.fingerprint == back.batch.fingerprint
    assert held.kinds is not None
    kinds = sorted(zip(held.kinds.source.tolist(), held.kinds.target.tolist(), strict=True))
    assert kinds == [(0, 2), (3, 0), (3, 4)]
    assert next(iter(archive.batches(before.batch))).delta == left.delta
    assert archive.totals().people == 5
