"""Whether the outcome was already moving before a treatment began, in units that would take it up."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.samples import StudySample
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs.adoption import horizons
from causal_organism.causal.designs.placebos import joint_p
from causal_organism.causal.designs.robustness import Checks
from causal_organism.causal.slopes.regression import Absorber, absorb_two, fit_all, independent, slope_of
from causal_organism.causal.within import Floats, Ints, without

_MOST_LEADS = 4
_LEAST_BEFORE = 3
_JOINT_P, _SLOPE_P = 0.01, 0.10
_SHARE_OF_EFFECT = 1 / 3


def check_pre_trend(part: StudySample, held: Floats, began: Ints, effect: float, checks: Checks) -> None:
    """On untreated rows: steps just before the beginning must not differ, and there must be no slope towards it.

    A slope counts if, going on as it went, it would explain a third of the effect.
    """
    since = horizons(part.when, began)
    before = ~(since >= 0)
    rows = part.of(before)
    ahead = since[before]
    lengths = -np.nanmin(ahead) if np.isfinite(ahead).any() else 0
    if lengths < _LEAST_BEFORE or rows.periods < _LEAST_BEFORE:
        checks.unchecked = True
        return
    absorber = absorb_two(rows.unit, rows.when, rows.cluster)
    w, y = absorber.taken_out(held[before]), absorber.taken_out(rows.y)
    leads = min(_MOST_LEADS, int(lengths) - 2)
    columns = [(ahead == -step).astype(np.float64) for step in range(1, leads + 1)]
    joint = _joint(absorber.taken_out(np.column_stack(columns)), w, y, rows, absorber)
    slope_p, drift = _slope(np.where(np.isfinite(ahead), ahead, 0.0), w, y, rows, absorber)
    if joint is None and slope_p is None:
        checks.unchecked = True
        return
    since_mean = float(np.mean(since[since >= 0])) + 1
    checks.details["pre_trend_p"], checks.details["pre_trend_slope"] = joint, drift
    checks.details["bias_max"] = abs(drift) * since_mean  # if it went on as it was
    moves = slope_p is not None and slope_p <= _SLOPE_P and abs(drift) * since_mean >= _SHARE_OF_EFFECT * abs(effect)
    if moves or (joint is not None and joint <= _JOINT_P):
        checks.refuted.append(Reason.PRE_TREND)


def _joint(leads: Floats, w: Floats, y: Floats, rows: StudySample, absorber: Absorber) -> float | None:
    both = np.column_stack((leads, w))
    kept = independent(both)
    tested = [place for place, column in enumerate(kept) if column < leads.shape[1]]
    if not tested:
        return None
    fitted = fit_all(both[:, kept], y, rows.cluster, absorber)
    return joint_p(fitted.coef[tested], fitted.cov[np.ix_(tested, tested)], rows.clusters)


def _slope(ahead: Floats, w: Floats, y: Floats, rows: StudySample, absorber: Absorber) -> tuple[float | None, float]:
    """(p, slope per step) of moving towards the beginning, beside the times' own effects."""
    column = absorber.taken_out(ahead)
    if float(np.std(without(column, w))) <= 1e-6 * max(float(np.std(ahead)), 1e-300):
        return None, 0.0
    found = slope_of(column, w, y, rows.cluster, absorber)
    return found.p, found.effect
