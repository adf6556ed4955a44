"""The checks that try to refute one pooled effect, each with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from causal_organism.causal.pooled import Design, Estimate
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.verdicts import LEAD_P
from causal_organism.causal.within import Floats, without

PLACEBOS, COMMON_CAUSES, SUBSETS, FOLDS = 200, 20, 50, 5
KEPT_IN_SUBSET = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`passed` is None where the check has nothing to say (the sign of an effect that is not there)."""

    name: str
    passed: bool | None
    numbers: Mapping[str, float | None]

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "passed": self.passed, **self.numbers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One estimand as a regression of y on t given x, all without person and week effects.

    `squares`, `crosses`: cross-products by person of (t, x) with itself and with y. Any set of people is a sum of
    these. `t_left`, `y_left`: what x does not explain.
    """

    design: Design
    segment: str
    effect: float
    se: float
    t: Floats
    x: Floats
    t_left: Floats
    y_left: Floats
    squares: Floats
    crosses: Floats

    @classmethod
    def of(cls, design: Design, estimate: Estimate) -> Case:
        t, x = _split(design, estimate.segment)
        columns, person = np.column_stack((t, x)), design.sample.person
        order = np.argsort(person, kind="stable")
        starts = np.searchsorted(person[order], np.arange(int(person.max()) + 1))
        sorted_columns, sorted_y = columns[order], design.y[order]
        return cls(
            design=design,
            segment=estimate.segment,
            effect=estimate.effect,
            se=estimate.se,
            t=t,
            x=x,
            t_left=without(t, x),
            y_left=without(design.y, x),
            squares=np.add.reduceat(sorted_columns[:, :, None] * sorted_columns[:, None, :], starts),
            crosses=np.add.reduceat(sorted_columns * sorted_y[:, None], starts),
        )

    def among(self, people: Any) -> float | None:
        """The effect among some of the people; None where nothing of the treatment is left there."""
        square, cross = self.squares[people].sum(0), self.crosses[people].sum(0)
        if square[0, 0] <= 1e-9:
            return None
        return float((np.linalg.pinv(square, rcond=1e-12, hermitian=True) @ cross)[0])


def permuted_placebo(case: Case, rng: np.random.Generator) -> Check:
    """Each person's weeks of treatment shuffled: an effect of that is a mistake in our arithmetic, not confounding.

    y_left has nothing of persons, weeks and x, and shuffling leaves the person's mean at 0. So the shuffled
    treatment's coefficient needs no regression: only its length once teams' weeks and x are taken out.
    """
    person = case.design.sample.person
    home = np.argsort(person, kind="stable")
    inverse = np.linalg.pinv(case.x.T @ case.x, rcond=1e-12, hermitian=True)
    draws, shuffled = np.empty(PLACEBOS), np.empty_like(case.t_left)
    for number in range(PLACEBOS):
        shuffled[home] = case.t_left[np.argsort(person + rng.random(len(person)))]
        left = case.design.effects.taken_out(shuffled)
        shared = case.x.T @ left
        draws[number] = shuffled @ case.y_left / (left @ left - shared @ inverse @ shared)
    low, high = np.percentile(draws, (2.5, 97.5))
    beyond = float((np.abs(draws) >= abs(case.effect)).mean())
    numbers = {"mean": float(draws.mean()), "low": float(low), "high": float(high), "share_beyond_effect": beyond}
    return Check(name="permuted-placebo", passed=bool(low <= 0 <= high), numbers=numbers)


def random_common_cause(case: Case, rng: np.random.Generator) -> Check:
    """A made-up cause must not move the effect."""
    made_up = case.design.effects.taken_out(rng.normal(size=(len(case.t), COMMON_CAUSES)))
    shifts = [slope(case.t_left, column[:, None], case.y_left) - case.effect for column in without(made_up, case.x).T]
    largest = float(np.abs(shifts).max())
    numbers = {"largest_shift": largest, "se": case.se}
    return Check(name="random-common-cause", passed=largest < case.se, numbers=numbers)


def subset(case: Case, rng: np.random.Generator) -> Check:
    """Four fifths of the people must say the same: at least 95 % of draws within two standard errors."""
    draws = [case.among(rng.random(len(case.squares)) < KEPT_IN_SUBSET) for _ in range(SUBSETS)]
    found = np.array([case.effect if each is None else each for each in draws])
    near = float((np.abs(found - case.effect) <= 2 * case.se / np.sqrt(KEPT_IN_SUBSET)).mean())
    numbers = {"share_near": near, "lowest": float(found.min()), "highest": float(found.max())}
    return Check(name="subset", passed=near >= 0.95, numbers=numbers)


def lead(found: Mapping[str, float | None] | None) -> Check:
    """What the gate of the effects found."""
    numbers = dict(found or {"effect": None, "se": None, "p": None})
    p = numbers["p"]
    return Check(name="lead-placebo", passed=p is not None and p > LEAD_P, numbers=numbers)


def stable(
    case: Case, halves: tuple[Design | None, Design | None], rng: np.random.Generator, *, concluded: bool
) -> Check:
    """The same sign in at least four of five folds of teams, and in both halves of the weeks."""
    sample, sign = case.design.sample, np.sign(case.effect)
    fold_of_team = rng.permutation(np.arange(sample.teams) % FOLDS)
    team_of_person = sample.team[np.unique(sample.person, return_index=True)[1]]
    folds = [case.among(fold_of_team[team_of_person] == fold) for fold in range(FOLDS)]
    same = sum(np.sign(each) == sign for each in folds if each is not None)
    asked = sum(each is not None for each in folds)
    parts = [None if half is None else effect_in(half, case.segment) for half in halves]
    steady = same >= min(4, asked) and all(part is None or np.sign(part) == sign for part in parts)
    numbers = {"folds_same_sign": float(same), "folds": float(asked), "first_half": parts[0], "second_half": parts[1]}
    return Check(name="stability", passed=bool(steady) if concluded else None, numbers=numbers)


def effect_in(design: Design, segment: str) -> float | None:
    """The effect in another design; None where the segment is not in it."""
    if segment != EVERYBODY and segment not in design.sample.segments:
        return None
    t, x = _split(design, segment)
    return slope(t, x, design.y)


def slope(t: Floats, x: Floats, y: Floats) -> float:
    """Of y on t given x."""
    left = without(t, x)
    return float(left @ y / (left @ left))


def _split(design: Design, segment: str) -> tuple[Floats, Floats]:
    """(treatment, everything else) of one estimand."""
    if segment == EVERYBODY:
        return design.t, design.w
    place = design.sample.segments.index(segment)
    return design.t_by_segment[:, place], np.delete(design.by_segment, place, axis=1)
