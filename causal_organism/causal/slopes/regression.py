"""Least squares on what fixed effects leave, with errors by cluster and what each cluster contributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from causal_organism.causal.sample import cells_of
from causal_organism.causal.slopes.student import INTERVAL, quantile, two_sided
from causal_organism.causal.within import Effects, Fit, Floats, Ints, codes, effective_clusters, fit, without

FEW_CLUSTERS = 40  # below it, critical values come from a bootstrap
_MOST_CELLS = 60_000_000  # of the exact method's indicators: half a gigabyte


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorber:
    """Takes fixed effects out of columns. `parameters`: how many they are, those nested in a cluster not counted."""

    taken_out: Callable[[Floats], Floats]
    parameters: int
    nested: int  # effects that are not counted, because each lies in one cluster


def absorb_means(rows: int) -> Absorber:
    """Takes out nothing but the mean."""
    return Absorber(
        taken_out=lambda columns: columns - columns.mean(axis=0) if rows else columns, parameters=0, nested=1
    )


def absorb_two(unit: Ints, other: Ints, cluster: Ints, *, inside_clusters: bool = False) -> Absorber:
    """Takes out the effects of units and of something else, such as times, or clusters by times.

    `inside_clusters`: each of the others has to do with few units, so that the exact method needs little for them all.
    """
    unit, other = codes(unit), codes(other)
    units, others = int(unit.max(initial=-1)) + 1, int(other.max(initial=-1)) + 1
    inside = len(np.unique(np.stack((unit, cluster)), axis=1).T) == units
    counted = max(others - 1, 0) + (0 if inside else max(units - 1, 0))
    cells = int((np.bincount(unit) ** 2).sum()) if inside_clusters else len(unit) * min(units, others)
    if cells <= _MOST_CELLS:
        exact = Effects(unit, other) if others <= units or inside_clusters else Effects(other, unit)
        return Absorber(taken_out=exact.taken_out, parameters=counted, nested=units if inside else 0)
    return Absorber(
        taken_out=lambda columns: _alternate(columns, unit, other), parameters=counted, nested=units if inside else 0
    )


def absorb_within_clusters(unit: Ints, when: Ints, cluster: Ints) -> Absorber:
    """Takes out the effects of units and of every cluster at every time; those of lone rows are the time's."""
    times = int(when.max(initial=-1)) + 1
    names = cells_of(cluster, when)
    cell = codes(names)
    shared = len(np.unique(names[names < times]))
    base = absorb_two(unit, cell, cluster, inside_clusters=True)
    of_units = base.parameters - int(cell.max(initial=0))
    return Absorber(
        taken_out=base.taken_out, parameters=max(shared - 1, 0) + of_units,
        nested=base.nested + int(cell.max(initial=-1)) + 1 - shared,
    )  # fmt: skip


def _alternate(columns: Floats, unit: Ints, other: Ints) -> Floats:
    """By alternating projections, until nothing moves (von Neumann); exact at once where the panel is balanced."""
    left = np.array(columns, dtype=np.float64)
    if left.ndim == 2:
        return np.column_stack([_alternate(column, unit, other) for column in left.T]) if left.size else left
    counts = [np.maximum(np.bincount(each), 1).astype(np.float64) for each in (unit, other)]
    scale = float(np.std(left)) or 1.0
    for _ in range(5_000):
        moved = 0.0
        for each, count in zip((unit, other), counts, strict=True):
            means = np.bincount(each, left, minlength=len(count)) / count
            left -= means[each]
            moved = float(np.abs(means).max())
        if moved < 1e-12 * scale:
            break
    return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """One coefficient. `influence`: by cluster, what it adds to the estimate; `pull`: its share of the treatment's
    squares; `t_left`, `y_left`: treatment and outcome without everything that is held equal."""

    effect: float
    se: float
    se_plain: float
    clusters: float  # effective
    degrees: int
    influence: Floats
    pull: Floats
    t_left: Floats
    y_left: Floats
    cluster: Ints
    factor: float

    @property
    def critical(self) -> float:
        return quantile((1 + INTERVAL) / 2, self.clusters - 1)

    @property
    def p(self) -> float:
        return two_sided(self.effect / self.se if self.se > 0 else 0.0, self.clusters - 1)


def sum_by(code: Ints, values: Floats, groups: int) -> Floats:
    """Sums by code, for codes below `groups`."""
    return np.asarray(np.bincount(code, values, minlength=groups), dtype=np.float64)


def slope_of(t: Floats, held: Floats, y: Floats, cluster: Ints, absorber: Absorber) -> Slope:
    """The coefficient of t, everything in `held` equal; all of them without fixed effects already."""
    fitted = fit_all(np.column_stack((t, held)), y, cluster, absorber)
    t_left, y_left = without(t, held), without(y, held)
    squares = float(t_left @ t_left)
    groups = int(cluster.max()) + 1
    raw = (
        np.bincount(cluster, t_left * fitted.residual, minlength=groups) / squares if squares > 0 else np.zeros(groups)
    )
    variance = float(raw @ raw)
    factor = fitted.se(0) ** 2 / variance if variance > 0 else 1.0
    return Slope(
        effect=float(fitted.coef[0]), se=fitted.se(0), se_plain=fitted.se_plain(0),
        clusters=effective_clusters(cluster), degrees=fitted.degrees, influence=raw * np.sqrt(factor),
        pull=np.bincount(cluster, t_left * t_left, minlength=groups) / max(squares, 1e-300),
        t_left=t_left, y_left=y_left, cluster=cluster, factor=factor,
    )  # fmt: skip


def fit_all(x: Floats, y: Floats, cluster: Ints, absorber: Absorber) -> Fit:
    return fit(x, y, cluster, persons=max(absorber.nested - 1, 0), absorbed=absorber.parameters)


def difference_z(one: Slope, other: Slope) -> float:
    """How many standard errors two estimates of the same clusters differ by, what they share taken into account."""
    return _z(one.effect - other.effect, one.influence - other.influence)


def _z(difference: float, influence: Floats) -> float:
    se = float(np.sqrt(influence @ influence))
    return difference / se if se > 0 else 0.0


def independent(columns: Floats) -> list[int]:
    """Places of columns that are not a combination of those before them."""
    kept: list[int] = []
    left = np.array(columns, dtype=np.float64)
    sizes = np.linalg.norm(left, axis=0)
    for place in range(left.shape[1]):
        size = float(np.linalg.norm(left[:, place]))
        if size <= 1e-9 * max(float(sizes[place]), 1e-300) or size == 0.0:
            continue
        kept.append(place)
        direction = left[:, place] / size
        left[:, place + 1 :] -= np.outer(direction, direction @ left[:, place + 1 :])
    return kept
