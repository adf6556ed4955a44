"""What a change of the treatment is expected to do to a group, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.measures import Measure
from causal_organism.causal.within import Columns
from causal_organism.documents.proposals import OutcomeChange

LEVEL = 0.90
_Z = 1.6448536269514722  # of a two-sided 90 % interval, and of a one-sided bound of 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Mean change of one outcome per person and week. `sd` takes in sampling, what the group shares, and the bias
    that a confounder as strong as the strongest measured one would cause (uniform within +- bias_max)."""

    measure: Measure
    mean: float
    sd: float

    @property
    def lo(self) -> float:
        return self.mean - _Z * self.sd

    @property
    def hi(self) -> float:
        return self.mean + _Z * self.sd

    @property
    def least_benefit(self) -> float:
        """The lower 95 % bound of the improvement, in the outcome's unit; negative: a harm that cannot be excluded."""
        return self.measure.better * self.mean - _Z * self.sd

    @property
    def harm_probability(self) -> float:
        return 0.5 * math.erfc(self.measure.better * self.mean / (self.sd * math.sqrt(2))) if self.sd > 0 else 0.0

    def value_of_knowing(self, *, error: float | None = 0.0) -> float:
        """What a measurement with that standard error, 0 for a perfect one, is worth before deciding, per person and
        week: the mean of the better of nothing and what it will say, less that of deciding today. None: not known, 0.

        Source: Raiffa and Schlaifer 1961, section 5.5, two actions and a normal prior.
        """
        if self.sd <= 0 or error is None:
            return 0.0
        moves = self.sd**2 / math.hypot(self.sd, error)  # spread of what will be believed after it
        z = abs(self.mean) / moves
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return moves * density - abs(self.mean) * 0.5 * math.erfc(z / math.sqrt(2))

    def document(self) -> OutcomeChange:
        return {
            "outcome": self.measure.name, "unit": self.measure.unit, "mean": round(self.mean, 6),
            "lo": round(self.lo, 6), "hi": round(self.hi, 6), "level": LEVEL, "sd": round(self.sd, 6),
            "better": self.measure.better, "least": self.measure.least,
        }  # fmt: skip


def spillover_of(effects: Columns, rows: NDArray[np.int64], *, delta: float, prefix: str = "") -> float | None:
    """What the change of everybody else in the team adds; None where that is not known."""
    found = effects.get(f"{prefix}spillover")
    value = float("nan") if found is None else float(found[rows].astype(np.float64).mean())
    return delta * value if math.isfinite(value) else None


def expect_total(
    effects: Columns, rows: NDArray[np.int64], own: Expectation, *, delta: float, prefix: str = ""
) -> Expectation:
    """The change when everybody in the team changes: the own one, and what that of the others adds if it is known."""
    added = spillover_of(effects, rows, delta=delta, prefix=prefix)
    if added is None:
        return own
    error = float(effects[f"{prefix}spillover_se"][rows].astype(np.float64).mean())
    return Expectation(measure=own.measure, mean=own.mean + added, sd=math.hypot(own.sd, delta * error))


def expect(
    effects: Columns, rows: NDArray[np.int64], measure: Measure, *, delta: float, prefix: str = ""
) -> Expectation | None:
    """The change in a group when everybody's treatment changes by delta; None where any of it is unknown.

    What persons have of their own averages out; what they share (the segment's error and bias) does not.
    """
    columns = (effects.get(prefix + name) for name in ("effect", "effect_sd", "segment_se", "bias_max"))
    found = [None if column is None else column[rows].astype(np.float64) for column in columns]
    if any(column is None or not np.isfinite(column).all() for column in found):
        return None
    effect, effect_sd, shared, bias = (column for column in found if column is not None)
    own = np.maximum(effect_sd**2 - shared**2, 0.0).sum() / len(rows) ** 2
    variance = own + float(shared.mean()) ** 2 + float(bias.mean()) ** 2 / 3
    return Expectation(measure=measure, mean=delta * float(effect.mean()), sd=abs(delta) * math.sqrt(variance))
