"""Attempts to refute each pooled effect: by chance, by noise, by leaving people out, by time, by what may be hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from causal_organism.causal import checks
from causal_organism.causal.checks import Cases, Check
from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import shipped_study, with_group
from causal_organism.causal.effects import judge_treatments, study_treatments
from causal_organism.causal.estimands import RefutationsDocument, RefutedEstimand, RefutedOfTreatment
from causal_organism.causal.panel import to_columns, to_panel
from causal_organism.causal.pooled import Estimate
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.study import Study
from causal_organism.causal.treatments import of_treatment
from causal_organism.causal.verdicts import REFUSED, REFUTED, SUPPORTED, WEAK, Verdict, lower
from causal_organism.causal.within import Columns

SCHEMA = "organism.refutations/1"


def refute(
    panel: Any, effects: Any, *, seed: int, declared: Declaration | None = None, min_group: int = 10
) -> RefutationsDocument:
    """Per estimand of `effects` (the columns of `estimate_effects`): every check with its numbers, and the verdict
    that is left. A supported or weak effect that fails a check is `refuted`; a refused one stays refused, unchecked.

    Does not need dowhy. One thread, so that their number cannot change the last digits. Cost: about 1 s of CPU for 200
    people.
    """
    from threadpoolctl import threadpool_limits  # 0.1 s with numpy

    declared = with_group(declared or shipped_study(), min_group)
    with threadpool_limits(1):
        return _refute_all(to_panel(panel), to_columns(effects), declared, seed=seed)


def _refute_all(panel: Columns, effects: Columns, declared: Declaration, *, seed: int) -> RefutationsDocument:
    studied = study_treatments(panel, declared, agreement=None)
    documents: list[RefutedOfTreatment] = []
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
    panel: Columns,
    studies: tuple[Study, ...],
    verdicts: Mapping[tuple[str, str], Verdict],
    effects: Columns,
    *,
    seed: list[int],
) -> list[RefutedEstimand]:
    given: dict[tuple[str, str], Verdict] = {}
    for number, study in enumerate(studies):
        prefix = "" if number == 0 else f"{study.outcome}_"
        for estimate in study.estimates:
            own = verdicts[study.outcome, estimate.segment]
            said = _given_verdict(effects, prefix, estimate.segment)
            given[study.outcome, estimate.segment] = replace(own, verdict=lower(own.verdict, said))
    checked: dict[tuple[str, str], RefutedEstimand] = {}
    for number, together in enumerate(_sharing(studies)):
        checked |= _check_studies(panel, together, given, np.random.default_rng([*seed, number]))
    documents = []
    for study in studies:
        asked = [each.segment for each in study.estimates] or [EVERYBODY]
        documents += [
            checked.get((study.outcome, each)) or _unchecked(study.outcome, each, study.problems_of(each))
            for each in asked
        ]
    return documents


def _sharing(studies: Sequence[Study]) -> list[list[Study]]:
    """Studies that can be estimated, those with the same rows together."""
    groups: dict[int, list[Study]] = {}
    for study in studies:
        if study.design is not None:
            groups.setdefault(id(study.design.effects), []).append(study)
    return list(groups.values())


def _given_verdict(effects: Columns, prefix: str, segment: str) -> str | None:
    """What the effects concluded for a segment. Everybody together has no row of its own: None, unless all of it was
    refused."""
    verdicts = effects.get(f"{prefix}segment_verdict", np.array([], dtype=str)).astype(str)
    inside = verdicts[effects["segment"].astype(str) == segment] if len(verdicts) else verdicts
    if len(inside):
        return str(inside[0])
    return REFUSED if len(verdicts) and (verdicts == REFUSED).all() else None


def _unchecked(outcome: str, segment: str, reasons: tuple[str, ...]) -> RefutedEstimand:
    return {
        "outcome": outcome, "segment": segment, "verdict": REFUSED, "survived": False, "reasons": list(reasons),
        "checks": [], "sensitivity": None, "with_lagged_outcome": None,
    }  # fmt: skip


def _check_studies(
    panel: Columns,
    studies: Sequence[Study],
    given: Mapping[tuple[str, str], Verdict],
    rng: np.random.Generator,
) -> dict[tuple[str, str], RefutedEstimand]:
    """(outcome, segment) -> document; what is refused is not checked."""
    sound = [
        (place, each)
        for place, study in enumerate(studies)
        for each in study.estimates
        if given[study.outcome, each.segment].verdict != REFUSED and not study.problems_of(each.segment)
    ]
    if not sound:
        return {}
    cases = Cases.of([study.design for study in studies if study.design is not None], sound)
    made = zip(
        checks.permuted_placebo(cases, rng), checks.random_common_cause(cases, rng), checks.subset(cases, rng),
        checks.stable(cases, rng), strict=True,
    )  # fmt: skip
    with_lag = [_with_lag(panel, cases, place) for place in range(len(studies))]
    found = {}
    for (place, estimate), (placebo, cause, some, part) in zip(sound, made, strict=True):
        study = studies[place]
        of_one = (placebo, cause, some, checks.lead(study.lead), part)
        lagged = with_lag[place].get(estimate.segment)
        found[study.outcome, estimate.segment] = _document(
            estimate, given[study.outcome, estimate.segment], of_one, lagged
        )
    return found


def _document(
    estimate: Estimate, given: Verdict, made: tuple[Check, ...], with_lagged_outcome: float | None
) -> RefutedEstimand:
    concluded = given.verdict in (SUPPORTED, WEAK)
    if not concluded:  # an effect that is not there has no sign to keep
        made = (*made[:-1], replace(made[-1], passed=None))
    failed = [check.name for check in made if check.passed is False]
    return {
        "outcome": estimate.outcome,
        "segment": estimate.segment,
        "verdict": REFUTED if failed and concluded else given.verdict,
        "survived": not failed,
        "reasons": failed or list(given.reasons),
        "checks": [check.document() for check in made],
        "sensitivity": estimate.sensitivity.document(),
        "with_lagged_outcome": with_lagged_outcome,
    }


def _with_lag(panel: Columns, cases: Cases, place: int) -> dict[str, float | None]:
    """The effects when this week's outcome is adjusted for too: biased by short panels, but near if all is well."""
    design = cases.designs[place]
    before = np.asarray(panel[design.sample.outcome], dtype=np.float64)[design.sample.rows]
    if np.isnan(before).any():
        return {}
    return checks.with_another(cases, place, design.effects.taken_out(before))
