"""Attempts to refute each pooled effect: by chance, by noise, by leaving people out, by time, by what may be hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from causal_organism.causal.diagram import Diagram, default_diagram
from causal_organism.causal.effects import study_all
from causal_organism.causal.panel import to_columns, to_panel
from causal_organism.causal.pooled import Design, Estimate, draw_design
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.study import Study
from causal_organism.causal.verdicts import (
    INCONCLUSIVE,
    LEAD_P,
    REFUSED,
    REFUTED,
    SUPPORTED,
    WEAK,
)
from causal_organism.causal.within import Floats, Ints, without

SCHEMA = "organism.refutations/1"
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


def refute(
    panel: Any, effects: Any, *, seed: int, diagram: Diagram | None = None, min_group: int = 10
) -> dict[str, Any]:
    """Per estimand of `effects` (the columns of `estimate_effects`): every check with its numbers, and the verdict
    that is left. A supported or weak effect that fails a check is `refuted`; a refused one stays refused, unchecked.

    JSON: `{"schema", "outcome", "seed", "estimands": [{"outcome", "segment", "verdict", "survived", "reasons",
    "checks": [{"name", "passed", …}], "sensitivity", "with_lagged_outcome"}]}`. Does not need dowhy. About 1 s of CPU.
    """
    panel, effects, diagram = to_panel(panel), to_columns(effects), diagram or default_diagram()
    studies = study_all(panel, diagram, min_group=min_group, agreement=None)
    documents = []
    for number, study in enumerate(studies):
        prefix = "" if number == 0 else f"{study.outcome}_"
        for estimate in study.estimates:
            given = _given_verdict(effects, prefix, estimate.segment)
            rng = np.random.default_rng([seed, number, study.estimates.index(estimate)])
            documents.append(_refute_one(panel, study, estimate, given, rng))
        documents += [] if study.estimates else [_unchecked(study.outcome, EVERYBODY, study.problems)]
    return {"schema": SCHEMA, "outcome": studies[0].outcome, "seed": seed, "estimands": documents}


def _given_verdict(effects: Mapping[str, Any], prefix: str, segment: str) -> str | None:
    """What the effects concluded for a segment. Everybody together has no row of its own: None, unless all of it was
    refused."""
    verdicts = effects.get(f"{prefix}segment_verdict", np.array([], dtype=str)).astype(str)
    inside = verdicts[effects["segment"].astype(str) == segment] if len(verdicts) else verdicts
    if len(inside):
        return str(inside[0])
    return REFUSED if len(verdicts) and (verdicts == REFUSED).all() else None


def _unchecked(outcome: str, segment: str, reasons: tuple[str, ...]) -> dict[str, Any]:
    return {
        "outcome": outcome, "segment": segment, "verdict": REFUSED, "survived": False, "reasons": list(reasons),
        "checks": [], "sensitivity": None, "with_lagged_outcome": None,
    }  # fmt: skip


def _refute_one(
    panel: Mapping[str, Any], study: Study, estimate: Estimate, given: str | None, rng: np.random.Generator
) -> dict[str, Any]:
    problems = study.problems_of(estimate.segment)
    if given == REFUSED or problems:
        return _unchecked(study.outcome, estimate.segment, problems)
    assert study.design is not None
    case = _Case.of(study.design, estimate)
    concluded = given in (SUPPORTED, WEAK) if given is not None else estimate.p <= 0.05
    checks = (
        _permuted_placebo(case, rng),
        _random_common_cause(case, rng),
        _subset(case, rng),
        _lead(study),
        _stable(case, rng, concluded=concluded),
    )
    failed = [check.name for check in checks if check.passed is False]
    verdict = given or (SUPPORTED if concluded else INCONCLUSIVE)
    return {
        "outcome": study.outcome,
        "segment": estimate.segment,
        "verdict": REFUTED if failed and concluded else verdict,
        "survived": not failed,
        "reasons": failed or _doubts(verdict, estimate),
        "checks": [check.document() for check in checks],
        "sensitivity": estimate.sensitivity.document(),
        "with_lagged_outcome": _with_lag(panel, case),
    }


def _doubts(verdict: str, estimate: Estimate) -> list[str]:
    """Why an effect that no check refuted is still less than supported."""
    if verdict == WEAK:
        return ["many-tests" if estimate.sensitivity.withstands else "sensitive"]
    return [] if verdict == SUPPORTED else ["interval-includes-zero"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One estimand as a regression of y on t given x, all without person and week effects."""

    design: Design
    estimate: Estimate
    t: Floats
    x: Floats
    person: Ints
    team: Ints

    @classmethod
    def of(cls, design: Design, estimate: Estimate) -> _Case:
        sample = design.sample
        if estimate.segment == EVERYBODY:
            t, x = design.t, design.w
        else:
            place = sample.segments.index(estimate.segment)
            t, x = design.t_by_segment[:, place], np.delete(design.by_segment, place, axis=1)
        return cls(design=design, estimate=estimate, t=t, x=x, person=sample.person, team=sample.team)

    def blocks(self) -> tuple[Floats, Floats]:
        """Cross-products by person of (t, x) with itself and with y: any set of people is a sum of these."""
        columns = np.column_stack((self.t, self.x))
        people, width = int(self.person.max()) + 1, columns.shape[1]
        squares, crosses = np.zeros((people, width, width)), np.zeros((people, width))
        np.add.at(squares, self.person, columns[:, :, None] * columns[:, None, :])
        np.add.at(crosses, self.person, columns * self.design.y[:, None])
        return squares, crosses


