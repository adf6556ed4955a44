"""A declaration as people and programs read it: its parts, what speaks against it, its diagram in Mermaid."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from causal_organism.causal.declarations.codes import DesignKind, Reason
from causal_organism.causal.declarations.declaration import Declaration
from causal_organism.causal.declarations.identification import declared_problems, harmful_controls
from causal_organism.causal.declarations.words import REASON_WORDS
from causal_organism.documents.studies import Declared, MissingColumn, StudyProblem


def describe(declared: Declaration) -> Declared:
    data, limits = declared.data, declared.limits
    return {
        "design": declared.kind.value,
        "data": {"unit": data.unit, "time": data.time, "cluster": data.cluster, "segment": data.segment},
        "confounders": list(declared.confounders),
        "treatments": [
            {
                "name": each.name, "column": each.column, "contrast": each.contrast, "adopted": each.adopted,
                "from": each.since, "source": each.source, "reliability": each.reliability, "cost_h": each.cost_h,
            }
            for each in declared.treatments
        ],
        "outcomes": [
            {
                "name": each.name, "column": each.column, "unit": each.unit,
                "direction": None if each.direction is None else each.direction.value, "least": each.least,
                "source": each.source, "guardrail": each.guardrail,
            }
            for each in declared.outcomes
        ],
        "negative_outcomes": list(declared.negative_outcomes),
        "negative_treatments": list(declared.negative_treatments),
        "limits": {
            "hours": limits.hours, "people": limits.people, "per_team": limits.per_team, "proposals": limits.proposals,
        },
    }  # fmt: skip


def list_problems(declared: Declaration) -> list[StudyProblem]:
    """What will be refused whatever the data say."""
    found: list[StudyProblem] = []
    for treatment in declared.treatments:
        for outcome in declared.outcomes:
            for reason in declared_problems(declared, treatment, outcome):
                what = REASON_WORDS[reason]
                harmful = harmful_controls(declared, treatment) if reason is Reason.NOT_IDENTIFIED else ()
                if harmful:
                    what = f"held equal, though {treatment.name} causes it: {', '.join(harmful)}"
                found.append(
                    {"treatment": treatment.name, "outcome": outcome.name, "reason": reason.value, "what": what}
                )
    return found


def list_missing(declared: Declaration, columns: Collection[str]) -> list[MissingColumn]:
    """Declared columns that a table does not have, each with the nearest that it has."""
    missing = [name for name in declared.columns if name not in columns]
    near = {name: difflib.get_close_matches(name, sorted(columns), n=1, cutoff=0.6) for name in missing}
    return [{"column": name, "nearest": near[name][0] if near[name] else None} for name in missing]


def to_mermaid(declared: Declaration) -> str:
    """The declared diagram; without one, what the declaration takes for granted."""
    if declared.diagram is not None:
        edges = list(declared.diagram.edges)
    else:
        edges = _assumed_edges(declared)
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    numbers = {name: f"n{place}" for place, name in enumerate(names)}
    lines = ["graph LR", *(f'  {numbers[name]}["{_quoted(name)}"]' for name in names)]
    return "\n".join([*lines, *(f"  {numbers[cause]} --> {numbers[effect]}" for cause, effect in edges)])


def _assumed_edges(declared: Declaration) -> list[tuple[str, str]]:
    treated = [each.column or each.name for each in declared.treatments]
    outcomes = [each.column for each in declared.outcomes]
    causes = list(declared.confounders)
    if declared.kind in (DesignKind.WITHIN, DesignKind.STAGGERED, DesignKind.POLICY):
        causes += [name for name in (declared.data.unit, declared.data.time) if name is not None]
    into = outcomes if declared.kind is DesignKind.RANDOMISED else [*treated, *outcomes]
    return [*((cause, effect) for cause in causes for effect in into), *((t, y) for t in treated for y in outcomes)]


def _quoted(name: str) -> str:
    return name.replace('"', "#quot;")
