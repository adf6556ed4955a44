"""Columns by person from one study: partially pooled effects, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.panel_study import treatment_of
from causal_organism.causal.estimands import PersonsRepeated
from causal_organism.causal.panel import TREATMENT
from causal_organism.causal.persons import Slopes, person_slopes
from causal_organism.causal.pooled import Estimate
from causal_organism.causal.reference import slope_by_reference
from causal_organism.causal.sample import EVERYBODY, segments_of
from causal_organism.causal.shrinkage import Group, pool_groups
from causal_organism.causal.study import Study
from causal_organism.causal.verdicts import INCONCLUSIVE, LEAST_WEEKS, REFUSED, Verdict
from causal_organism.causal.within import Columns

EXPOSURE = ("spillover", "spillover_se", "total", "total_se")  # the same for everybody: of the outcome
GUARD_COLUMNS = (
    "effect", "effect_sd", "ci_lo", "ci_hi", "segment_effect", "segment_se", "bias_max", "segment_verdict", "verdict",
    *EXPOSURE,
)  # fmt: skip

CERTAIN_LFSR = 0.05
REPEATED_PERSONS = 5
NUMBERS = (
    "effect", "effect_sd", "ci_lo", "ci_hi", "lfsr", "raw_effect", "raw_se", "shrinkage", "segment_effect",
    "segment_se", "bias_max", *EXPOSURE, "outcome_sd",
)  # fmt: skip


def repeat_persons(study: Study, *, seed: int, agreement: float) -> tuple[Study, PersonsRepeated]:
    """(the study, with a problem more if they differ; what was found): DoWhy's slopes of a few persons must be ours."""
    if study.design is None or study.problems:
        return study, {}
    slopes, person = person_slopes(study.design), study.design.sample.person
    known = np.flatnonzero(np.isfinite(slopes.slope) & (slopes.weeks >= LEAST_WEEKS))
    drawn = np.random.default_rng(seed).permutation(known)[:REPEATED_PERSONS]
    differences: list[float | None] = []
    for code in sorted(drawn.tolist()):
        rows = person == code
        value = slope_by_reference(slopes.t[rows], slopes.y[rows], slopes.level[rows])
        differences.append(None if value is None else float(abs(value - slopes.slope[code])))
    found = [each for each in differences if each is not None]
    checks: PersonsRepeated = {
        "persons_repeated": len(differences),
        "persons_difference": max(found, default=None),  # None: nobody was repeated, or DoWhy gave no number
        "autocorrelation": slopes.autocorrelation,
    }
    if len(found) == len(differences) and all(each <= agreement for each in found):
        return study, checks
    return replace(study, problems=(*study.problems, "reference-differs")), checks


def effects_by_person(
    panel: Columns, study: Study, verdicts: Mapping[tuple[str, str], Verdict], declared: Declaration
) -> dict[str, NDArray[Any]]:
    """Columns of the outcome to improve. Everybody of the panel has a row."""
    ids, first = np.unique(panel["id"], return_index=True)
    size = len(ids)
    columns: dict[str, NDArray[Any]] = {
        "id": ids,
        "treatment": np.full(size, TREATMENT),
        "outcome": np.full(size, study.outcome),
        "segment": segments_of(panel, min_group=declared.min_group)[first],
        "weeks": np.zeros(size, dtype=np.int64),
        "extrapolates": np.zeros(size, dtype=bool),
    } | {name: np.full(size, np.nan) for name in NUMBERS}
    if study.design is not None and not study.problems:
        contrast = treatment_of(declared).contrast
        _fill(columns, panel, study, verdicts, person_slopes(study.design), contrast=contrast)
    _judge(columns, study, verdicts)
    return columns


def guard_columns(
    panel: Columns, study: Study, verdicts: Mapping[tuple[str, str], Verdict], declared: Declaration
) -> dict[str, NDArray[Any]]:
    """Effect, sd, interval and verdict of a further outcome, named after it."""
    columns = effects_by_person(panel, study, verdicts, declared)
    return {f"{study.outcome}_{name}": columns[name] for name in GUARD_COLUMNS}


