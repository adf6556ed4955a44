"""Batches are as large as entries, bytes and time allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from causal_organism.organism.stream.reader import StreamReader
from tests.engine.living import event, living_in_memory, pulsed, with_settings

pytestmark = pytest.mark.large


@pytest.fixture
def organism(tmp_path: Path) -> Any:
    return living_in_memory(tmp_path)


def sizes(organism: Any, took: list[float], **settings: Any) -> list[int]:
    """How many entries came at a time, if accepting them took so long."""
    found = []
    reader = StreamReader(with_settings(organism, **settings), end=organism.stream.state().last_id)
    position = "0-0"
    with reader:
        while reading := reader.after(position):
            position = reading.last
            found.append(reading.entries)
            reader.record_batch_cost(reading.entries, took[min(len(found), len(took)) - 1])
    return found


def test_a_batch_has_at_most_so_many_entries(organism: Any) -> None:
    organism.stream.append([event("a", "b")] * 25)
    assert sizes(organism, [0.001], batch_events=10) == [10, 10, 5]


def test_a_batch_has_at_most_so_many_bytes_and_at_least_one_entry(organism: Any) -> None:
    organism.stream.append([event("a", "b", kind="k" * 100)] * 6)
    (entry,) = organism.stream.read_after("0-0", 1)
    assert sizes(organism, [0.001], batch_bytes=2 * entry.bytes) == [2, 2, 2]
    assert sizes(organism, [0.001], batch_bytes=1) == [1] * 6


def test_where_accepting_takes_long_batches_get_smaller_and_larger_again(organism: Any) -> None:
    organism.stream.append([event("a", "b")] * 4_000)
    # One is always read ahead: what the first took is known for the third.
    assert sizes(organism, [10.0, 10.0, 0.1], batch_events=1_000, batch_seconds=5.0) == [1_000, 1_000, 500, 500, 1_000]
    slow = sizes(organism, [1_000.0], batch_events=1_000, batch_seconds=5.0)
    assert slow[:2] == [1_000, 1_000]
    assert set(slow[2:]) == {100}


def test_a_pulse_takes_in_everything_however_small_its_batches_are(organism: Any) -> None:
    organism.stream.append([event("a", "b", kind=f"k{at}") for at in range(30)])
    report = pulsed(organism, batch_bytes=1)
    assert (report.accepted, report.batches) == (30, 30)
    assert organism.archive.totals().interactions == 30
