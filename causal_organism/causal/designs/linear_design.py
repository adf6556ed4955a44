"""A sample without what its design takes out of every column: effects of units and times, or only the mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from causal_organism.causal.data.samples import StudySample
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.slopes.regression import (
    Absorber,
    Slope,
    absorb_means,
    absorb_two,
    absorb_within_clusters,
    independent,
    slope_of,
)
from causal_organism.causal.within import Floats, without

Absorb = Callable[[StudySample], Absorber]
"""What is taken out, for a sample or a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearDesign:
    """Columns by row of the sample. `w` holds the confounders that are not a combination of the others."""

    sample: StudySample
    absorb: Absorb
    absorber: Absorber
    y: Floats
    t: Floats
    w: Floats
    w_names: tuple[str, ...]

    def held_beside(self, place: int) -> Floats:
        """The confounders and the other treatments."""
        return np.column_stack((np.delete(self.t, place, axis=1), self.w))

    def outcome_problem(self, place: int) -> Reason | None:
        """Why the outcome can say nothing: it is the same everywhere, or nothing but the treatment in other words."""
        held = self.held_beside(place)
        y, t = without(self.y, held), without(self.t[:, place], held)
        scale = max(float(np.abs(self.sample.y).max(initial=0.0)), 1e-300)
        if float(np.abs(y).max(initial=0.0)) <= 1e-11 * scale:
            return Reason.NO_OUTCOMES
        return Reason.SAME_SOURCE if float(np.corrcoef(y, t)[0, 1] ** 2) > 1 - 1e-9 else None

    def slope(self, place: int) -> Slope:
        return slope_of(self.t[:, place], self.held_beside(place), self.y, self.sample.cluster, self.absorber)


def linear_design(sample: StudySample, absorb: Absorb) -> LinearDesign:
    """Outcome, treatments and what is held equal with the fixed effects taken out, without columns that say nothing."""
    absorber = absorb(sample)
    w = absorber.taken_out(sample.w) if sample.w.shape[1] else sample.w
    scale = np.maximum(np.abs(sample.w).max(axis=0, initial=0.0), 1e-300)
    moving = [place for place in range(w.shape[1]) if np.abs(w[:, place]).max(initial=0.0) > 1e-9 * scale[place]]
    kept = [moving[place] for place in independent(w[:, moving])]
    return LinearDesign(
        sample=sample,
        absorb=absorb,
        absorber=absorber,
        y=absorber.taken_out(sample.y),
        t=absorber.taken_out(sample.t),
        w=w[:, kept],
        w_names=tuple(sample.w_names[place] for place in kept),
    )


def without_confounders(design: LinearDesign) -> LinearDesign:
    """The same where nothing but the other treatments is held equal."""
    return replace(design, w=design.w[:, :0], w_names=())


def units_and_times(sample: StudySample) -> Absorber:
    return absorb_two(sample.unit, sample.when, sample.cluster)


def units_and_cluster_times(sample: StudySample) -> Absorber:
    return absorb_within_clusters(sample.unit, sample.when, sample.cluster)


def means(sample: StudySample) -> Absorber:
    return absorb_means(len(sample.y))
