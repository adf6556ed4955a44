"""What a pilot did: teams with the change against teams held out, each compared with itself before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from causal_organism.causal.measures import Measure
from causal_organism.causal.slopes.student import quantile
from causal_organism.causal.within import Columns
from causal_organism.documents.pilots import Measured, PilotMeasurement, PilotVerdict
from causal_organism.interventions.pilots import WEEKS_BEFORE

SCHEMA = "organism.intervention-result/1"
EFFECTIVE: Final = "effective"
NO_EFFECT: Final = "no-effect"
HARMFUL: Final = "harmful"
INCONCLUSIVE: Final = "inconclusive"
LEAST_TEAMS_OF_A_SIDE, LEAST_WEEKS = 3, 2
NOT_MEASURED: Measured = {"effect": None, "from": None, "to": None, "error": None}


def measure_pilot(
    panel: Columns,
    lots: tuple[Sequence[str], Sequence[str]],
    *,
    measure: Measure,
    began: int,
    ended: int,
    people: Collection[str] | None = None,
) -> PilotMeasurement:
    """Difference in differences by team, 95 % interval.

    `began`, `ended`: weeks since 1970, the pilot's weeks being those after `began` up to `ended`. `people`: whom it is
    about, in either arm, as was known before the lot; None: everybody. They all count, whatever they did. Numbers are
    None, and the verdict `inconclusive`, with too few teams or weeks.
    """
    weeks, team = np.asarray(panel["week_index"]), np.asarray(panel["team"]).astype(str)
    values = np.asarray(panel[measure.name], dtype=np.float64)
    known = np.isfinite(values)
    if people is not None:
        known &= np.isin(np.asarray(panel["id"]).astype(str), list(people))
    before = known & (weeks > began - WEEKS_BEFORE) & (weeks <= began)
    after = known & (weeks > began) & (weeks <= ended)
    changes = [
        [
            float(values[after & (team == name)].mean() - values[before & (team == name)].mean())
            for name in side
            if (after & (team == name)).any() and (before & (team == name)).any()
        ]
        for side in lots
    ]
    treated, held = (np.array(side) for side in changes)
    few = min(len(treated), len(held)) < LEAST_TEAMS_OF_A_SIDE or len(np.unique(weeks[after])) < LEAST_WEEKS
    if few:
        return not_measured(lots)
    effect = float(treated.mean() - held.mean())
    parts = np.array([treated.var(ddof=1) / len(treated), held.var(ddof=1) / len(held)])
    degrees = parts.sum() ** 2 / (parts[0] ** 2 / (len(treated) - 1) + parts[1] ** 2 / (len(held) - 1))  # Welch
    error = float(np.sqrt(parts.sum()))
    reach = quantile(0.975, float(degrees)) * error
    low, high = effect - reach, effect + reach
    return {
        "treated": len(lots[0]),
        "held_out": len(lots[1]),
        "measured": {"effect": round(effect, 6), "from": round(low, 6), "to": round(high, 6), "error": round(error, 6)},
        "verdict": _judge(measure, low, high),
    }


def not_measured(lots: tuple[Sequence[str], Sequence[str]]) -> PilotMeasurement:
    return {
        "treated": len(lots[0]),
        "held_out": len(lots[1]),
        "measured": NOT_MEASURED.copy(),
        "verdict": INCONCLUSIVE,
    }


def _judge(measure: Measure, low: float, high: float) -> PilotVerdict:
    """In the direction that is better: no effect means that nothing that matters is in the interval."""
    least, most = sorted((measure.better * low, measure.better * high))
    if least > 0:
        return EFFECTIVE
    if most < 0:
        return HARMFUL
    return NO_EFFECT if most < measure.least and least > -measure.least else INCONCLUSIVE
