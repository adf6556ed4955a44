"""The checks that try to refute the pooled effects of one treatment, each with its numbers.

All estimands of a treatment are regressions on the same columns, so each draw is made once and asked of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causal_organism.causal.estimands import CheckRow, LeadPlacebo
from causal_organism.causal.pooled import Design, Estimate, draw_design
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.slopes.cross_products import Coefficient, Columns, Persons
from causal_organism.causal.verdicts import LEAD_P
from causal_organism.causal.within import Floats, Marks

PLACEBOS, COMMON_CAUSES, SUBSETS, FOLDS = 200, 20, 50, 5
KEPT_IN_SUBSET = 0.8
LEAST_WEEKS_OF_HALF = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`passed` is None where the check has nothing to say (the sign of an effect that is not there)."""

    name: str
    passed: bool | None
    numbers: Mapping[str, float | None]

    def document(self) -> CheckRow:
        return {"name": self.name, "passed": self.passed, **self.numbers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One estimand, of the columns of its Cases. `t_left`, `y_left`: by column, what adds up to treatment and outcome
    without what is held equal; `inverse`: of the squares of what is held equal."""

    estimate: Estimate
    outcome: int  # which of the designs it is of
    slope: Coefficient
    t_left: Floats
    y_left: Floats
    inverse: Floats

    def slope_in(self, what: Columns) -> Coefficient | None:
        """The same of other columns; None where the segment is not in them."""
        return coefficient_in(what, self.estimate.segment, self.outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Estimands of designs that differ in nothing but their outcomes. `columns` are without effects of persons and
    teams' weeks. `products`: their cross-products, of everybody and by person."""

    designs: tuple[Design, ...]
    what: Columns
    columns: Floats
    persons: Persons
    products: Floats
    by_person: Floats
    every: tuple[Case, ...]

    @classmethod
    def of(cls, designs: Sequence[Design], estimates: Sequence[tuple[int, Estimate]]) -> Cases:
        """`estimates`: each with the place of its design."""
        first = designs[0]
        columns = np.column_stack((first.by_segment, *(each.y for each in designs)))
        what = Columns(segments=first.sample.segments, held=first.w.shape[1], outcomes=len(designs))
        persons, products = Persons.of(first.sample.person), columns.T @ columns
        made = []
        for outcome, estimate in estimates:
            slope = coefficient_in(what, estimate.segment, outcome)
            assert slope is not None, "an estimate's segment is in its design"
            t_left, y_left, inverse = slope.left(products)
            made.append(
                Case(estimate=estimate, outcome=outcome, slope=slope, t_left=t_left, y_left=y_left, inverse=inverse)
            )
        return cls(
            designs=tuple(designs), what=what, columns=columns, persons=persons, products=products,
            by_person=persons.products(columns), every=tuple(made),
        )  # fmt: skip

    def among(self, people: Any) -> list[Floats]:
        """Cross-products of each of several sets of people; `people`: sets x persons."""
        sums = people.astype(np.float64) @ self.by_person.reshape(len(self.by_person), -1)
        return list(sums.reshape(-1, *self.products.shape))


def coefficient_in(what: Columns, segment: str, outcome: int) -> Coefficient | None:
    return what.everybody(outcome) if segment == EVERYBODY else what.of_segment(segment, outcome)


def permuted_placebo(cases: Cases, rng: np.random.Generator) -> list[Check]:
    """Each person's weeks of treatment shuffled: an effect of that is a mistake in our arithmetic, not confounding.

    What is left of an outcome has nothing of persons, weeks and what is held equal, and shuffling leaves the person's
    mean at 0. So the shuffled treatment's coefficient needs no regression: only its length once teams' weeks and what
    is held equal are taken out.
    """
    segments = list(dict.fromkeys(case.estimate.segment for case in cases.every))
    parts = {case.estimate.segment: case.t_left for case in cases.every}
    t_left = cases.columns @ np.column_stack([parts[segment] for segment in segments])
    lengths = np.einsum("ij,ij->j", t_left, t_left)
    draws = np.empty((PLACEBOS, len(cases.every)))
    for number in range(PLACEBOS):
        shuffled = t_left[cases.persons.shuffled(rng)]
        left = lengths - cases.designs[0].effects.squares_of_cells(shuffled)
        shared = cases.columns.T @ shuffled
        for place, case in enumerate(cases.every):
            column = segments.index(case.estimate.segment)
            held = case.slope.x.T @ shared[:, column]
            draws[number, place] = shared[:, column] @ case.y_left / (left[column] - held @ case.inverse @ held)
    return [_of_placebos(case, draws[:, place]) for place, case in enumerate(cases.every)]


def _of_placebos(case: Case, draws: Floats) -> Check:
    low, high = np.percentile(draws, (2.5, 97.5))
    beyond = float((np.abs(draws) >= abs(case.estimate.effect)).mean())
    numbers = {"mean": float(draws.mean()), "low": float(low), "high": float(high), "share_beyond_effect": beyond}
    return Check(name="permuted-placebo", passed=bool(low <= 0 <= high), numbers=numbers)


def random_common_cause(cases: Cases, rng: np.random.Generator) -> list[Check]:
    """A made-up cause must not move the effect."""
    made_up = cases.designs[0].effects.taken_out(rng.normal(size=(len(cases.columns), COMMON_CAUSES)))
    lengths, shared = np.einsum("ij,ij->j", made_up, made_up), cases.columns.T @ made_up
    found = []
    for case in cases.every:
        held = case.slope.x.T @ shared
        left = lengths - np.einsum("ij,ij->j", held, case.inverse @ held)
        of_t, of_y = case.t_left @ shared, case.y_left @ shared
        products, squares = (case.t_left @ cases.products @ each for each in (case.y_left, case.t_left))
        slopes = (products - of_t * of_y / left) / (squares - of_t * of_t / left)
        largest = float(np.abs(slopes - case.estimate.effect).max())
        numbers = {"largest_shift": largest, "se": case.estimate.se}
        found.append(Check(name="random-common-cause", passed=largest < case.estimate.se, numbers=numbers))
    return found


def subset(cases: Cases, rng: np.random.Generator) -> list[Check]:
    """Four fifths of the people must say the same: at least 95 % of draws within two standard errors."""
    sets = cases.among(rng.random((SUBSETS, len(cases.by_person))) < KEPT_IN_SUBSET)
    return [_of_subsets(case, [case.slope.of(products) for products in sets]) for case in cases.every]


def _of_subsets(case: Case, draws: Sequence[float | None]) -> Check:
    estimate = case.estimate
    found = np.array([estimate.effect if each is None else each for each in draws])
    near = float((np.abs(found - estimate.effect) <= 2 * estimate.se / np.sqrt(KEPT_IN_SUBSET)).mean())
    numbers = {"share_near": near, "lowest": float(found.min()), "highest": float(found.max())}
    return Check(name="subset", passed=near >= 0.95, numbers=numbers)


def lead(found: LeadPlacebo | None) -> Check:
    """What the gate of the effects found."""
    if found is None:
        return Check(name="lead-placebo", passed=False, numbers={"effect": None, "se": None, "p": None})
    p = found["p"]
    numbers = {"effect": found["effect"], "se": found["se"], "p": p, "rows": found["rows"]}
    return Check(name="lead-placebo", passed=p is not None and p > LEAD_P, numbers=numbers)


def stable(cases: Cases, rng: np.random.Generator) -> list[Check]:
    """The same sign in at least four of five folds of teams, and in both halves of the weeks."""
    sample = cases.designs[0].sample
    fold_of_team = rng.permutation(np.arange(sample.teams) % FOLDS)
    fold = fold_of_team[sample.team[np.unique(sample.person, return_index=True)[1]]]
    folds = cases.among(fold == np.arange(FOLDS)[:, None])
    late = sample.week_index > np.median(sample.week_index)
    halves = [_Half.of(cases.designs, kept) for kept in (~late, late)]
    return [
        _of_parts(
            case,
            [case.slope.of(each) for each in folds],
            [None if half is None else half.slope_of(case) for half in halves],
        )
        for case in cases.every
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Half:
    """Some of the weeks, without effects of their own."""

    what: Columns
    products: Floats

    @classmethod
    def of(cls, designs: Sequence[Design], kept: Marks) -> _Half | None:
        """None: there are too few weeks."""
        first = designs[0].sample
        if len(np.unique(first.week_index[kept])) < LEAST_WEEKS_OF_HALF:
            return None
        design = draw_design(first.of(kept))
        others = [design.effects.taken_out(each.sample.y[kept]) for each in designs[1:]]
        columns = np.column_stack((design.by_segment, design.y, *others))
        what = Columns(segments=design.sample.segments, held=design.w.shape[1], outcomes=len(designs))
        return cls(what=what, products=columns.T @ columns)

    def slope_of(self, case: Case) -> float | None:
        slope = case.slope_in(self.what)
        return None if slope is None else slope.of(self.products)


def _of_parts(case: Case, folds: Sequence[float | None], halves: Sequence[float | None]) -> Check:
    sign = np.sign(case.estimate.effect)
    same = sum(np.sign(each) == sign for each in folds if each is not None)
    asked = sum(each is not None for each in folds)
    steady = same >= min(4, asked) and all(part is None or np.sign(part) == sign for part in halves)
    first, second = halves
    numbers = {"folds_same_sign": float(same), "folds": float(asked), "first_half": first, "second_half": second}
    return Check(name="stability", passed=bool(steady), numbers=numbers)


def with_another(cases: Cases, outcome: int, column: Floats) -> dict[str, float | None]:
    """By segment, the effects on one outcome where a further column, its effects taken out, is held equal too."""
    width = len(cases.products)
    products = np.empty((width + 1, width + 1))
    products[:width, :width], products[width, width] = cases.products, column @ column
    products[:width, width] = products[width, :width] = cases.columns.T @ column
    further = np.eye(width + 1)[:, [width]]
    found = {}
    for case in cases.every:
        if case.outcome == outcome:
            t, x = (np.append(each, np.zeros_like(each[:1]), axis=0) for each in (case.slope.t, case.slope.x))
            held = Coefficient(t=t, x=np.column_stack((x, further)), y=case.slope.y)
            found[case.estimate.segment] = held.of(products)
    return found
