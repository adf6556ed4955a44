"""When each unit began to be treated, in the steps of the sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.data.tables import Marks
from causal_organism.causal.declarations.codes import Reason
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.within import Floats, Ints

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """By row of the sample. `since`: steps since the unit began, below 0 before it; NEVER-treated have `never`."""

    began: Ints  # the step at which the row's unit began; NEVER
    left_out: dict[Reason, Marks]  # units that cannot be compared with themselves before

    @property
    def kept(self) -> Marks:
        out = np.zeros(len(self.began), dtype=bool)
        for marks in self.left_out.values():
            out |= marks
        return ~out


def find_adoption(context: StudyContext, place: int) -> Adoption | None:
    """Of one treatment: from its column of first times, else from when its column first is above its least value.

    None: the column of first times says more than one for a unit.
    """
    sample, treatment = context.sample, context.sample.treatments[place]
    back = np.zeros(len(sample.y), dtype=bool)
    if treatment.adopted is not None:
        began = _declared(context, treatment.adopted)
        if began is None:
            return None
    else:
        raw = sample.t[:, place]
        on = raw > raw.min()
        began = _first(sample.unit, sample.when, on)
        back = _any_of(sample.unit, ~on & (sample.when >= began))
    first = np.full(int(sample.unit.max()) + 1, NEVER)
    np.minimum.at(first, sample.unit, sample.when)
    always = began <= first[sample.unit]
    left_out = {Reason.CONSTANT_TREATMENT: always, Reason.NOT_IDENTIFIED: back & ~always}
    return Adoption(began=began, left_out={reason: marks for reason, marks in left_out.items() if marks.any()})


def _declared(context: StudyContext, column: str) -> Ints | None:
    """Steps of declared first times, which lie on the steps of the sample or between them."""
    sample, study = context.sample, context.study
    declared = study.adopted[column][sample.rows]
    least = np.full(int(sample.unit.max()) + 1, np.inf)
    most = np.full(len(least), -np.inf)
    known = np.isfinite(declared)
    np.minimum.at(least, sample.unit[known], declared[known])
    np.maximum.at(most, sample.unit[known], declared[known])
    if (most > least).any():
        return None
    steps, moments = np.unique(sample.when), np.unique(sample.moments)
    places = np.searchsorted(moments, least)
    began = np.where(places < len(steps), steps[np.minimum(places, len(steps) - 1)], NEVER)
    return np.asarray(began[sample.unit], dtype=np.int64)


def _first(unit: Ints, when: Ints, on: Marks) -> Ints:
    first = np.full(int(unit.max()) + 1, NEVER)
    np.minimum.at(first, unit[on], when[on])
    return first[unit]


def _any_of(unit: Ints, marks: Marks) -> Marks:
    found = np.zeros(int(unit.max()) + 1, dtype=bool)
    found[unit[marks]] = True
    return found[unit]


def horizons(when: Ints, began: Ints) -> Floats:
    """Steps since the beginning; not-a-number for units that never begin."""
    return np.where(began == NEVER, np.nan, when - np.where(began == NEVER, 0, began)).astype(np.float64)
