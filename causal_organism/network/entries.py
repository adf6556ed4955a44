"""Ids of stream entries, `<milliseconds>-<sequence>`, in the order of the stream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = "0-0"
"""The position before every entry."""

_SEQUENCE_MAX = 2**64 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR_MS = 253_402_300_799_000  # the year 9999


def entry_key(entry: str) -> tuple[int, int]:
    """Sorts ids as the stream does; as text, 10-0 would come before 9-0."""
    milliseconds, _, sequence = entry.partition("-")
    return int(milliseconds), int(sequence or 0)


def following(entry: str) -> str:
    """The smallest id greater than `entry`."""
    milliseconds, sequence = entry_key(entry)
    return f"{milliseconds}-{sequence + 1}" if sequence < _SEQUENCE_MAX else f"{milliseconds + 1}-0"


def preceding(entry: str) -> str:
    """The greatest id smaller than `entry`; there is none before START."""
    if entry == START:
        return START
    milliseconds, sequence = entry_key(entry)
    return f"{milliseconds}-{sequence - 1}" if sequence else f"{max(milliseconds - 1, 0)}-{_SEQUENCE_MAX}"


def later(one: str, other: str) -> str:
    """The greater of two ids."""
    return max(one, other, key=entry_key)


def added_at(entry: str) -> datetime:
    """When the server's clock gave this id; an id that somebody chose may say anything."""
    return _EPOCH + timedelta(milliseconds=min(entry_key(entry)[0], _FAR_MS))
