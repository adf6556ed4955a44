"""Interactions: the contract at the door, and the reasons for refusing one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REASONS = ("missing-field", "bad-id", "bad-time", "future", "bad-weight", "self", "not-text", "too-large")


@dataclass(frozen=True, slots=True)
class Interaction:
    """One valid interaction. `at_us`: microseconds UTC; `weight_u`: integer millionths, 0 < weight_u <= 10**15."""

    entry: str  # id of the stream entry; "" before it has one
    source: str
    target: str
    at_us: int
    kind: str
    weight_u: int
    duration_s: float | None
    sender_id: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that no interaction can be read from. `reason` is one of REASONS; `fields` are printable text."""

    entry: str
    reason: str
    fields: Mapping[str, str]
