"""What an outcome is to people: its unit, which way is better, and how much of a change matters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`better` is +1 where more is better, -1 where less is, 0 where nobody has said. `least` is the smallest change
    that matters to anybody, in the unit."""

    name: str
    unit: str
    better: int
    least: float


TREATMENT_UNIT = "h/week"
