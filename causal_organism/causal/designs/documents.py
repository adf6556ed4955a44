"""A study's result as the document `organism.study/1`."""

from __future__ import annotations

import math

from causal_organism.causal.declarations.codes import Verdict
from causal_organism.causal.designs.running import StudyEstimate, StudyResult
from causal_organism.documents.studies import EstimateRow, StudyDocument

SCHEMA = "organism.study/1"
_DIGITS = 10  # what a sum's order, and so the number of threads, can change lies behind them


def to_document(result: StudyResult) -> StudyDocument:
    """JSON. What is refused has no numbers."""
    return {
        "schema": SCHEMA,
        "design": result.declared.kind.value,
        "rows": result.rows,
        "units": result.units,
        "excluded": [{"reason": reason.value, "rows": rows} for reason, rows in result.excluded],
        "estimates": [_estimate(each) for each in result.estimates],
    }


def _estimate(each: StudyEstimate) -> EstimateRow:
    finding, shown = each.finding, each.judgement.verdict is not Verdict.REFUSED
    contrast = each.treatment.contrast
    return {
        "treatment": each.treatment.name,
        "outcome": each.outcome.name,
        "segment": each.segment,
        "effect": _number(finding.effect * contrast) if shown else None,
        "se": _number(finding.se * abs(contrast)) if shown else None,
        "ci_lo": _number(min(finding.lo * contrast, finding.hi * contrast)) if shown else None,
        "ci_hi": _number(max(finding.lo * contrast, finding.hi * contrast)) if shown else None,
        "grade": each.judgement.grade.value,
        "verdict": each.judgement.verdict.value,
        "reasons": [reason.value for reason in each.judgement.reasons],
        "p": _number(finding.p) if shown else None,
        "contrast": contrast,
        "unit": each.outcome.unit,
        "rows": each.rows,
        "units": each.units,
        "clusters": each.clusters,
        "excluded": [{"reason": reason.value, "rows": rows} for reason, rows in each.excluded],
        "checks": {name: _number(value) for name, value in sorted(finding.details.items())} if shown else {},
    }


def _number(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.{_DIGITS}g}")
    return rounded if rounded else 0.0
