"""A pooled estimate once more, on rows of the panel as they are and by programs that share no code with ours.

DoWhy gets treatment, next week's outcome, what the diagram names, and who and what week of which team each row is: it
makes a column for every one of these. statsmodels gets the same for the error by team. A few teams suffice: a mistake
in how effects are taken out, how errors are summed or which week belongs to which shows on any rows, and our estimate
is repeated on exactly those.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from causal_organism.causal.diagram import Diagram
from causal_organism.causal.estimands import RawComparison
from causal_organism.causal.panel import TREATMENT
from causal_organism.causal.pooled import Design, Estimate, draw_design
from causal_organism.causal.reference import reference_effect, reference_error
from causal_organism.causal.sample import EVERYBODY, Sample
from causal_organism.causal.within import Columns, Floats, Ints, codes

_TEAMS, _PEOPLE, _WEEKS = 3, 18, 8
_SAME_ERROR = 1e-5  # relative


def compare_raw(
    panel: Columns, design: Design, estimate: Estimate, diagram: Diagram, agreement: float
) -> RawComparison:
    """Both estimates on the same rows; `agrees` where effects differ by at most `agreement` of their size or error, and
    errors by next to nothing. `own` is ours, `reference` DoWhy's."""
    part = design.sample.of(_choose(design.sample, estimate.segment))
    own = draw_design(part)
    place = 0 if estimate.segment == EVERYBODY else part.segments.index(estimate.segment)
    fitted = own.fit(np.column_stack((own.t, own.w)) if estimate.segment == EVERYBODY else own.by_segment)
    treatment, outcome = _treatment_of(panel, part, estimate.segment), _outcome_of(panel, part)
    others, kinds = _other_segments(panel, part, estimate.segment), _kinds(part)
    value, adjusted = reference_effect(
        diagram, _columns(panel, part, diagram), treatment=treatment, outcome=outcome, others=others, kinds=kinds
    )
    adjusted_for = [panel[name][part.rows] for name in adjusted if name in panel]
    held = np.column_stack((others, *map(_dummies, kinds), *adjusted_for))
    error = reference_error(treatment, outcome, held, part.team)
    effect = float(fitted.coef[place])
    bare = float(np.sqrt(fitted.cov[place, place] / fitted.factor))
    size = max(abs(effect), bare, 1e-300)
    difference = None if value is None else abs(value - effect) / size
    same_error = abs(error - bare) <= _SAME_ERROR * bare
    return {
        "own": effect, "reference": value, "difference": difference, "error_agrees": bool(same_error),
        "agrees": difference is not None and difference <= agreement and bool(same_error),
        "adjusted_for": [name for name in adjusted if name != "other segments"], "rows": len(part.y),
    }  # fmt: skip


def _choose(sample: Sample, segment: str) -> Any:
    """Rows of all people of a few teams, evenly spread among those that have two or more of the segment."""
    inside = np.ones(len(sample.y), dtype=bool) if segment == EVERYBODY else sample.segment == segment
    of_team = np.zeros((int(sample.team.max()) + 1, sample.persons), dtype=bool)
    of_team[sample.team[inside], sample.person[inside]] = True
    people = of_team.sum(axis=1)
    fitting = np.flatnonzero(people >= min(2, int(people.max())))
    teams = fitting[np.unique(np.linspace(0, len(fitting) - 1, _TEAMS).astype(int))]
    persons = np.unique(sample.person[np.isin(sample.team, teams)])[:_PEOPLE]
    weeks = np.unique(sample.week[np.isin(sample.person, persons)])[:_WEEKS]
    return np.isin(sample.person, persons) & np.isin(sample.team, teams) & np.isin(sample.week, weeks)


def _treatment_of(panel: Columns, part: Sample, segment: str) -> Floats:
    hours = np.asarray(panel[TREATMENT], dtype=np.float64)[part.rows]
    return hours if segment == EVERYBODY else np.where(part.segment == segment, hours, 0.0)


def _other_segments(panel: Columns, part: Sample, segment: str) -> Floats:
    if segment == EVERYBODY:
        return np.empty((len(part.y), 0))
    others = [_treatment_of(panel, part, each) for each in part.segments if each != segment]
    return np.column_stack(others) if others else np.empty((len(part.y), 0))


def _outcome_of(panel: Columns, part: Sample) -> Floats:
    """The outcome of the same person's next week, looked up by name and week."""
    wanted = {
        (person, int(week) + 1): place
        for place, (person, week) in enumerate(
            zip(panel["id"][part.rows].tolist(), panel["week_index"][part.rows].tolist(), strict=True)
        )
    }
    found = np.full(len(part.y), np.nan)
    near = np.flatnonzero(np.isin(panel["id"], np.unique(panel["id"][part.rows])))
    names, weeks = panel["id"][near].tolist(), panel["week_index"][near].tolist()
    for row, person, week in zip(near.tolist(), names, weeks, strict=True):
        if (person, week) in wanted:
            found[wanted[person, week]] = panel[part.outcome][row]
    # the last week's outcome has no row of its own where nothing else of it is known
    return np.where(np.isfinite(found), found, part.y)


def _columns(panel: Columns, part: Sample, diagram: Diagram) -> dict[str, Floats]:
    """What the diagram names and the panel knows on all rows: what we hold equal, and what DoWhy must not adjust for.

    DoWhy adjusts for everything that it may; what else moves the outcome would give another estimate, as good as ours.
    """
    wanted = {*part.controls, *diagram.descendants(diagram.treatment)}
    named = [name for name in diagram.nodes if name in panel and name in wanted and name not in diagram.absorbed]
    found = {name: np.asarray(panel[name], dtype=np.float64)[part.rows] for name in named}
    return {name: values for name, values in found.items() if np.isfinite(values).all()}


def _kinds(part: Sample) -> tuple[Ints, Ints]:
    """By row: the person, and the team's week or, where nobody else of the team is in it, the week."""
    cells = np.array([f"{team} {week}" for team, week in zip(part.team, part.week, strict=True)])
    company = {name: int(count) for name, count in zip(*np.unique(cells, return_counts=True), strict=True)}
    told = [cell if company[cell] > 1 else f"week {week}" for cell, week in zip(cells, part.week, strict=True)]
    return part.person, codes(np.array(told))


def _dummies(kinds: Ints) -> Floats:
    """A column for every one but the first."""
    return np.asarray(kinds[:, None] == np.unique(kinds)[None, 1:], dtype=np.float64)
