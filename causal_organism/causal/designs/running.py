"""Run a study: every treatment on every outcome, in every segment, by the declared design."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from causal_organism.causal.data.rows import StudyRows, read_rows
from causal_organism.causal.data.samples import Drawn, draw
from causal_organism.causal.data.tables import Marks, StudyTable
from causal_organism.causal.declarations.codes import DesignKind, Reason
from causal_organism.causal.declarations.declaration import Declaration, Outcome, Treatment
from causal_organism.causal.declarations.identification import declared_problems
from causal_organism.causal.designs.context import StudyContext
from causal_organism.causal.designs.cross_section import study_cross_section
from causal_organism.causal.designs.findings import Finding, refused
from causal_organism.causal.designs.judgement import Judgement, judge_finding
from causal_organism.causal.designs.policy import study_policy
from causal_organism.causal.designs.randomised import study_randomised
from causal_organism.causal.designs.staggered import study_staggered
from causal_organism.causal.designs.within_units import study_within
from causal_organism.causal.sample import EVERYBODY
from causal_organism.causal.verdicts import discovery_rates


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEstimate:
    """One treatment, outcome and segment. `excluded`: rows of the segment that it did not use, by reason."""

    treatment: Treatment
    outcome: Outcome
    segment: str
    finding: Finding
    judgement: Judgement
    rows: int
    units: int
    clusters: int
    excluded: tuple[tuple[Reason, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """`rows` and `excluded` add up to the rows of the table: a row is excluded if no estimate used it."""

    declared: Declaration
    rows: int
    units: int
    excluded: tuple[tuple[Reason, int], ...]
    estimates: tuple[StudyEstimate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    treatment: Treatment
    outcome: Outcome
    segment: str
    finding: Finding
    drawn: Drawn
    reasons: np.ndarray  # by row of the study: why this estimate did not use it; empty where it did


def run_study(declared: Declaration, table: StudyTable, *, reference: bool = True) -> StudyResult:
    """Everything that a declaration asks of a table; the order of rows makes no difference.

    `reference`: ask DoWhy and statsmodels for the same on a few units, which costs their import, about 4 s.

    Raises:
        StudyFileError: the columns that name the rows are not there. All else is refused in its own estimate.
    """
    rows = read_rows(declared, table)
    segments = [EVERYBODY, *_segments(declared, rows)]
    found = [
        each
        for outcome in declared.outcomes
        for segment in segments
        for each in _study(declared, rows, outcome, segment, reference=reference)
    ]
    found.sort(key=lambda each: [name.name for name in declared.treatments].index(each.treatment.name))
    usable = [each for each in found if not each.finding.refusals]
    rates = dict(zip(map(id, usable), discovery_rates([each.finding.p for each in usable]), strict=True))
    reasons = _unused(rows, found)
    return StudyResult(
        declared=declared,
        rows=int((reasons == "").sum()),
        units=len(np.unique(rows.unit[reasons == ""])),
        excluded=_counted(reasons),
        estimates=tuple(_judged(declared, rows, each, rates.get(id(each), 1.0)) for each in found),
    )


def _segments(declared: Declaration, rows: StudyRows) -> list[str]:
    if declared.data.segment is None:
        return []
    names = sorted({str(name) for name in rows.segment[rows.excluded.kept] if name != ""})
    return names if len(names) > 1 else []


def _study(
    declared: Declaration, rows: StudyRows, outcome: Outcome, segment: str, *, reference: bool
) -> Iterable[_Found]:
    """All treatments on one outcome; those whose column there is not, and those that are refused unseen, apart."""
    problems = {each.name: declared_problems(declared, each, outcome) for each in declared.treatments}
    absent = {each.name for each in declared.treatments if each.column in rows.absent or each.adopted in rows.absent}
    present = tuple(each for each in declared.treatments if each.name not in absent)
    drawn = draw(declared, rows, outcome, present, None if segment == EVERYBODY else segment)
    context = StudyContext(declared=declared, study=rows, drawn=drawn, reference=reference)
    findings = _findings(context) if present else ()
    by_name = dict(zip((each.name for each in present), findings, strict=True))
    for treatment in declared.treatments:
        finding = by_name.get(treatment.name) or refused(Reason.VARIABLE_MISSING)
        if problems[treatment.name]:
            finding = refused(*problems[treatment.name])
        yield _Found(
            treatment=treatment, outcome=outcome, segment=segment, finding=finding, drawn=drawn,
            reasons=_row_reasons(drawn, finding),
        )  # fmt: skip


def _findings(context: StudyContext) -> tuple[Finding, ...]:
    drawn = context.drawn
    if drawn.problems or not len(drawn.sample.y):
        problems = drawn.problems or (Reason.NO_DATA,)
        return tuple(refused(*problems) for _ in drawn.sample.treatments)
    if float(np.ptp(drawn.sample.y)) <= 1e-12 * float(np.abs(drawn.sample.y).max()):
        return tuple(refused(Reason.NO_OUTCOMES) for _ in drawn.sample.treatments)
    match context.declared.kind:
        case DesignKind.WITHIN:
            return study_within(context)
        case DesignKind.CROSS_SECTION:
            return study_cross_section(context)
        case DesignKind.RANDOMISED:
            return study_randomised(context)
        case DesignKind.STAGGERED:
            return study_staggered(context)
        case DesignKind.POLICY:
            return study_policy(context)


def _row_reasons(drawn: Drawn, finding: Finding) -> np.ndarray:
    reasons = drawn.excluded.reasons.copy()
    for reason, marks in finding.trimmed.items():
        places = drawn.sample.rows[marks]
        reasons[places[reasons[places] == ""]] = reason
    return reasons


def _unused(rows: StudyRows, found: list[_Found]) -> np.ndarray:
    """By row: why no estimate of everybody used it."""
    whole = [each for each in found if each.segment == EVERYBODY]
    reasons = whole[0].reasons.copy() if whole else rows.excluded.reasons.copy()
    for each in whole[1:]:
        reasons[each.reasons == ""] = ""
    return reasons


def _counted(reasons: np.ndarray) -> tuple[tuple[Reason, int], ...]:
    counts = {reason: int((reasons == reason).sum()) for reason in Reason}
    return tuple((reason, count) for reason, count in counts.items() if count)


def _judged(declared: Declaration, rows: StudyRows, found: _Found, q: float) -> StudyEstimate:
    used: Marks = np.asarray((found.reasons == "") & found.drawn.inside, dtype=bool)
    return StudyEstimate(
        treatment=found.treatment, outcome=found.outcome, segment=found.segment, finding=found.finding,
        judgement=judge_finding(found.finding, declared.kind, found.treatment, found.outcome, q=q),
        rows=int(used.sum()), units=len(np.unique(rows.unit[used])), clusters=len(np.unique(rows.cluster[used])),
        excluded=_counted(np.where(found.drawn.inside, found.reasons, "")),
    )  # fmt: skip
