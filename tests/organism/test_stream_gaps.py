"""What a stream that no longer continues looks like, also from servers that do not count (Redis before 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from causal_organism.deployments import INCREMENTAL
from causal_organism.organism.stream.gaps import find_gap, find_missing, gaps_of_run
from causal_organism.ports import Gap, StreamPosition, StreamState
from causal_organism.stores.memory.ledger import MemoryLedger
from causal_organism.stores.memory.orchestrator import MemoryOrchestrator
from causal_organism.stores.memory.stream import MemoryStream
from tests.stores.truth import NOW


def state(**changed: Any) -> StreamState:
    """Ten entries, 3-0 to 12-0, behind two that were trimmed."""
    known = StreamState(length=10, first_id="3-0", last_id="12-0", added=12, removed=2)
    return replace(known, **changed)


def gap(after: str, before: str, missing: int | None) -> Gap:
    return Gap(detected_at=NOW, after=after, before=before, missing=missing)


RULES = [
    ("read to the end", StreamPosition(entry="12-0", entries=12), state(), None),
    ("the trimmed ones were read", StreamPosition(entry="2-0", entries=2), state(), None),
    (
        "one was not",
        StreamPosition(entry="1-0", entries=1),
        state(),
        (gap("1-0", "3-0", 1), StreamPosition(entry="1-0", entries=2)),
    ),
    (
        "everything unread is gone",
        StreamPosition(entry="1-0", entries=1),
        state(length=0, first_id=None, removed=12),
        (gap("1-0", "12-0", 11), StreamPosition(entry="1-0", entries=12)),
    ),
    (
        "it begins anew and went on",
        StreamPosition(entry="2-0", entries=40),
        state(),
        (gap("2-0", "3-0", None), StreamPosition(entry="0-0", entries=2)),
    ),
    ("it ends before where we read: it was restored", StreamPosition(entry="20-0", entries=20), state(), None),
    ("it was restored and went on", StreamPosition(entry="11-0", entries=40), state(), None),
    (
        "it was deleted",
        StreamPosition(entry="11-0", entries=11),
        StreamState(length=0, first_id=None, last_id="0-0", added=0, removed=0),
        (gap("11-0", "0-0", None), StreamPosition(entry="0-0", entries=0)),
    ),
]


@pytest.mark.parametrize(("position", "seen", "found"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_where_a_stream_continues(position: StreamPosition, seen: StreamState, found: Any) -> None:
    assert find_gap(MemoryStream(), seen, position, (), now=NOW) == found


def test_entries_that_never_came_by_are_missing() -> None:
    assert find_missing(state(), StreamPosition(entry="12-0", entries=12), now=NOW) is None
    assert find_missing(state(added=None), StreamPosition(entry="12-0", entries=9), now=NOW) is None
    found = find_missing(state(), StreamPosition(entry="12-0", entries=9), now=NOW)
    assert found == (gap("12-0", "12-0", 3), StreamPosition(entry="12-0", entries=12))


def test_without_counting_the_entry_at_our_position_says_that_nothing_unread_went() -> None:
    stream = MemoryStream()
    ids = stream.append([{"n": str(number)} for number in range(6)])
    position = StreamPosition(entry=ids[2], entries=3)
    uncounted = replace(stream.state(), added=None, removed=None)
    stream.trim(ids[1])
    assert find_gap(stream, uncounted, position, (), now=NOW) is None
    stream.trim(ids[3])
    found = find_gap(stream, uncounted, position, (), now=NOW)
    assert found == (gap(ids[2], "1-0", None), position)
    assert find_gap(stream, uncounted, position, (found[0],), now=NOW) is None  # once
    assert find_gap(stream, uncounted, StreamPosition(), (), now=NOW) is None


def test_a_run_that_was_planned_before_a_gap_and_began_after_it_has_no_part_in_it() -> None:
    """Prefect creates the runs of a schedule hours ahead."""
    moments = iter(NOW + timedelta(minutes=each) for each in range(-10, 100))
    orchestrator = MemoryOrchestrator(now=lambda: next(moments))
    orchestrator.setup()
    found = gap("1-0", "3-0", 1)
    organism: Any = SimpleNamespace(
        orchestrator=orchestrator, archive=SimpleNamespace(gaps=lambda: (found,)), ledger=MemoryLedger(lambda: NOW)
    )
    finder, planned = (orchestrator.plan_run(INCREMENTAL.full_name, NOW) for _ in range(2))
    assert gaps_of_run(organism, planned) == []
    orchestrator.begin(finder)
    while next(moments) < NOW:
        pass
    orchestrator.begin(planned)
    assert gaps_of_run(organism, finder) == [found]
    assert gaps_of_run(organism, planned) == []