def _permuted_placebo(case: _Case, rng: np.random.Generator) -> Check:
    """Each person's weeks of treatment shuffled: an effect of that is a mistake in our arithmetic, not confounding."""
    t_left, y_left = without(case.t, case.x), without(case.design.y, case.x)
    draws = np.empty(PLACEBOS)
    for number in range(PLACEBOS):
        order = np.lexsort((rng.random(len(t_left)), case.person))
        shuffled = np.empty_like(t_left)
        shuffled[np.argsort(case.person, kind="stable")] = t_left[order]
        left = without(case.design.effects.taken_out(shuffled), case.x)
        draws[number] = left @ y_left / (left @ left)
    low, high = np.percentile(draws, (2.5, 97.5))
    beyond = float((np.abs(draws) >= abs(case.estimate.effect)).mean())
    numbers = {"mean": float(draws.mean()), "low": float(low), "high": float(high), "share_beyond_effect": beyond}
    return Check(name="permuted-placebo", passed=bool(low <= 0 <= high), numbers=numbers)


def _random_common_cause(case: _Case, rng: np.random.Generator) -> Check:
    """A made-up cause must not move the effect."""
    shifts = []
    for _ in range(COMMON_CAUSES):
        noise = case.design.effects.taken_out(rng.normal(size=len(case.t)))
        shifts.append(_slope(case.t, np.column_stack((case.x, noise)), case.design.y) - case.estimate.effect)
    largest = float(np.abs(shifts).max())
    return Check(
        name="random-common-cause",
        passed=largest < case.estimate.se,
        numbers={"largest_shift": largest, "se": case.estimate.se},
    )


def _subset(case: _Case, rng: np.random.Generator) -> Check:
    """Four fifths of the people must say the same: at least 95 % of draws within two standard errors."""
    squares, crosses = case.blocks()
    draws = [_solve(squares, crosses, rng.random(len(squares)) < KEPT_IN_SUBSET) for _ in range(SUBSETS)]
    found = np.array([case.estimate.effect if each is None else each for each in draws])
    margin = 2 * case.estimate.se / np.sqrt(KEPT_IN_SUBSET)
    near = float((np.abs(found - case.estimate.effect) <= margin).mean())
    numbers = {"share_near": near, "lowest": float(found.min()), "highest": float(found.max())}
    return Check(name="subset", passed=near >= 0.95, numbers=numbers)


def _lead(study: Study) -> Check:
    lead = dict(study.lead or {"effect": None, "se": None, "p": None})
    return Check(name="lead-placebo", passed=lead["p"] is not None and lead["p"] > LEAD_P, numbers=lead)


def _stable(case: _Case, rng: np.random.Generator, *, concluded: bool) -> Check:
    """The same sign in at least four of five folds of teams, and in both halves of the weeks."""
    squares, crosses = case.blocks()
    sign = np.sign(case.estimate.effect)
    teams = np.unique(case.team)
    fold_of_team = rng.permutation(np.arange(len(teams)) % FOLDS)
    team_of_person = case.team[np.unique(case.person, return_index=True)[1]]
    folds = [_solve(squares, crosses, fold_of_team[team_of_person] == fold) for fold in range(FOLDS)]
    same = sum(np.sign(each) == sign for each in folds if each is not None)
    asked = sum(each is not None for each in folds)
    halves = [_half(case, later=later) for later in (False, True)]
    steady = same >= min(4, asked) and all(half is None or np.sign(half) == sign for half in halves)
    numbers = {"folds_same_sign": float(same), "folds": float(asked), "first_half": halves[0], "second_half": halves[1]}
    return Check(name="stability", passed=bool(steady) if concluded else None, numbers=numbers)


def _half(case: _Case, *, later: bool) -> float | None:
    """The effect in one half of the weeks, estimated anew."""
    sample = case.design.sample
    kept = (sample.week_index > np.median(sample.week_index)) == later
    if len(np.unique(sample.week_index[kept])) < 3:
        return None
    half = draw_design(sample.of(kept))
    if case.estimate.segment != EVERYBODY and case.estimate.segment not in half.sample.segments:
        return None
    again = _Case.of(half, case.estimate)
    return _slope(again.t, again.x, half.y)


def _with_lag(panel: Mapping[str, Any], case: _Case) -> float | None:
    """The effect when this week's outcome is adjusted for too: biased by short panels, but near if all is well."""
    before = np.asarray(panel[case.estimate.outcome], dtype=np.float64)[case.design.sample.rows]
    if np.isnan(before).any():
        return None
    return _slope(case.t, np.column_stack((case.x, case.design.effects.taken_out(before))), case.design.y)


def _slope(t: Floats, x: Floats, y: Floats) -> float:
    left = without(t, x)
    return float(left @ y / (left @ left))


def _solve(squares: Floats, crosses: Floats, people: Any) -> float | None:
    """The effect among some of the people; None where nothing of the treatment is left there."""
    square, cross = squares[people].sum(0), crosses[people].sum(0)
    if square[0, 0] <= 1e-9:
        return None
    return float((np.linalg.pinv(square, rcond=1e-12, hermitian=True) @ cross)[0])
