"""What a pulse does where entries of the stream are gone, and which it takes out itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from causal_organism.organism.stream.lag import note_text, stream_state
from causal_organism.organism.stream.pulse import PulseReport
from causal_organism.stores.redis.stream import RedisStream
from tests.engine.living import KINDS, emptied, event, living, pulsed, restored
from tests.organism.pulses import assert_holds, events


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def test_entries_trimmed_before_they_were_read_are_a_gap_reported_once(organism: Any) -> None:
    entries = events(30)
    first = organism.stream.append(entries[:10])
    pulsed(organism)
    ids = organism.stream.append(entries[10:])
    organism.stream.trim(ids[4])
    report = pulsed(organism)
    assert report.gap is not None
    assert (report.gap.after, report.gap.before, report.gap.missing) == (first[-1], ids[5], 5)
    assert report.accepted == 15
    assert_holds(organism, [*entries[:10], *entries[15:]])
    assert pulsed(organism).gap is None
    assert organism.archive.gaps() == (report.gap,)


def test_trimming_what_was_read_is_no_gap(organism: Any) -> None:
    ids = organism.stream.append(events(10))
    pulsed(organism)
    organism.stream.trim(ids[-1])
    organism.stream.append(events(3, seed=2))
    report = pulsed(organism)
    assert (report.gap, report.accepted) == (None, 3)


def test_a_stream_trimmed_to_nothing_unread_is_a_gap(organism: Any) -> None:
    ids = organism.stream.append(events(10))
    organism.stream.trim(ids[-1])
    report = pulsed(organism)
    assert report.gap is not None
    assert (report.gap.missing, report.read, report.version) == (10, 0, None)
    assert pulsed(organism).gap is None


def test_a_stream_that_begins_anew_is_read_from_its_beginning(organism: Any) -> None:
    entries = events(20)
    organism.stream.append([*entries[:12], event("a", "a")])
    pulsed(organism)
    emptied(organism)
    organism.stream.append(entries[12:])
    report = pulsed(organism)
    assert report.gap is not None
    assert (report.gap.missing, report.accepted) == (None, 8)
    assert_holds(organism, entries)
    assert [each.reason for each in organism.stream.read_dead_letters()] == ["self"]  # written again
    assert pulsed(organism) == PulseReport(version=report.version)


def test_a_stream_that_was_restored_from_before_was_read_already_and_nothing_is_lost(organism: Any) -> None:
    entries = events(20)
    organism.stream.append(entries[:12])
    backup = organism.stream.read_after("0-0", 100)
    pulsed(organism)
    organism.stream.append(entries[12:15])
    pulsed(organism)
    restored(organism, backup)
    seen = stream_state(organism)
    assert (seen["restored"], seen["gap"], seen["lag"]) == (True, None, 0)
    assert "was read already" in (note_text(seen) or "")
    organism.stream.append(entries[15:17])
    report = pulsed(organism)
    assert (report.gap, report.restored, report.accepted, report.duplicates) == (None, True, 2, 12)
    organism.stream.append(entries[17:])
    assert pulsed(organism).accepted == 3
    assert_holds(organism, entries)
    assert organism.ledger.audit_log()[0].action == "stream.restored"
    assert (pulsed(organism).restored, organism.archive.gaps()) == (False, ())
    assert stream_state(organism)["restored"] is False


def test_entries_removed_one_by_one_before_they_were_read_are_a_gap(organism: Any) -> None:
    entries = events(10)
    ids = organism.stream.append(entries)
    if isinstance(organism.stream, RedisStream):
        organism.stream.redis.xdel(organism.settings.stream, ids[4])
    else:
        del organism.stream._entries[ids[4]]
    first = pulsed(organism)
    assert first.gap is not None
    assert first.gap.missing == 1
    assert first.accepted == 9
    assert pulsed(organism).gap is None


def test_accepted_entries_beyond_the_setting_are_trimmed(organism: Any) -> None:
    ids = organism.stream.append(events(50))
    report = pulsed(organism, stream_keep=20, batch_events=25)
    assert report.trimmed == 25
    assert pulsed(organism, stream_keep=20, batch_events=25).trimmed == 5
    assert pulsed(organism, stream_keep=0, batch_events=25).trimmed == 0
    assert organism.stream.state().first_id == ids[30]
