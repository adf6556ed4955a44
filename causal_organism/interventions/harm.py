"""What is expected of a change in a group, or why it is withheld: do no harm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import measure_of, treatment_of
from causal_organism.causal.measures import Measure
from causal_organism.causal.verdicts import INCONCLUSIVE, REFUSED
from causal_organism.causal.within import Columns
from causal_organism.interventions.expectation import Expectation, expect, expect_total, spillover_of
from causal_organism.interventions.targets import Target

MOST_HARM = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Of the outcome to improve: own change and all of it; then all of the change of every other outcome."""

    own: Expectation
    total: Expectation
    spillover: float | None
    guards: tuple[Expectation, ...]
    delta: float


def judge_change(effects: Columns, target: Target, measure: Measure, declared: Declaration) -> Expected | str:
    """What is expected, or the reason to withhold it: do no harm."""
    delta = treatment_of(declared).contrast
    own = expect(effects, target.rows, measure, delta=delta)
    if own is None:
        return "too-small"
    total = expect_total(effects, target.rows, own, delta=delta)
    if measure.better * total.mean < 0:
        return "possible-harm"
    if measure.better * total.mean <= measure.least or total.harm_probability > MOST_HARM:
        return "too-small"
    guards = _guards(effects, target, declared)
    return guards if isinstance(guards, str) else Expected(
        own=own, total=total, guards=guards,
        spillover=spillover_of(effects, target.rows, delta=delta), delta=delta,
    )  # fmt: skip


def _guards(effects: Columns, target: Target, declared: Declaration) -> tuple[Expectation, ...] | str:
    """Expected changes of all other outcomes, or why one of them speaks against it."""
    guards, delta = [], treatment_of(declared).contrast
    for name in sorted(each.removesuffix("_effect_sd") for each in effects if each.endswith("_effect_sd")):
        prefix, other = f"{name}_", measure_of(declared, name)
        if other.better == 0:
            verdicts = effects.get(f"{prefix}segment_verdict", np.full(len(effects["id"]), REFUSED)).astype(str)
            if (verdicts[target.rows] != INCONCLUSIVE).any():
                return "guardrail-undeclared"
            continue
        guard = expect(effects, target.rows, other, delta=delta, prefix=prefix)
        if guard is None:
            return "guardrail"
        guard = expect_total(effects, target.rows, guard, delta=delta, prefix=prefix)
        if guard.least_benefit < -other.least and guard.measure.better * guard.mean < 0:
            return "guardrail"
        guards.append(guard)
    return tuple(guards)
