"""Causal effects of meeting hours for every person, and the pooled effects that they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from causal_organism.causal.diagram import Diagram, default_diagram
from causal_organism.causal.measures import CONTRAST_H, TARGET, measure_of
from causal_organism.causal.panel import TREATMENT, outcome_metrics, to_panel
from causal_organism.causal.person_effects import effects_by_person, guard_columns, repeat_persons
from causal_organism.causal.pooled import Estimate
from causal_organism.causal.reference import AGREEMENT
from causal_organism.causal.study import Study, study_outcome
from causal_organism.causal.verdicts import REFUSED, Verdict, discovery_rates, judge
from causal_organism.errors import CannotConcludeError

SCHEMA = "organism.effects/1"


def estimate_effects(
    panel: Any,
    *,
    seed: int,
    diagram: Diagram | None = None,
    min_group: int = 10,
    agreement: float = AGREEMENT,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(columns by person, metadata with the pooled estimates). A refusal is a result: rows without numbers, and why.

    Columns: id, treatment, outcome, effect (of one more hour of meetings a week, in the outcome's unit), effect_sd,
    ci_lo, ci_hi (90 %), lfsr (probability that the sign is wrong), raw_effect, raw_se, shrinkage, segment,
    segment_effect, segment_se, bias_max (what a confounder as strong as the strongest measured one would add), weeks,
    extrapolates (two hours less lie outside the person's own range), grade, segment_verdict, verdict, reason_codes;
    then effect, sd, interval and verdict of every further outcome as `<outcome>_effect`, ….

    `seed` draws the persons whose slopes DoWhy repeats; where it differs by more than `agreement`, all is refused.
    Cost: about 3 s of CPU for 200 people and 26 weeks, most of it the import of dowhy.

    Raises:
        CannotConcludeError: `no-outcomes`, where the panel has no metric that is an outcome.
    """
    panel, diagram = to_panel(panel), diagram or default_diagram()
    studies = study_all(panel, diagram, min_group=min_group, agreement=agreement)
    primary, checks = repeat_persons(studies[0], seed=seed, agreement=agreement)
    studies = (primary, *studies[1:])
    verdicts = judge_all(studies)
    columns = effects_by_person(panel, primary, verdicts, min_group=min_group)
    for study in studies[1:]:
        columns |= guard_columns(panel, study, verdicts, min_group=min_group)
    return columns, _metadata(studies, verdicts, diagram, checks, seed=seed, min_group=min_group)


def study_all(
    panel: Mapping[str, Any], diagram: Diagram, *, min_group: int, agreement: float | None
) -> tuple[Study, ...]:
    """Every outcome of the panel: the one to improve first, the others in order of name. `agreement`: study_outcome."""
    metrics = [metric for metric in outcome_metrics(panel) if metric not in diagram.nodes]
    if not metrics:
        raise CannotConcludeError(
            "the outcomes have no metric that could be an outcome",
            reasons=("no-outcomes",),
            hint=f"import outcomes with a column such as {TARGET}, beside {', '.join(diagram.nodes)}",
        )
    ordered = sorted(metrics, key=lambda metric: (metric != TARGET, metric))
    return tuple(study_outcome(panel, metric, diagram, min_group=min_group, agreement=agreement) for metric in ordered)


def judge_all(studies: tuple[Study, ...]) -> dict[tuple[str, str], Verdict]:
    """(outcome, segment) -> verdict; the false discovery rate is that of all estimates together."""
    estimates = [(study, each) for study in studies for each in study.estimates]
    rates = discovery_rates([each.p for _, each in estimates])
    return {
        (study.outcome, each.segment): judge(each, study.problems_of(each.segment), q=q)
        for (study, each), q in zip(estimates, rates, strict=True)
    }


def _metadata(
    studies: tuple[Study, ...],
    verdicts: Mapping[tuple[str, str], Verdict],
    diagram: Diagram,
    checks: Mapping[str, Any],
    *,
    seed: int,
    min_group: int,
) -> dict[str, Any]:
    primary = studies[0]
    overall = [verdicts[primary.outcome, each.segment].verdict for each in primary.estimates]
    return {
        "schema": SCHEMA,
        "treatment": TREATMENT,
        "outcome": primary.outcome,
        "verdict": overall[0] if overall else REFUSED,
        "reasons": sorted({reason for study in studies for reason in study.problems}),
        "contrast": CONTRAST_H,
        "horizon_weeks": 1,
        "estimands": [_document(study, each, verdicts) for study in studies for each in study.estimates],
        "outcomes": [_outcome_document(study) for study in studies],
        "diagram": {
            "edges": [f"{cause} -> {effect}" for cause, effect in diagram.edges],
            "suspected": list(diagram.suspected),
        },
        "seed": seed,
        "min_group": min_group,
    } | dict(checks)


def _outcome_document(study: Study) -> dict[str, Any]:
    sample = study.sample
    return {
        "outcome": study.outcome,
        "unit": measure_of(study.outcome).unit,
        "adjusted_for": ["person", "week", *study.adjustment.controls],
        "rows": 0 if sample is None else len(sample.y),
        "people": 0 if sample is None else sample.persons,
        "weeks": 0 if sample is None else sample.weeks,
        "clusters": 0 if sample is None else sample.teams,
        "lead_placebo": None if study.lead is None else dict(study.lead),
        "reasons": list(study.problems),
    }


def _document(study: Study, estimate: Estimate, verdicts: Mapping[tuple[str, str], Verdict]) -> dict[str, Any]:
    """One pooled estimand. What is refused has no numbers."""
    verdict = verdicts[study.outcome, estimate.segment]
    document: dict[str, Any] = {
        "outcome": estimate.outcome,
        "segment": estimate.segment,
        "verdict": verdict.verdict,
        "grade": verdict.grade,
        "reasons": list(verdict.reasons),
        "rows": estimate.rows,
        "people": estimate.people,
        "clusters": round(estimate.clusters, 2),
        "treatment_sd": estimate.t_sd,
    }
    names = ("effect", "se", "lo", "hi", "p")
    shown = verdict.verdict != REFUSED
    document |= {name: getattr(estimate, name) if shown else None for name in names}
    document["sensitivity"] = estimate.sensitivity.document() if shown else None
    document["dowhy"] = dict(study.references.get(estimate.segment, {})) if shown else None
    return document
