"""Partial pooling: a person's effect is its own weeks and its segment's mean, each by what it is worth.

Persons differ by a standard deviation that is itself unknown; it is integrated over on a grid, because a plugged-in
estimate of it makes intervals too short (coverage down to 0.80 where the grid kept 0.92 or more).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.within import Floats

GRID = 24
LEVEL = 0.90
OTHERS = (0.0, 0.03, 0.08, 0.15, 0.25)
"""Shares of persons who are altogether different from the rest: a minority whom the same change harms."""
OF_OTHERS = 0.5
"""What the persons of other segments count, of how much persons differ: segments may differ in that too."""
APART = (3.0, 6.0)  # how far they are, in standard errors of a person
_EM_ROUNDS, _NEGLIGIBLE = 8, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """By person: posterior mean, standard deviation, 90 % interval, probability that the sign is wrong (local false
    sign rate, Stephens 2017), and how much of it is the person's own data (0 to 1)."""

    mean: Floats
    sd: Floats
    lo: Floats
    hi: Floats
    lfsr: Floats
    own_share: Floats
    between_sd: float  # posterior mean of how much persons differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Persons of one segment: their slopes and standard errors. `mean_se`: of the segment's mean, by cluster."""

    slope: Floats
    se: Floats
    mean_se: float


def pool(slope: Floats, se: Floats, *, mean_se: float) -> Pooled:
    """Posterior of each person, where there is one segment."""
    return pool_groups([Group(slope=slope, se=se, mean_se=mean_se)])[0]


def pool_groups(groups: Sequence[Group]) -> tuple[Pooled, ...]:
    """Posterior of each person of each segment, drawn towards its segment's mean.

    Two priors, because one that is right on average makes intervals too short where persons differ a little: that of
    the mean admits that they do not differ at all, and believes others' segments too; that of the interval and the sign
    is flat in the variance. How much persons differ hardly shows in a segment of 50 with a standard error twice as
    large, and a segment that seems to differ by luck would be believed most.

    Measured with 60 persons of standard error 0.2 to 0.4: tests/causal/test_persons.py.
    """
    scale = float(np.median(np.concatenate([each.se for each in groups])))
    widest = max(float(np.std(each.slope)) for each in groups)
    between = np.concatenate(([0.0], np.geomspace(0.1 * scale, 3 * max(scale, widest), GRID)))
    cases = [
        [
            _Case.of(each.slope, each.se, mean_se=each.mean_se, between=sd, share=share, apart=apart * scale)
            for sd in between
            for share in OTHERS
            for apart in (APART if share else APART[:1])
        ]
        for each in groups
    ]
    likely = np.array([[case.log_likelihood for case in each] for each in cases])
    from_others = OF_OTHERS * (likely.sum(0) - likely)
    believed, careful = (_prior(between, scale, none=0.7, alike=0.8), _prior(between, scale, none=None, alike=0.2))
    return tuple(
        _pooled(_mixture(each, believed + others), _mixture(each, careful), _mixture(each, careful, alone=True))
        for each, others in zip(cases, from_others, strict=True)
    )


