"""What changed between two states of the network: exact, composable, and invertible."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TieChange:
    """One tie, before and after. A tie that is not there has weight 0 and count 0."""

    source: str
    target: str
    weight_u_was: int
    weight_u_now: int
    count_was: int
    count_now: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class NetworkDelta:
    """Ties that changed, ordered by (source, target), and people that appeared, in order of idx.

    `first_idx` is the dense index of the first person added; the others follow it one by one.
    """

    ties: tuple[TieChange, ...] = ()
    people: tuple[str, ...] = ()
    first_idx: int = 0
