"""The chance of being treated, and the doubly robust estimate that uses it.

Source: Robins, Rotnitzky and Zhao 1994; Glynn and Quinn 2010 for the error.
"""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.tables import Marks
from causal_organism.causal.slopes.regression import Slope
from causal_organism.causal.within import Floats, Ints, effective_clusters, without

_STEPS = 100
_RIDGE = 1e-6  # per row, so that chances of 0 and 1 have a finite end


def propensities(treated: Marks, held: Floats) -> Floats:
    """The chance of being treated given what is held equal: logistic regression by Newton's method."""
    x = np.column_stack((np.ones(len(treated)), held / np.maximum(np.std(held, axis=0), 1e-300)))
    target, weights = treated.astype(np.float64), np.zeros(x.shape[1])
    penalty = _RIDGE * len(x) * np.eye(x.shape[1])
    for _ in range(_STEPS):
        chance = _logistic(x @ weights)
        slope = x.T @ (target - chance) - penalty @ weights
        step = np.linalg.solve((x * (chance * (1 - chance))[:, None]).T @ x + penalty, slope)
        largest = float(np.abs(step).max())
        weights = weights + step * min(1.0, 4.0 / max(largest, 1e-300))
        if largest < 1e-10:
            break
    return _logistic(x @ weights)


def combine_both(treated: Marks, held: Floats, y: Floats, cluster: Ints, *, step: float) -> Slope:
    """The mean effect by outcomes predicted in each arm, corrected by what the propensities weigh of their errors.

    `step`: by how much the treatment's column differs between the arms.
    """
    chance = np.clip(propensities(treated, held), 0.01, 0.99) if held.shape[1] else np.full(len(y), treated.mean())
    with_it, without_it = _predicted(held, y, treated), _predicted(held, y, ~treated)
    parts = with_it - without_it
    parts += np.where(treated, (y - with_it) / chance, -(y - without_it) / (1 - chance))
    parts /= step
    effect, rows = float(parts.mean()), len(y)
    groups = int(cluster.max()) + 1
    factor = groups / max(groups - 1, 1) * (rows - 1) / max(rows - held.shape[1] - 2, 1)
    influence = np.bincount(cluster, parts - effect, minlength=groups) / rows * np.sqrt(factor)
    se = float(np.sqrt(influence @ influence))
    t_left = without(treated - treated.mean(), held) * step
    return Slope(
        effect=effect, se=se, se_plain=float(np.std(parts, ddof=1)) / np.sqrt(rows),
        clusters=effective_clusters(cluster), degrees=max(rows - held.shape[1] - 2, 1), influence=influence,
        pull=np.bincount(cluster, t_left**2, minlength=groups) / max(float(t_left @ t_left), 1e-300),
        t_left=t_left, y_left=without(y - y.mean(), held), cluster=cluster, factor=factor,
    )  # fmt: skip


def _predicted(held: Floats, y: Floats, inside: Marks) -> Floats:
    """Outcomes of everybody, had they been in an arm: by least squares there."""
    x = np.column_stack((np.ones(len(y)), held))
    weights = np.linalg.lstsq(x[inside], y[inside], rcond=1e-10)[0]
    predicted: Floats = x @ weights
    return predicted


def _logistic(values: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(values, -35, 35)))
