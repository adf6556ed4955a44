"""Time that is booked: bookings that overlap, or were told twice, count once."""

from __future__ import annotations

from collections.abc import Iterable

from causal_organism.network.windows import DAY_US

Span = tuple[int, int]
"""Microseconds from, and up to but not including."""

MOST_US = 7 * DAY_US
"""A booking that is said to be longer counts so much: nothing that a person does lasts longer."""


def span_of(at_us: int, duration_us: int) -> Span:
    return at_us, at_us + min(duration_us, MOST_US)


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that do not touch, in order."""
    found: list[Span] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def length_us(spans: Iterable[Span]) -> int:
    """Of spans that do not overlap."""
    return sum(high - low for low, high in spans)
