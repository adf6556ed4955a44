"""Bookings that overlap count once, in every archive, however they arrive."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from causal_organism.network.bookings import MOST_US, length_us, union
from causal_organism.network.interactions import Interaction
from causal_organism.ports import Archive
from causal_organism.stores.postgres.database import Database, apply_migrations, known_migrations
from tests.stores.truth import NOW, interaction

HOUR_US = 3_600_000_000
MONDAY_US = int(datetime(2026, 2, 9, tzinfo=UTC).timestamp()) * 1_000_000
WEEK = "2026-W07"


def meeting(entry: str, source: str, target: str, *, begins: float, hours: float, **more: Any) -> Interaction:
    return interaction(
        entry, source, target, at_us=MONDAY_US + int(begins * HOUR_US), duration_s=hours * 3600,
        **{"kind": "meeting"} | more,
    )  # fmt: skip


def take_in(archive: Archive, interactions: list[Interaction]) -> None:
    position = archive.position()
    last = interactions[-1].entry
    archive.accept(position, interactions, (), last_entry=last, entries=len(interactions), now=NOW)


def hours(archive: Archive, column: str = "booked_s") -> dict[tuple[str, str, str], float]:
    """(week, target, kind) -> hours over all ties into the target."""
    found: dict[tuple[str, str, str], float] = {}
    columns = archive.weekly()
    for *key, seconds in zip(*(columns[name].tolist() for name in ("week", "target", "kind", column)), strict=True):
        found[key[0], key[1], key[2]] = found.get((key[0], key[1], key[2]), 0.0) + seconds / 3600
    return found


def test_two_at_once_count_once_also_in_batches_apart(archive: Archive) -> None:
    take_in(archive, [
        meeting("1-0", "a", "b", begins=9, hours=1),
        meeting("1-1", "c", "b", begins=9.5, hours=1),
        meeting("1-2", "a", "c", begins=9, hours=1),
        meeting("1-3", "a", "b", begins=9, hours=2, kind="call"),
        interaction("1-4", "a", "b", at_us=MONDAY_US),
    ])  # fmt: skip
    take_in(archive, [
        meeting("2-0", "d", "b", begins=9, hours=1.25),  # within what is booked
        meeting("2-1", "d", "b", begins=15, hours=0.5),
        meeting("2-2", "d", "b", begins=15.5, hours=0.5),  # one after the other
    ])  # fmt: skip
    booked = hours(archive)
    assert booked[WEEK, "b", "meeting"] == 2.5
    assert hours(archive, "duration_s")[WEEK, "b", "meeting"] == 4.25
    assert (booked[WEEK, "c", "meeting"], booked[WEEK, "b", "call"]) == (1.0, 2.0)
    assert booked[WEEK, "b", "interaction"] == 0.0


def test_without_overlaps_every_tie_has_its_duration_to_the_last_digit(archive: Archive) -> None:
    rng = random.Random(1)
    take_in(archive, [
        meeting(f"1-{n}", rng.choice("abc"), rng.choice("xyz"), begins=n, hours=rng.uniform(0.1, 1.0))
        for n in range(60)
    ])  # fmt: skip
    columns = archive.weekly()
    np.testing.assert_array_equal(columns["booked_s"], columns["duration_s"])


def test_what_was_known_already_adds_nothing_and_a_week_ends_nothing(archive: Archive) -> None:
    take_in(archive, [meeting("1-0", "a", "b", begins=7 * 24 - 0.5, hours=1, sender_id="one")])
    take_in(archive, [meeting("2-0", "a", "b", begins=9, hours=3, sender_id="one")])
    take_in(archive, [meeting("3-0", "a", "b", begins=-2000 * 24, hours=1e300 / 3600)])
    assert hours(archive)[WEEK, "b", "meeting"] == 1.0
    assert len(archive.weekly()["week"]) == 2


def test_whatever_the_order_and_the_batches_it_is_the_time_of_the_union(archive: Archive) -> None:
    rng = random.Random(2)
    known = [
        meeting(f"{n}-0", rng.choice("abcd"), rng.choice("xyz"), begins=rng.uniform(0, 60), hours=rng.uniform(0, 3))
        for n in range(1, 121)
    ]
    for first in range(0, len(known), 17):
        take_in(archive, known[first : first + 17])
    for person in "xyz":
        spans = [(each.at_us, each.at_us + round((each.duration_s or 0) * 1e6)) for each in known]
        mine = union(span for each, span in zip(known, spans, strict=True) if each.target == person)
        moments = np.arange(MONDAY_US, MONDAY_US + 65 * HOUR_US, HOUR_US // 3600)  # counted second by second
        counted = sum(((moments >= low) & (moments < high)).sum() for low, high in mine) / 3600
        assert abs(hours(archive)[WEEK, person, "meeting"] - counted) < 0.02
        assert abs(hours(archive)[WEEK, person, "meeting"] - length_us(mine) / HOUR_US) < 1e-9


def test_a_union_neither_overlaps_nor_touches() -> None:
    assert union([(5, 6), (0, 2), (2, 4), (1, 3)]) == [(0, 4), (5, 6)]
    assert length_us(union([(0, MOST_US), (0, MOST_US)])) == MOST_US


def test_what_is_still_kept_is_booked_by_the_migration_and_what_is_not_counts_in_full(fresh_dsn: str) -> None:
    """The archive of an earlier version, with one week of whose interactions one is no longer there."""
    database, (last, *_) = Database(fresh_dsn), [each for each in known_migrations() if each.startswith("0023")]
    with database.connection() as connection:
        connection.execute("DROP SCHEMA IF EXISTS organism CASCADE")
        connection.execute("CREATE SCHEMA organism")
        apply_migrations(connection, [each for each in known_migrations() if each != last])
        connection.execute("INSERT INTO organism.person VALUES (0, 'a'), (1, 'b')")
        connection.execute("INSERT INTO organism.kind (hash, name) VALUES (gen_random_uuid(), 'meeting')")
        for place, begins in enumerate((9.0, 9.5)):
            connection.execute(
                "INSERT INTO organism.interaction"
                " (entry, accepted_at, at_us, source, target, kind, weight_u, duration_s)"
                " SELECT %s, now(), %s, 0, 1, id, 1, 3600 FROM organism.kind",
                (f"{place}-0", MONDAY_US + int(begins * HOUR_US)),
            )
        connection.execute(
            "INSERT INTO organism.tie_week SELECT %s, id, 0, 1, 3, 3, 3 * 3600000000::numeric FROM organism.kind",
            (date(2026, 2, 9),),
        )
        apply_migrations(connection, [last])
        row = connection.execute(
            "SELECT untimed_us, (SELECT sum(upper(each) - lower(each)) FROM unnest(booked) each)"
            " FROM organism.booked_week"
        ).fetchone()
    database.close()
    assert row is not None
    assert [int(each) for each in row] == [HOUR_US, HOUR_US * 3 // 2]
