"""The same coefficient by programs that share no code with ours, on raw rows of a few units.

DoWhy gives the effect, statsmodels the error by cluster; both get the columns of the table as they were read, and a
column for every unit and time (of its cluster, where the design has that). Our own code has to find the same on the
same rows.
"""

from __future__ import annotations

import numpy as np

from causal_organism.causal.data.samples import StudySample, hold_confounder
from causal_organism.causal.data.tables import Marks
from causal_organism.causal.declarations.codes import DesignKind
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.linear_design import (
    LinearDesign,
    linear_design,
    units_and_cluster_times,
    without_confounders,
)
from causal_organism.causal.designs.robustness import Checks
from causal_organism.causal.reference import reference_with_error
from causal_organism.causal.slopes.regression import Slope, independent
from causal_organism.causal.within import Floats, Ints, codes

AGREEMENT = 1e-7
_UNITS, _CLUSTERS, _TIMES, _ROWS = 20, 3, 40, 400


def check_reference(context: StudyContext, design: LinearDesign, place: int, checks: Checks) -> None:
    """Whether our slope and its error on some of the rows are those of the references."""
    if not context.reference:
        return
    chosen = _choose(design.sample, place, in_clusters=design.absorb is units_and_cluster_times)
    part = design.sample.of(chosen)
    if len(np.unique(part.t[:, place])) < 2 or len(np.unique(part.cluster)) < 2:
        return
    own = linear_design(part, design.absorb)
    if context.declared.kind is DesignKind.RANDOMISED:
        own = without_confounders(own)
    raw = _read_again(context, part, place, in_clusters=design.absorb is units_and_cluster_times)
    checks.reference_differs = not _agree(own.slope(place), raw, context.study.cluster[part.rows], checks)


def _agree(slope: Slope, raw: tuple[Floats, Floats, Floats], cluster: Ints, checks: Checks) -> bool:
    y, t, held = raw
    held = held[:, independent(held - held.mean(axis=0))] if held.shape[1] else held
    held = (held - held.mean(axis=0)) / np.maximum(
        held.std(axis=0), 1e-300
    )  # units of measurement are not ours to test
    if len(y) - held.shape[1] < 5 or float(np.std(slope.t_left)) <= 1e-6 * float(np.std(t)):
        return True
    effect, se = reference_with_error(t, y, held, codes(cluster))
    # theirs counts every column, ours leaves out units that lie in one cluster, as CR1 does
    rows, clusters = len(y), len(np.unique(cluster))
    factor = clusters / (clusters - 1) * (rows - 1) / max(rows - held.shape[1] - 2, 1)
    bare = se / np.sqrt(factor)
    scale = max(abs(effect), se, 1e-300)
    same_se = abs(bare - slope.se / np.sqrt(slope.factor)) <= 1e-5 * bare
    agree = bool(abs(effect - slope.effect) <= AGREEMENT * scale and same_se)
    checks.details["reference_agrees"] = float(agree)  # not by how much: rounding differs from machine to machine
    return agree


def _choose(sample: StudySample, place: int, *, in_clusters: bool) -> Marks:
    """Rows of up to 20 units whose treatment moves, evenly spread, at up to 40 times; or up to 400 rows.

    `in_clusters`: of all units of a few clusters, at up to 20 times, as every cluster's time is held equal there.
    """
    if sample.units == len(sample.y):
        chosen = np.zeros(len(sample.y), dtype=bool)
        chosen[np.unique(np.linspace(0, len(sample.y) - 1, _ROWS).astype(int))] = True
        return chosen
    raw = sample.t[:, place]
    low = np.full(int(sample.unit.max()) + 1, np.inf)
    high = -low
    np.minimum.at(low, sample.unit, raw)
    np.maximum.at(high, sample.unit, raw)
    moving = np.flatnonzero(high > low)
    pool = moving if len(moving) >= 2 else np.arange(len(low))
    if in_clusters:
        wanted = np.unique(sample.cluster[np.isin(sample.unit, pool)])
        clusters = wanted[np.unique(np.linspace(0, len(wanted) - 1, _CLUSTERS).astype(int))]
        pool = np.unique(sample.unit[np.isin(sample.cluster, clusters)])[:_UNITS]
        return np.asarray(np.isin(sample.unit, pool) & (sample.when <= np.unique(sample.when)[:_UNITS].max()))
    units = pool[np.unique(np.linspace(0, len(pool) - 1, _UNITS).astype(int))]
    return np.asarray(np.isin(sample.unit, units) & (sample.when <= np.unique(sample.when)[:_TIMES].max()))


def _read_again(
    context: StudyContext, part: StudySample, place: int, *, in_clusters: bool
) -> tuple[Floats, Floats, Floats]:
    """(y, t, held) of the table: confounders and other treatments, and units and times where the design has them."""
    study, kind, rows = context.study, context.declared.kind, part.rows
    columns = [each.column for each in part.treatments if each.column is not None]
    y, others = study.numbers[part.outcome.column].values[rows], [study.numbers[name].values[rows] for name in columns]
    t = others.pop(place)
    held = [each for name in context.declared.confounders for each in hold_confounder(study, name, rows)[1]]
    held = [] if kind is DesignKind.RANDOMISED else held
    tables = [np.column_stack((np.empty((len(rows), 0)), *held, *others))]
    if kind is DesignKind.WITHIN:
        times = [f"{cluster} {when}" for cluster, when in zip(study.cluster[rows], part.when, strict=True)]
        alone = [times.count(name) == 1 or not in_clusters for name in times]
        cells = np.where(alone, part.when.astype(str), times)
        tables += [_dummies(codes(study.unit[rows])), _dummies(codes(cells))]
    return y, t, np.column_stack(tables)


def _dummies(names: Ints) -> Floats:
    return np.asarray(names[:, None] == np.unique(names)[None, 1:], dtype=np.float64)
