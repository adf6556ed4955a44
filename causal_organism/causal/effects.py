"""Causal effects of meeting hours for every person, and the pooled effects that they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import (
    diagram_for,
    measure_of,
    outcomes_in_order,
    shipped_study,
    with_group,
)
from causal_organism.causal.estimands import (
    EffectsAbout,
    EffectsMetadata,
    EstimandRow,
    PersonsRepeated,
    StudiedOutcome,
)
from causal_organism.causal.panel import outcome_metrics, to_panel
from causal_organism.causal.person_effects import effects_by_person, guard_columns, repeat_persons
from causal_organism.causal.pooled import Estimate
from causal_organism.causal.reference import AGREEMENT
from causal_organism.causal.study import Study, study_outcome, without_treatment
from causal_organism.causal.treatments import TreatmentView, by_treatment
from causal_organism.causal.verdicts import REFUSED, Doubts, Verdict, discovery_rates, judge
from causal_organism.causal.within import Columns
from causal_organism.errors import CannotConcludeError

SCHEMA = "organism.effects/1"


def estimate_effects(
    panel: Any,
    *,
    seed: int,
    declared: Declaration | None = None,
    min_group: int = 10,
    agreement: float = AGREEMENT,
) -> tuple[dict[str, NDArray[Any]], EffectsMetadata]:
    """(columns by person, metadata with the pooled estimates). A refusal is a result: rows without numbers, and why.

    A row per person and declared treatment, each with the others held equal. Columns: id, treatment, outcome,
    effect (of one more hour of meetings a week, in the outcome's unit), effect_sd,
    ci_lo, ci_hi (90 %), lfsr (probability that the sign is wrong), raw_effect, raw_se, shrinkage, spillover,
    spillover_se (of one more hour of everybody else in the team), total, total_se (of both), segment,
    segment_effect, segment_se, bias_max (what a confounder as strong as the strongest measured one would add), weeks,
    extrapolates (two hours less lie outside the person's own range), grade, segment_verdict, verdict, reason_codes;
    then effect, sd, interval and verdict of every further outcome as `<outcome>_effect`, ….

    `declared`: what the study file says (panel_study.py); the one that ships, where nothing is given. `seed` draws the
    persons whose slopes DoWhy repeats; where it differs by more than `agreement`, all is refused.
    One thread, so that their number cannot change the last digits.
    Cost: about 3 s of CPU for 200 people and 26 weeks, most of it the import of dowhy; benchmarks/effects.py for more.

    Raises:
        CannotConcludeError: `no-outcomes`, where the panel has no metric that is an outcome.
    """
    from threadpoolctl import threadpool_limits  # 0.1 s with numpy

    declared = with_group(declared or shipped_study(), min_group)
    with threadpool_limits(1):
        return _estimate_all(to_panel(panel), declared, seed=seed, agreement=agreement)


def _estimate_all(
    panel: Columns, declared: Declaration, *, seed: int, agreement: float
) -> tuple[dict[str, NDArray[Any]], EffectsMetadata]:
    studied = study_treatments(panel, declared, agreement=agreement)
    repeated = [repeat_persons(studies[0], seed=seed, agreement=agreement) for _, studies in studied]
    studied = [(view, (primary, *studies[1:])) for (view, studies), (primary, _) in zip(studied, repeated, strict=True)]
    verdicts = judge_treatments([studies for _, studies in studied])
    tables: list[dict[str, NDArray[Any]]] = []
    estimands: list[EstimandRow] = []
    outcomes: list[StudiedOutcome] = []
    for (view, studies), judged in zip(studied, verdicts, strict=True):
        columns = effects_by_person(view.panel, studies[0], judged, view.declared)
        columns["treatment"] = np.full(len(columns["id"]), view.column)
        for study in studies[1:]:
            columns |= guard_columns(view.panel, study, judged, view.declared)
        tables.append(columns)
        estimands += [_document(view, study, each, judged) for study in studies for each in study.estimates]
        outcomes += [_outcome_document(view, study) for study in studies]
    about = _about(studied[0], verdicts[0], repeated[0][1], seed=seed)
    reasons = sorted({reason for _, studies in studied for each in studies for reason in each.problems})
    return _stacked(tables), {**about, "reasons": reasons, "estimands": estimands, "outcomes": outcomes}


def study_treatments(
    panel: Columns, declared: Declaration, *, agreement: float | None
) -> list[tuple[TreatmentView, tuple[Study, ...]]]:
    """Every treatment on every outcome, each with the other treatments held equal. `agreement`: study_outcome."""
    return [
        (view, study_all(view.panel, view.declared, agreement=agreement, missing=view.column if view.missing else None))
        for view in by_treatment(panel, declared)
    ]


def study_all(
    panel: Columns, declared: Declaration, *, agreement: float | None, missing: str | None = None
) -> tuple[Study, ...]:
    """Every outcome of the panel: the one to improve first, then the others that are declared, then those that are not.

    `agreement`: study_outcome. `missing`: the first treatment, where the panel has no such column.
    """
    metrics = outcomes_in_order(declared, outcome_metrics(panel))
    if not metrics:
        raise CannotConcludeError(
            "the outcomes have no metric that could be an outcome",
            reasons=("no-outcomes",),
            hint=f"import outcomes with one of {', '.join(each.column for each in declared.outcomes)}",
        )
    if missing is not None:
        return tuple(without_treatment(metric, missing) for metric in metrics)
    studies: list[Study] = []
    for metric in metrics:
        like = next((each.design for each in reversed(studies) if each.design is not None), None)
        studies.append(study_outcome(panel, metric, declared, agreement=agreement, like=like))
    return tuple(studies)


def judge_treatments(studied: Sequence[tuple[Study, ...]]) -> list[dict[tuple[str, str], Verdict]]:
    """`judge_all` of each treatment's studies, with the false discovery rate of all of them together."""
    return [
        judge_all(studies, family=[each for other in studied if other is not studies for each in other])
        for studies in studied
    ]


def _stacked(tables: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """A row per person and treatment; the columns are the same in all."""
    if len(tables) == 1:
        return tables[0]
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: np.concatenate([table[name] for table in tables]) for name in names}


def judge_all(studies: tuple[Study, ...], *, family: Sequence[Study] = ()) -> dict[tuple[str, str], Verdict]:
    """(outcome, segment) -> verdict; the false discovery rate is that of all estimates together, the family's too."""
    estimates = [(study, each) for study in studies for each in study.estimates]
    others = [each.p for study in family for each in study.estimates]
    rates = discovery_rates([*(each.p for _, each in estimates), *others])[: len(estimates)]
    return {
        (study.outcome, each.segment): judge(each, study.problems_of(each.segment), q=q, shared=_doubts(study))
        for (study, each), q in zip(estimates, rates, strict=True)
    }


def _doubts(study: Study) -> Doubts:
    """That the treatment of others matters too, so that no estimate is the whole effect; and what checks found."""
    spills_over = study.exposure is not None and study.exposure.spills_over
    return Doubts(refuted=study.refuted, doubts=(*study.doubts, *(("spillover",) if spills_over else ())))


def _about(
    studied: tuple[TreatmentView, tuple[Study, ...]],
    verdicts: Mapping[tuple[str, str], Verdict],
    checks: PersonsRepeated,
    *,
    seed: int,
) -> EffectsAbout:
    """What stands beside the estimands: of the first treatment on the outcome to improve."""
    view, (primary, *_) = studied
    diagram = diagram_for(view.declared, primary.outcome)
    overall = [verdicts[primary.outcome, each.segment].verdict for each in primary.estimates]
    return {
        "schema": SCHEMA,
        "treatment": view.column,
        "outcome": primary.outcome,
        "verdict": overall[0] if overall else REFUSED,
        "contrast": view.treatment.contrast,
        "horizon_weeks": 1,
        "diagram": {
            "edges": [f"{cause} -> {effect}" for cause, effect in (diagram.edges if diagram else ())],
            "suspected": list(diagram.suspected if diagram else ()),
        },
        "seed": seed,
        "min_group": view.declared.min_group,
        **checks,
    }


def _outcome_document(view: TreatmentView, study: Study) -> StudiedOutcome:
    sample = study.sample
    return {
        "treatment": view.column,
        "outcome": study.outcome,
        "unit": measure_of(view.declared, study.outcome).unit,
        "adjusted_for": ["person", "team's week", *study.adjustment.controls],
        "rows": 0 if sample is None else len(sample.y),
        "people": 0 if sample is None else sample.persons,
        "weeks": 0 if sample is None else sample.weeks,
        "clusters": 0 if sample is None else sample.teams,
        "lead_placebo": study.lead,
        "exposure": None if study.exposure is None or study.problems else study.exposure.document(),
        "reasons": list(study.problems),
        "checks": None if study.problems else dict(study.checks),
    }


def _document(
    view: TreatmentView, study: Study, estimate: Estimate, verdicts: Mapping[tuple[str, str], Verdict]
) -> EstimandRow:
    verdict = verdicts[study.outcome, estimate.segment]
    shown = verdict.verdict != REFUSED
    return {
        "treatment": view.column,
        "outcome": estimate.outcome,
        "segment": estimate.segment,
        "verdict": verdict.verdict,
        "grade": verdict.grade,
        "reasons": list(verdict.reasons),
        "rows": estimate.rows,
        "people": estimate.people,
        "clusters": round(estimate.clusters, 2),
        "treatment_sd": estimate.t_sd,
        "effect": estimate.effect if shown else None,
        "se": estimate.se if shown else None,
        "lo": estimate.lo if shown else None,
        "hi": estimate.hi if shown else None,
        "p": estimate.p if shown else None,
        "sensitivity": estimate.sensitivity.document() if shown else None,
        "dowhy": study.references.get(estimate.segment, {}) if shown else None,
    }
