"""Attempts to refute each pooled effect: by chance, by noise, by leaving people out, by time, by what may be hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from causal_organism.causal import checks
from causal_organism.causal.checks import Cases
from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import shipped_study, with_group
from causal_organism.causal.effects import judge_treatments, study_treatments
from causal_organism.causal.panel import to_columns, to_panel
from causal_organism.causal.pooled import Design, Estimate, draw_design
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.study import Study
from causal_organism.causal.treatments import of_treatment
from causal_organism.causal.verdicts import REFUSED, REFUTED, SUPPORTED, WEAK, Verdict, lower

SCHEMA = "organism.refutations/1"


def refute(
    panel: Any, effects: Any, *, seed: int, declared: Declaration | None = None, min_group: int = 10
) -> dict[str, Any]:
    """Per estimand of `effects` (the columns of `estimate_effects`): every check with its numbers, and the verdict
    that is left. A supported or weak effect that fails a check is `refuted`; a refused one stays refused, unchecked.

    JSON: `{"schema", "outcome", "seed", "estimands": [{"treatment", "outcome", "segment", "verdict", "survived",
    "reasons", "checks": [{"name", "passed", …}], "sensitivity", "with_lagged_outcome"}]}`. Does not need dowhy. One
    thread, so that their number cannot change the last digits. About 1 s of CPU for 200 people.
    """
    from threadpoolctl import threadpool_limits  # 0.1 s with numpy

    declared = with_group(declared or shipped_study(), min_group)
    with threadpool_limits(1):
        return _refute_all(to_panel(panel), to_columns(effects), declared, seed=seed)


def _refute_all(
    panel: Mapping[str, Any], effects: Mapping[str, Any], declared: Declaration, *, seed: int
) -> dict[str, Any]:
    studied = study_treatments(panel, declared, agreement=None)
    documents = []
    verdicts = judge_treatments([studies for _, studies in studied])
    for place, ((view, studies), judged) in enumerate(zip(studied, verdicts, strict=True)):
        own_rows = of_treatment(effects, view.column)
        documents += [
            {"treatment": view.column, **each}
            for each in _refute_treatment(
                view.panel, studies, judged, own_rows, seed=[seed, place] if place else [seed]
            )
        ]
    return {"schema": SCHEMA, "outcome": studied[0][1][0].outcome, "seed": seed, "estimands": documents}


def _refute_treatment(
    panel: Mapping[str, Any],
    studies: tuple[Study, ...],
    verdicts: Mapping[tuple[str, str], Verdict],
    effects: Mapping[str, Any],
    *,
    seed: list[int],
) -> list[dict[str, Any]]:
    documents = []
    for number, study in enumerate(studies):
        prefix = "" if number == 0 else f"{study.outcome}_"
        given = {}
        for estimate in study.estimates:
            own = verdicts[study.outcome, estimate.segment]
            said = _given_verdict(effects, prefix, estimate.segment)
            given[estimate.segment] = replace(own, verdict=lower(own.verdict, said))
        documents += _refute_study(panel, study, given, np.random.default_rng([*seed, number]))
        documents += [] if study.estimates else [_unchecked(study.outcome, EVERYBODY, study.problems)]
    return documents


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


def _refute_study(
    panel: Mapping[str, Any], study: Study, given: Mapping[str, Verdict], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """A document for each estimate, in their order; what is refused is not checked."""
    sound = [
        each
        for each in study.estimates
        if given[each.segment].verdict != REFUSED and not study.problems_of(each.segment)
    ]
    checked = _checked(panel, study, sound, given, rng) if sound and study.design is not None else {}
    return [
        checked.get(each.segment) or _unchecked(study.outcome, each.segment, study.problems_of(each.segment))
        for each in study.estimates
    ]


def _checked(
    panel: Mapping[str, Any],
    study: Study,
    sound: Sequence[Estimate],
    given: Mapping[str, Verdict],
    rng: np.random.Generator,
) -> dict[str, dict[str, Any]]:
    assert study.design is not None
    cases = checks.Cases.of(study.design, sound)
    placebos, causes = checks.permuted_placebo(cases, rng), checks.random_common_cause(cases, rng)
    subsets, lead = checks.subset(cases, rng), checks.lead(study.lead)
    parts, with_lag = checks.stable(cases, _halves(study.design), rng), _with_lag(panel, cases, study.outcome)
    found = {}
    for estimate, placebo, cause, some, part, lagged in zip(
        sound, placebos, causes, subsets, parts, with_lag, strict=True
    ):
        own = given[estimate.segment]
        concluded = own.verdict in (SUPPORTED, WEAK)
        made = (placebo, cause, some, lead, part if concluded else replace(part, passed=None))
        failed = [check.name for check in made if check.passed is False]
        found[estimate.segment] = {
            "outcome": study.outcome,
            "segment": estimate.segment,
            "verdict": REFUTED if failed and concluded else own.verdict,
            "survived": not failed,
            "reasons": failed or list(own.reasons),
            "checks": [check.document() for check in made],
            "sensitivity": estimate.sensitivity.document(),
            "with_lagged_outcome": lagged,
        }
    return found


def _halves(design: Design) -> tuple[Design | None, Design | None]:
    """The first and the second half of the weeks, each without its own effects; None where there are too few."""
    sample = design.sample
    late = sample.week_index > np.median(sample.week_index)
    first, second = (
        draw_design(sample.of(kept)) if len(np.unique(sample.week_index[kept])) >= 3 else None for kept in (~late, late)
    )
    return first, second


def _with_lag(panel: Mapping[str, Any], cases: Cases, outcome: str) -> list[float | None]:
    """The effects when this week's outcome is adjusted for too: biased by short panels, but near if all is well."""
    before = np.asarray(panel[outcome], dtype=np.float64)[cases.design.sample.rows]
    if np.isnan(before).any():
        return [None] * len(cases.every)
    return checks.with_another(cases, cases.design.effects.taken_out(before))
