"""The stream is read ahead, in order, and to its end."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from causal_organism.network.entries import START, entry_key
from causal_organism.operations.stream_reader import Reading, StreamReader, rare_collection
from causal_organism.ports import StreamEntry
from causal_organism.stores.memory_stream import MemoryStream
from tests.operations.organisms import memory_organism


class Watched(MemoryStream):
    """Notes after which positions it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []

    def read_after(self, position: str, limit: int, until: str | None = None) -> tuple[StreamEntry, ...]:
        self.read.append(position)
        return super().read_after(position, limit, until)


@pytest.fixture
def organism() -> Any:
    organism = memory_organism((), batch_events=10)
    organism.stream = Watched()
    return organism


def filled(organism: Any, events: int) -> list[str]:
    ids: list[str] = organism.stream.append(
        [{"source": "ana", "target": f"p{number}" if number % 7 else "ana", "at": "1"} for number in range(events)]
    )
    return ids


def entries_of(reading: Reading) -> list[str]:
    return sorted((each.entry for each in (*reading.interactions, *reading.refusals)), key=entry_key)


def test_batches_come_in_order_up_to_the_end_and_no_further(organism: Any) -> None:
    ids = filled(organism, 30)
    found, position = [], START
    with StreamReader(organism, end=ids[22]) as reader:
        while reading := reader.after(position):
            found.append(reading)
            position = reading.last
    assert [(each.entries, each.last) for each in found] == [(10, ids[9]), (10, ids[19]), (3, ids[22])]
    assert [each for reading in found for each in entries_of(reading)] == ids[:23]
    assert [each.entry for reading in found for each in reading.refusals] == [ids[at] for at in (0, 7, 14, 21)]
    assert organism.stream.read == [START, ids[9], ids[19]]


def test_next_batch_is_read_before_anybody_asks(organism: Any) -> None:
    ids = filled(organism, 30)
    with StreamReader(organism, end=ids[-1]) as reader:
        reader.after(START)
    assert organism.stream.read == [START, ids[9]]


def test_what_was_read_ahead_of_another_position_is_not_given(organism: Any) -> None:
    ids = filled(organism, 30)
    with StreamReader(organism, end=ids[-1]) as reader:
        reader.after(START)
        reading = reader.after(ids[4])
    assert reading is not None
    assert entries_of(reading) == ids[5:15]


def test_entries_that_were_deleted_at_the_end_are_no_batch(organism: Any) -> None:
    with StreamReader(organism, end="9-0") as reader:
        assert reader.after(START) is None


def test_garbage_is_looked_for_as_often_as_before_also_after_an_error() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError), rare_collection():
        assert gc.get_threshold()[0] > usual[0]
        raise ValueError
    assert gc.get_threshold() == usual


def test_two_at_once_leave_it_as_the_first_one_found_it() -> None:
    usual = gc.get_threshold()
    first, second = rare_collection(), rare_collection()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert gc.get_threshold() == usual
