"""What treated units would have done untreated, predicted from everything that was not yet treated.

Source: Borusyak, Jaravel and Spiess 2024: the estimator, and the conservative error by cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.data.tables import Marks
from causal_organism.causal.slopes.regression import sum_by
from causal_organism.causal.within import Floats, Ints, codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Imputed:
    """`influence`: by cluster. `used`: rows that were treated and could be predicted, or were not treated."""

    effect: float
    se: float
    influence: Floats
    used: Marks
    treated_clusters: int


def impute(*, y: Floats, w: Floats, unit: Ints, when: Ints, cluster: Ints, treated: Marks) -> Imputed | None:
    """The mean effect on the treated rows; None where none of them can be predicted."""
    predictable = _predictable(unit, when, treated)
    used = ~treated | predictable
    if not predictable.any() or (~treated).sum() < 3:
        return None
    y, w, treated = y[used], w[used], treated[used]
    unit, when, cluster = codes(unit[used]), codes(when[used]), codes(cluster[used])
    solve = _Solver(unit[~treated], _dummies(when, w)[~treated], int(unit.max()) + 1)
    others = _dummies(when, w)
    weights = treated / treated.sum()
    shift = np.where(treated, weights, 0.0)
    v = shift.copy()
    by_unit, by_column = solve.coefficients(sum_by(unit, shift, solve.units), others.T @ shift)
    v[~treated] = -(by_unit[unit[~treated]] + others[~treated] @ by_column)
    effect = float(v @ y)
    own, common = solve.coefficients(sum_by(unit[~treated], y[~treated], solve.units), others[~treated].T @ y[~treated])
    left = y - own[unit] - others @ common
    left[treated] -= effect
    influence = np.bincount(cluster, v * left)
    groups = len(influence)
    influence = influence * np.sqrt(groups / max(groups - 1, 1))
    return Imputed(
        effect=effect, se=float(np.sqrt(influence @ influence)), influence=influence, used=used,
        treated_clusters=len(np.unique(cluster[treated])),
    )  # fmt: skip


def _predictable(unit: Ints, when: Ints, treated: Marks) -> Marks:
    """Treated rows whose unit and whose time have untreated rows."""
    seen_unit, seen_time = (
        np.bincount(unit[~treated], minlength=int(unit.max()) + 1),
        np.bincount(when[~treated], minlength=int(when.max()) + 1),
    )
    return treated & (seen_unit[unit] > 0) & (seen_time[when] > 0)


def _dummies(when: Ints, w: Floats) -> Floats:
    """Columns beside those of the units: times but the first, and confounders."""
    times = np.zeros((len(when), int(when.max()) + 1))
    times[np.arange(len(when)), when] = 1.0
    return np.column_stack((times[:, 1:], w))


class _Solver:
    """Solves the normal equations of units and columns, units taken out first."""

    def __init__(self, unit: Ints, columns: Floats, units: int):
        self.units = units
        self._counts = np.maximum(np.bincount(unit, minlength=units), 1).astype(np.float64)
        self._sums = np.column_stack([np.bincount(unit, column, minlength=units) for column in columns.T])
        inner = columns.T @ columns - self._sums.T @ (self._sums / self._counts[:, None])
        self._inverse = np.linalg.pinv(inner, rcond=1e-11, hermitian=True)

    def coefficients(self, of_units: Floats, of_columns: Floats) -> tuple[Floats, Floats]:
        columns = self._inverse @ (of_columns - self._sums.T @ (of_units / self._counts))
        return (of_units - self._sums @ columns) / self._counts, columns
