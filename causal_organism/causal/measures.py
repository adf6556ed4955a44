"""What the outcomes are to people: their unit, which way is better, and how much of a change matters."""

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


MEASURES = {
    each.name: each
    for each in (
        Measure(name="focus_h", unit="h/week", better=+1, least=0.25),
        Measure(name="after_hours_share", unit="share", better=-1, least=0.01),
    )
}
TARGET = "focus_h"  # the outcome that proposals are to improve, where it is there
TREATMENT_UNIT = "h/week"
CONTRAST_H = -2.0
"""The change of meeting hours that overlap is judged for and that is proposed: two hours a week less."""


def measure_of(name: str) -> Measure:
    """A metric that nobody described can be estimated, but not used to propose."""
    return MEASURES.get(name) or Measure(name=name, unit="", better=0, least=0.0)
