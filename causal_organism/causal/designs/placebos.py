"""Effects that cannot be there: of later treatment, on what the treatment cannot move, of a shuffled treatment."""

from __future__ import annotations

import numpy as np

from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.findings import is_clear
from causal_organism.causal.designs.linear_design import LinearDesign, units_and_times
from causal_organism.causal.designs.robustness import Checks
from causal_organism.causal.slopes.regression import Slope, slope_of
from causal_organism.causal.within import Floats, without

PLACEBO_P, DOUBTFUL_P = 0.01, 0.05
_DRAWS = 20
_LEAST_ROWS = 30


def next_rows(sample_unit: np.ndarray, when: np.ndarray) -> np.ndarray:
    """The row of the same unit one step later; -1 where there is none. Rows are in order of unit and time."""
    found = np.full(len(when), -1, dtype=np.int64)
    follows = (np.diff(sample_unit) == 0) & (np.diff(when) == 1)
    found[:-1][follows] = np.flatnonzero(follows) + 1
    return found


def check_lead(context: StudyContext, design: LinearDesign, place: int, effect_size: float, checks: Checks) -> None:
    """The next time's treatment cannot have moved this time's outcome, its own and all confounders held equal.

    A hidden cause that lasts shows here, and so do feedback and anticipation: what fails is the design.
    """
    sample = design.sample
    following = next_rows(sample.unit, sample.when)
    kept = following >= 0
    part = sample.of(kept)
    lead, w_next = sample.t[following[kept]], sample.w[following[kept]]
    if part.periods < 2 or kept.sum() < _LEAST_ROWS:
        checks.unchecked = True
        return
    absorber = design.absorb(part)
    own = absorber.taken_out(lead[:, place])
    others = np.delete(lead, place, axis=1)
    held = absorber.taken_out(np.column_stack((part.t, others, part.w, w_next)))
    own_left = without(own, held)
    if float(np.std(own_left)) <= 1e-6 * max(float(np.std(lead[:, place])), 1e-300):
        checks.unchecked = True
        return
    slope = slope_of(own, held, absorber.taken_out(part.y), part.cluster, absorber)
    checks.details["lead_effect"], checks.details["lead_p"] = slope.effect, slope.p
    if not slope.p > PLACEBO_P:
        checks.refuted.append(Reason.LEAD_PLACEBO)
    elif slope.p <= DOUBTFUL_P and abs(slope.effect) >= effect_size / 4:
        checks.doubts.append(Reason.LEAD_PLACEBO)


def check_negative_controls(context: StudyContext, design: LinearDesign, place: int, checks: Checks) -> None:
    """What the treatment cannot move, it must not seem to move; what cannot move the outcome must not seem to."""
    sample = design.sample
    tests: list[Slope] = []
    for name in context.declared.negative_outcomes:
        values = context.values(name, sample)
        if values is None or np.isfinite(values).sum() < _LEAST_ROWS:
            checks.unchecked = True
            continue
        part = sample.with_outcome(_scaled(values))
        absorber = design.absorb(part)
        held = absorber.taken_out(np.column_stack((np.delete(part.t, place, axis=1), part.w)))
        t, y = absorber.taken_out(_scaled(part.t[:, place])), absorber.taken_out(part.y)
        tests.append(slope_of(t, held, y, part.cluster, absorber))
    for name in context.declared.negative_treatments:
        values = context.values(name, sample)
        if values is None or np.isfinite(values).sum() < _LEAST_ROWS:
            checks.unchecked = True
            continue
        known = np.isfinite(values)
        part = sample.of(known)
        absorber = design.absorb(part)
        held = absorber.taken_out(np.column_stack((part.t, part.w)))
        control, y = absorber.taken_out(_scaled(values[known])), absorber.taken_out(_scaled(part.y))
        tests.append(slope_of(control, held, y, part.cluster, absorber))
    judge_negative_controls(tests, checks)


def judge_negative_controls(tests: list[Slope], checks: Checks) -> None:
    """One level for all of them together."""
    clear = [each for each in tests if is_clear(each.effect, each.se) and _has_rest(each.y_left, each.t_left)]
    if not clear:
        return
    least = min(each.p for each in clear)
    checks.details["negative_control_p"] = least
    if least <= PLACEBO_P / len(clear):
        checks.refuted.append(Reason.NEGATIVE_CONTROL)
    else:
        checks.confirmed = True


def _scaled(values: Floats) -> Floats:
    """In standard deviations; what does not vary stays as it is."""
    return values / (float(np.nanstd(values)) or 1.0)


def _has_rest(y_left: Floats, t_left: Floats) -> bool:
    """Whether holding equal leaves something of both; a control that is held equal itself leaves only rounding."""
    return bool(np.std(y_left) > 1e-9 and np.std(t_left) > 1e-9)


def check_permuted(design: LinearDesign, place: int, slope: Slope, checks: Checks) -> None:
    """A treatment dealt out anew, among the rows of each time in a panel, does nothing: else the mistake is ours."""
    sample = design.sample
    rng = np.random.default_rng(7)
    when = sample.when if design.absorb is units_and_times else np.zeros_like(sample.when)
    order = np.argsort(when, kind="stable")
    drawn = np.empty((len(sample.y), _DRAWS))
    for column in range(_DRAWS):
        shuffled = np.argsort(when + rng.random(len(order)))
        drawn[order, column] = slope.t_left[shuffled]
    drawn = without(design.absorber.taken_out(drawn), design.held_beside(place))
    effects = _slopes(drawn, slope.y_left)
    checks.details["permuted_mean"] = float(effects.mean())
    low, high = np.quantile(effects, (0.025, 0.975))
    if not low <= 0 <= high:
        checks.refuted.append(Reason.PERMUTED_PLACEBO)


def _slopes(columns: Floats, y: Floats) -> Floats:
    squares = np.maximum((columns**2).sum(axis=0), 1e-300)
    found: Floats = (columns.T @ y) / squares
    return found


def joint_p(coef: Floats, cov: Floats, clusters: int) -> float:
    """That all coefficients are 0: Wald's test, with as many degrees of freedom as clusters allow."""
    from scipy.special import fdtrc  # 0.2 s

    rank = int(np.linalg.matrix_rank(cov, hermitian=True))
    degrees = clusters - rank
    if not rank or degrees < 1:
        return 1.0
    statistic = float(coef @ np.linalg.pinv(cov, hermitian=True) @ coef)
    return float(fdtrc(rank, degrees, statistic / rank * degrees / max(clusters - 1, 1)))
