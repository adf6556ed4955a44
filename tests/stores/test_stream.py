"""Every event stream behaves the same, whether it is a server or in memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from causal_organism.errors import StoreError
from causal_organism.ports import DeadLetter, EventStream
from causal_organism.stores.memory.stream import MemoryStream
from causal_organism.stores.redis.stream import RedisStream


@pytest.fixture(params=["memory", "redis"])
def stream(request: pytest.FixtureRequest) -> Iterator[EventStream]:
    if request.param == "memory":
        yield MemoryStream()
        return
    yield redis_stream(request.getfixturevalue("redis_url"))


def redis_stream(url: str) -> RedisStream:
    name = uuid.uuid4().hex
    return RedisStream(url, stream=f"test:{name}", dead_letters=f"test:{name}:dead")


def letter(entry: str, reason: str = "bad-id") -> DeadLetter:
    return DeadLetter(id=entry, reason=reason, fields={"source": f"s{entry}", "reason": "of the sender", "ü": "\\x00"})


def test_a_stream_that_never_was_has_nothing(stream: EventStream) -> None:
    state = stream.state()
    assert (state.length, state.first_id, state.last_id, state.added, state.removed) == (0, None, "0-0", 0, 0)
    assert stream.read_after("0-0", 10) == ()
    assert stream.count_dead_letters() == 0


def test_entries_come_back_in_order_as_raw_bytes(stream: EventStream) -> None:
    ids = stream.append([{"n": str(number), "text": "ü"} for number in range(5)])
    found = stream.read_after("0-0", 10)
    assert [each.id for each in found] == ids
    assert found[2].fields == {b"n": b"2", b"text": "ü".encode()}
    assert stream.state().last_id == ids[-1]


def test_reading_starts_behind_a_position_and_ends_at_another(stream: EventStream) -> None:
    ids = stream.append([{"n": str(number)} for number in range(6)])
    assert [each.id for each in stream.read_after(ids[0], 10, until=ids[3])] == ids[1:4]
    assert [each.id for each in stream.read_after(ids[0], 2)] == ids[1:3]
    assert stream.count_after(ids[1]) == 4
    assert stream.count_after(ids[1], at_most=3) == 3


def test_trimming_removes_up_to_and_including_an_entry(stream: EventStream) -> None:
    ids = stream.append([{"n": str(number)} for number in range(6)])
    assert stream.trim(ids[1]) == 2
    state = stream.state()
    assert (state.length, state.first_id, state.last_id, state.added, state.removed) == (4, ids[2], ids[5], 6, 2)


def test_a_stream_trimmed_to_nothing_still_knows_its_last_id(stream: EventStream) -> None:
    ids = stream.append([{"n": "1"}, {"n": "2"}])
    stream.trim(ids[-1])
    state = stream.state()
    assert (state.length, state.first_id, state.last_id, state.removed) == (0, None, ids[-1], 2)


def test_dead_letters_keep_their_ids_and_are_there_once(stream: EventStream) -> None:
    letters = [letter("1-1"), letter("1-2", "self"), letter("10-0")]
    stream.write_dead_letters(letters[:2])
    stream.write_dead_letters(letters)
    stream.write_dead_letters(letters[:1])
    assert stream.read_dead_letters() == tuple(letters)
    assert stream.read_dead_letters(limit=1) == (letters[0],)
    assert stream.count_dead_letters() == 3


def test_a_dead_letter_older_than_one_that_is_there_finds_its_place(stream: EventStream) -> None:
    stream.write_dead_letters([letter("5-0"), letter("9-0")])
    stream.write_dead_letters([letter("1-0"), letter("5-0"), letter("7-1"), letter("9-0"), letter("12-0")])
    assert [each.id for each in stream.read_dead_letters()] == ["1-0", "5-0", "7-1", "9-0", "12-0"]
    assert stream.read_dead_letters()[2] == letter("7-1")


def test_dead_letters_can_be_dropped_one_by_one(stream: EventStream) -> None:
    stream.write_dead_letters([letter("1-0"), letter("2-0"), letter("3-0")])
    assert stream.drop_dead_letters(["2-0", "8-0"]) == 1
    assert [each.id for each in stream.read_dead_letters()] == ["1-0", "3-0"]


def test_what_others_wrote_among_the_dead_letters_is_shown_and_kept(redis_url: str) -> None:
    import redis

    stream = redis_stream(redis_url)
    server = redis.Redis.from_url(redis_url)
    server.xadd(stream.dead_letters_name, {"fields": b"\xff no json", "x": "1"}, id="50-0")
    stream.write_dead_letters([letter("1-0")])
    foreign = stream.read_dead_letters()[1]
    assert (foreign.id, foreign.reason, dict(foreign.fields)) == (
        "50-0",
        "unknown",
        {"fields": "\ufffd no json", "x": "1"},
    )


def test_a_server_that_is_not_there_is_a_store_error() -> None:
    stream = RedisStream("redis://127.0.0.1:1/0", stream="s", dead_letters="d")
    with pytest.raises(StoreError, match="event stream"):
        stream.state()


def test_a_key_of_another_type_is_a_store_error(redis_url: str) -> None:
    import redis

    redis.Redis.from_url(redis_url).set("test:text", "x")
    stream = RedisStream(redis_url, stream="test:text", dead_letters="test:text")
    with pytest.raises(StoreError):
        stream.state()
    with pytest.raises(StoreError):
        stream.write_dead_letters([letter("1-0")])


@pytest.mark.parametrize("long_first", [True, False])
def test_reading_ends_where_so_many_bytes_are_together(stream: EventStream, long_first: bool) -> None:
    sizes = [3_000 if (at < 700) == long_first else 30 for at in range(1_500)]
    ids = stream.append([{"x": "y" * (size - 1)} for size in sizes])
    for most_bytes in (1, 29, 30, 31, 10_000, 500_000, 2_000_000, 10**9):
        found = stream.read_after("0-0", 1_400, until=ids[-2], most_bytes=most_bytes)
        assert [each.id for each in found] == ids[: len(found)]
        size = sum(sizes[: len(found)])
        assert size == sum(each.bytes for each in found)
        assert size <= most_bytes or len(found) == 1
        assert len(found) == 1_400 or size + sizes[len(found)] > most_bytes
