"""Grade and verdict of a finding: a function of the design and of the checks that it passed."""

from __future__ import annotations

from dataclasses import dataclass

from causal_organism.causal.declarations.codes import DesignKind, Direction, Grade, Reason, Verdict
from causal_organism.causal.declarations.declaration import Outcome, Treatment
from causal_organism.causal.designs.findings import Finding

SUPPORTED_P, WEAK_P, DISCOVERY_RATE = 0.01, 0.05, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`reasons` are in the order of their weight: refusals, refutations, doubts, then what is worth knowing."""

    grade: Grade
    verdict: Verdict
    reasons: tuple[Reason, ...]


def judge_finding(finding: Finding, kind: DesignKind, treatment: Treatment, outcome: Outcome, *, q: float) -> Judgement:
    """q: smallest false discovery rate at which the finding counts among everything that the study looked at."""
    if finding.refusals:
        return Judgement(grade=Grade.D, verdict=Verdict.REFUSED, reasons=finding.refusals)
    verdict, reasons = _verdict(finding, q)
    notes = [*finding.notes, *_about_outcome(finding, treatment, outcome)]
    return Judgement(grade=grade_of(kind, finding), verdict=verdict, reasons=tuple(dict.fromkeys((*reasons, *notes))))


def grade_of(kind: DesignKind, finding: Finding) -> Grade:
    """What the design can prove, if its checks were made and passed; D otherwise."""
    if finding.refuted:
        return Grade.D
    lost = Reason.MISSING_NOT_AT_RANDOM in finding.doubts
    match kind:
        case DesignKind.RANDOMISED:
            return Grade.C if lost else Grade.A
        case DesignKind.STAGGERED | DesignKind.POLICY:
            return Grade.C if finding.unchecked or lost else Grade.B
        case DesignKind.WITHIN:
            return Grade.D if finding.unchecked else Grade.C
        case DesignKind.CROSS_SECTION:
            sound = finding.confirmed and not finding.doubts and not finding.unchecked
            return Grade.C if sound else Grade.D


def _verdict(finding: Finding, q: float) -> tuple[Verdict, list[Reason]]:
    """Checks only lower it: what is not clear by itself no check makes clear."""
    reasons = list(finding.refuted)
    if not finding.p <= WEAK_P:
        return Verdict.INCONCLUSIVE, [Reason.INTERVAL_INCLUDES_ZERO, *reasons]
    doubts = list(finding.doubts)
    if finding.p > SUPPORTED_P or q > DISCOVERY_RATE:
        doubts.append(Reason.MANY_TESTS)
    if reasons:
        return Verdict.REFUTED, [*reasons, *doubts]
    if finding.unchecked:
        doubts.append(Reason.FEW_WEEKS)
    return (Verdict.WEAK if doubts else Verdict.SUPPORTED), doubts


def _about_outcome(finding: Finding, treatment: Treatment, outcome: Outcome) -> list[Reason]:
    """What the outcome's declaration makes of it: undeclared, or a guardrail that may get worse."""
    if outcome.direction is None:
        return [Reason.GUARDRAIL_UNDECLARED]
    if not outcome.guardrail:
        return []
    ends = (finding.lo * treatment.contrast, finding.hi * treatment.contrast)
    match outcome.direction:
        case Direction.UP:
            harm = -min(ends)
        case Direction.DOWN:
            harm = max(ends)
    return [Reason.POSSIBLE_HARM] if harm > (outcome.least or 0.0) else []