def _pooled(believed: _Mixture, careful: _Mixture, alone: _Mixture) -> Pooled:
    middle = (careful.weight * careful.mean).sum(0)
    below = (careful.weight * _normal(-careful.mean / careful.sd)).sum(0)
    return Pooled(
        mean=(believed.weight * believed.mean).sum(0),
        sd=np.sqrt((careful.weight * (careful.sd**2 + careful.mean**2)).sum(0) - middle**2),
        lo=_quantiles(alone, (1 - LEVEL) / 2),
        hi=_quantiles(alone, (1 + LEVEL) / 2),
        lfsr=np.minimum(below, 1 - below),
        own_share=(believed.weight * believed.own).sum(0),
        between_sd=believed.between_sd,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One way that persons may differ: by a standard deviation `between`, and a share of them by more. What is of the
    most and of the others stands in rows 0 and 1; `other` is each person's probability to be one of the others, and
    `alone` the same if there were as many of these as of the rest."""

    between: float
    log_likelihood: float
    other: Floats
    alone: Floats
    mean: Floats
    sd: Floats
    own: Floats

    @classmethod
    def of(cls, slope: Floats, se: Floats, *, mean_se: float, between: float, share: float, apart: float) -> _Case:
        spread = np.array([[between**2], [between**2 + apart**2]])
        variance = spread + se**2
        centre, other, alone = float(np.median(slope)), np.zeros(len(slope)), np.zeros(len(slope))
        for _ in range(_EM_ROUNDS if share else 1):
            if share:
                most, others = _density(slope - centre, variance)
                other = share * others / np.maximum((1 - share) * most + share * others, 1e-300)
                alone = others / np.maximum(most + others, 1e-300)
            precision = (1 - other) / variance[0] + other / variance[1]
            centre = float(precision @ slope / precision.sum())
        own = spread / variance
        shared = max(float(1 / precision.sum()), mean_se**2)
        both = np.array([[1 - share], [share]]) * _density(slope - centre, variance)
        return cls(
            between=between,
            log_likelihood=float(np.log(np.maximum(both.sum(0), 1e-300)).sum() - 0.5 * np.log(precision.sum())),
            other=other,
            alone=alone,
            mean=own * slope + (1 - own) * centre,
            sd=np.sqrt(own * se**2 + (1 - own) ** 2 * shared),
            own=own,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mixture:
    """Normals by row and person; `weight` adds up to 1 for each person."""

    weight: Floats
    mean: Floats
    sd: Floats
    own: Floats
    between_sd: float


def _prior(between: Floats, scale: float, *, none: float | None, alike: float) -> Floats:
    """Log probability of each case, in their order. `none`: that persons do not differ at all (None: flat in the
    variance). `alike`: that nobody is altogether different. Both fall off beyond the persons' own standard error."""
    falling = 1 / (1 + (between[1:] / scale) ** 2)
    step = falling if none is not None else falling * between[1:] ** 2  # the grid is even in logarithms
    first = 1e-9 if none is None else none
    of_between = np.concatenate(([first], (1 - first) * step / step.sum()))
    others = [(1 - alike) / (len(OTHERS) - 1) / len(APART)] * ((len(OTHERS) - 1) * len(APART))
    return np.log(np.outer(of_between, [alike, *others])).ravel()


def _mixture(cases: list[_Case], prior: Floats, *, alone: bool = False) -> _Mixture:
    """`alone`: what kind a person is, is told by its own weeks, and not by how rare the kind is."""
    log = np.array([case.log_likelihood for case in cases]) + prior
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    kept = [(share, case) for share, case in zip(weight.tolist(), cases, strict=True) if share >= _NEGLIGIBLE]
    total = sum(share for share, _ in kept)
    rows = []
    for share, case in kept:
        other = case.alone if alone else case.other
        for row, part in ((0, 1 - other), (1, other)) if other.any() else ((0, 1.0),):
            rows.append((share / total * part * np.ones(len(other)), case.mean[row], case.sd[row], case.own[row]))
    stacked = [np.array(column) for column in zip(*rows, strict=True)]
    return _Mixture(
        weight=stacked[0], mean=stacked[1], sd=stacked[2], own=stacked[3],
        between_sd=sum(share * case.between for share, case in kept) / total,
    )  # fmt: skip


def _quantiles(mixture: _Mixture, share: float) -> Floats:
    """Of each person's mixture of normals, by bisection to 1e-9 of its width."""
    weight, mean, sd = mixture.weight, mixture.mean, mixture.sd
    low, high = (mean - 9 * sd).min(0), (mean + 9 * sd).max(0)
    for _ in range(45):
        middle = (low + high) / 2
        less = (weight * _normal((middle - mean) / sd)).sum(0) < share
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.asarray((low + high) / 2)


def _density(distance: Floats, variance: Floats) -> Floats:
    """Of a normal, but for the constant."""
    return np.asarray(np.exp(-0.5 * distance**2 / variance) / np.sqrt(variance))


def _normal(z: NDArray[np.float64]) -> Floats:
    from scipy.special import ndtr  # 0.2 s

    return np.asarray(ndtr(z))
