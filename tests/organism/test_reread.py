"""Reading the whole stream again after a gap: nothing that is known counts twice, and nothing is a gap again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.documents.stream import RereadDocument
from causal_organism.errors import FencedError, LeaseHeldError, RefusedError
from causal_organism.organism.stream.lag import gap_text, stream_state
from causal_organism.organism.stream.pulse import PulseReport
from causal_organism.organism.stream.reread import reread_stream
from causal_organism.ports import StreamPosition
from causal_organism.stores.redis.stream import RedisStream
from tests.engine.living import KINDS, event, living, pulsed, with_settings
from tests.stores.truth import network_in, weeks_in


@pytest.fixture(params=KINDS)
def organism(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    yield from living(request, tmp_path)


def reread(organism: Any) -> RereadDocument:
    return reread_stream(organism, actor="ana", holder="h1")


def with_a_gap(organism: Any) -> None:
    """Four entries, of which the second was lost; the third is refused, and the fourth has an id."""
    organism.stream.append([event("a", "b")])
    pulsed(organism)
    ids = organism.stream.append([event("b", "c"), event("c", "c"), event("c", "d", id="x")])
    organism.stream.trim(ids[0])
    assert pulsed(organism).gap is not None


def test_what_is_known_counts_once(organism: Any) -> None:
    with_a_gap(organism)
    before = network_in(organism.network), weeks_in(organism.archive), organism.archive.position()
    document = reread(organism)
    assert (document["entries"], document["was"]) == (2, before[2].entry)
    assert stream_state(organism)["lag"] == 2
    report = pulsed(organism)
    assert report == PulseReport(read=2, duplicates=2, version=report.version)
    assert (network_in(organism.network), weeks_in(organism.archive), organism.archive.position()) == before
    assert [each.reason for each in organism.stream.read_dead_letters()] == ["self"]
    assert pulsed(organism) == PulseReport(version=report.version)


def test_what_came_meanwhile_is_taken_in_as_well(organism: Any) -> None:
    with_a_gap(organism)
    reread(organism)
    organism.stream.append([event("b", "c", id="again"), event("c", "d", id="x")])
    report = pulsed(organism)
    assert (report.accepted, report.duplicates, report.gap) == (1, 3, None)
    assert ("b", "c") in network_in(organism.network)[1]


def test_a_gap_says_what_to_do_until_it_is_done(organism: Any) -> None:
    assert gap_text(stream_state(organism)["gap"]) is None
    with_a_gap(organism)
    told = gap_text(stream_state(organism)["gap"])
    assert told is not None
    assert "1 entry lost" in told
    assert "`organism stream reread`" in told
    if hasattr(organism, "clock"):
        organism.clock.move(minutes=1)
    reread(organism)
    assert gap_text(stream_state(organism)["gap"]) is None
    (entry,) = [each for each in organism.ledger.audit_log() if each.action == "stream.reread"]
    assert (entry.actor, entry.subject, entry.detail["entries"]) == ("ana", organism.settings.stream, 2)


def all_there_is(organism: Any) -> tuple[Any, ...]:
    archive = organism.archive
    return archive.position(), archive.gaps(), organism.stream.state(), organism.ledger.audit_log()


def test_a_gap_is_seen_before_a_pulse_comes_by_it_and_looking_changes_nothing(organism: Any) -> None:
    organism.stream.append([event("a", "b")])
    pulsed(organism)
    ids = organism.stream.append([event("b", "c"), event("c", "d"), event("d", "e")])
    organism.stream.trim(ids[1])
    before, position = all_there_is(organism), organism.archive.position()
    state: Any = stream_state(organism)
    assert state["lag"] == 1
    gap = {key: state["gap"][key] for key in ("after", "before", "missing", "reread_at", "recorded")}
    assert gap == {
        "after": position.entry, "before": ids[2], "missing": 2, "reread_at": None, "recorded": False,
    }  # fmt: skip
    told = gap_text(state["gap"])
    assert told is not None
    assert told.startswith(f"gap: 2 entries lost after {position.entry}; the next pulse records it")
    assert all_there_is(organism) == before

    assert pulsed(organism).gap is not None
    found = stream_state(organism)["gap"]
    assert found is not None
    assert (found["recorded"], found["missing"]) == (True, 2)
    assert (gap_text(found) or "").startswith("gap found ")


def test_unread_entries_of_which_none_is_left_are_a_gap_too(organism: Any) -> None:
    organism.stream.append([event("a", "b")])
    pulsed(organism)
    (entry,) = organism.stream.append([event("b", "c")])
    if isinstance(organism.stream, RedisStream):
        organism.stream.redis.xdel(organism.settings.stream, entry)
    else:
        del organism.stream._entries[entry]
    state: Any = stream_state(organism)
    assert state["length"] == 1, "the entry at our position is there, so that nothing seems to be missing before it"
    assert (state["lag"], state["gap"]["missing"], state["gap"]["recorded"]) == (0, 1, False)
    assert pulsed(organism).gap is not None


def test_a_pulse_that_takes_in_and_trims_while_one_looks_is_no_gap(organism: Any) -> None:
    organism.stream.append([event("a", "b")])
    pulsed(organism)
    ids = organism.stream.append([event("b", "c"), event("c", "d")])
    stream = organism.stream
    seen: list[Any] = []

    class Busy:
        """A stream to which a pulse comes between the look at the position and the one at it."""

        def state(self) -> Any:
            if not seen:
                seen.append(pulsed(organism))
                stream.trim(ids[1])
            return stream.state()

        def __getattr__(self, name: str) -> Any:
            return getattr(stream, name)

    looked = SimpleNamespace(
        **{each: getattr(organism, each) for each in ("archive", "ledger", "settings", "now")}, stream=Busy()
    )
    state = stream_state(looked)
    assert seen[0].accepted == 2
    assert (state["lag"], state["gap"]) == (0, None)


def test_a_gap_that_nobody_was_told_of_is_not_passed_over_by_reading_again(organism: Any) -> None:
    organism.stream.append([event("a", "b")])
    pulsed(organism)
    ids = organism.stream.append([event("b", "c"), event("c", "d")])
    organism.stream.trim(ids[0])
    before = all_there_is(organism)
    with pytest.raises(RefusedError, match="no pulse has recorded that yet") as caught:
        reread(organism)
    assert "incremental-updates" in (caught.value.hint or "")
    assert all_there_is(organism) == before
    assert pulsed(organism).gap is not None
    assert reread(organism)["entries"] == 1


def test_a_later_gap_says_so_again(organism: Any) -> None:
    with_a_gap(organism)
    reread(organism)
    gap = stream_state(organism)["gap"]
    organism.ledger.set_fact("stream-reread", (organism.now() - timedelta(days=1)).isoformat())
    later = stream_state(organism)["gap"]
    assert gap is not None and later is not None
    assert gap["reread_at"] is not None
    assert later["reread_at"] is None


def test_it_is_refused_where_nothing_may_change_or_a_pulse_runs(organism: Any) -> None:
    with pytest.raises(RefusedError):
        reread(with_settings(organism, read_only=True))
    with organism.ledger.hold("network", "", "somebody"), pytest.raises(LeaseHeldError):
        reread(organism)
    with pytest.raises(FencedError):
        organism.archive.read_again(StreamPosition(entry="5-0", entries=3), position=StreamPosition())
    assert organism.ledger.audit_log() == ()