def _fill(
    columns: dict[str, NDArray[Any]],
    panel: Columns,
    study: Study,
    verdicts: Mapping[tuple[str, str], Verdict],
    slopes: Slopes,
    *,
    contrast: float,
) -> None:
    assert study.design is not None
    place = np.searchsorted(columns["id"], np.unique(panel["id"][study.design.sample.rows]))  # of each person code
    columns["weeks"][place] = slopes.weeks
    wanted = slopes.t_mean + contrast
    columns["extrapolates"][place] = (wanted < slopes.t_low) | (wanted > slopes.t_high)
    usable = np.isfinite(slopes.slope) & (slopes.weeks >= LEAST_WEEKS)
    columns["outcome_sd"][:] = float(np.std(study.design.y))
    for name in EXPOSURE:
        columns[name][:] = np.nan if study.exposure is None else getattr(study.exposure, name)
    shown, groups = [], []
    for estimate in _segments(study):
        inside = usable & (slopes.segment == estimate.segment if estimate.segment != EVERYBODY else True)
        if verdicts[study.outcome, estimate.segment].verdict != REFUSED and inside.any():
            shown.append((estimate, inside))
            groups.append(Group(slope=slopes.slope[inside], se=slopes.se[inside], mean_se=estimate.se))
    for (estimate, inside), pooled in zip(shown, pool_groups(groups) if groups else (), strict=True):
        here = place[inside]
        columns["effect"][here], columns["effect_sd"][here] = pooled.mean, pooled.sd
        columns["ci_lo"][here], columns["ci_hi"][here] = pooled.lo, pooled.hi
        columns["lfsr"][here], columns["shrinkage"][here] = pooled.lfsr, pooled.own_share
        columns["raw_effect"][here], columns["raw_se"][here] = slopes.slope[inside], slopes.se[inside]
        columns["segment_effect"][here], columns["segment_se"][here] = estimate.effect, estimate.se
        columns["bias_max"][here] = estimate.sensitivity.bias_max


def _segments(study: Study) -> tuple[Estimate, ...]:
    """The estimates that persons are drawn towards: their segments', or everybody's where there is only that."""
    return study.estimates[1:] or study.estimates


def _judge(columns: dict[str, NDArray[Any]], study: Study, verdicts: Mapping[tuple[str, str], Verdict]) -> None:
    """A person's verdict is at most its segment's."""
    of_segment = {each.segment: verdicts[study.outcome, each.segment] for each in _segments(study)}
    whole = Verdict(verdict=REFUSED, reasons=study.problems or ("no-data",))
    segment_verdicts, results = [], []
    for segment, effect, lfsr, weeks in zip(
        columns["segment"].tolist(), columns["effect"], columns["lfsr"], columns["weeks"], strict=True
    ):
        verdict = of_segment.get(segment) or of_segment.get(EVERYBODY) or whole
        segment_verdicts.append(verdict.verdict)
        results.append(_judge_person(verdict, effect=effect, lfsr=lfsr, weeks=int(weeks)))
    columns["grade"] = np.array([each.grade for each in results])
    columns["segment_verdict"] = np.array(segment_verdicts)
    columns["verdict"] = np.array([each.verdict for each in results])
    columns["reason_codes"] = np.array([" ".join(each.reasons) for each in results])


def _judge_person(segment: Verdict, *, effect: float, lfsr: float, weeks: int) -> Verdict:
    if segment.verdict == REFUSED:
        return segment
    if np.isnan(effect):
        reason = "no-data" if weeks == 0 else "few-weeks" if weeks < LEAST_WEEKS else "constant-treatment"
        return Verdict(verdict=REFUSED, reasons=(reason,))
    if lfsr > CERTAIN_LFSR:
        return Verdict(verdict=INCONCLUSIVE, reasons=("sign-uncertain",))
    return segment
