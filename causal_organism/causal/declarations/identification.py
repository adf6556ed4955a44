"""What a declaration alone decides: one source for treatment and outcome, and what the diagram lets be known."""

from __future__ import annotations

from dataclasses import replace

from causal_organism.causal.declarations.codes import DesignKind, Reason
from causal_organism.causal.declarations.declaration import Declaration, Outcome, Treatment, base_column
from causal_organism.causal.diagram import OUTCOME, Diagram, bad_controls, is_identified

ITSELF = ("unit", "person", "time")
"""What a diagram may call units and times, beside the names of their columns."""


def declared_problems(declared: Declaration, treatment: Treatment, outcome: Outcome) -> tuple[Reason, ...]:
    """Why an effect is refused whatever the data say.

    With a diagram, the confounders have to block every back door and hold nothing equal that the treatment moves;
    units and times are held equal where the design compares units with themselves.
    """
    found = []
    if treatment.source is not None and treatment.source == outcome.source:
        found.append(Reason.SAME_SOURCE)
    if declared.diagram is not None and declared.kind is not DesignKind.RANDOMISED and treatment.column is not None:
        held = held_equal(declared, treatment)
        diagram = replace(declared.diagram, treatment=treatment.column, outcome=_node(declared.diagram, outcome))
        if not is_identified(diagram, held):
            found.append(Reason.NOT_IDENTIFIED)
    return tuple(found)


def harmful_controls(declared: Declaration, treatment: Treatment) -> tuple[str, ...]:
    """Confounders that the diagram says the treatment causes: holding them equal hides a part of the effect."""
    if declared.diagram is None or treatment.column is None:
        return ()
    return bad_controls(replace(declared.diagram, treatment=treatment.column), held_equal(declared, treatment))


def _node(diagram: Diagram, outcome: Outcome) -> str:
    """The outcome's own node; else the one that stands for every outcome."""
    return outcome.column if outcome.column in diagram.nodes else OUTCOME


def held_equal(declared: Declaration, treatment: Treatment) -> frozenset[str]:
    """Nodes of the diagram that the design holds equal."""
    assert declared.diagram is not None
    held = {base_column(name) for name in declared.confounders}
    held |= {each.column for each in declared.treatments if each.column is not None and each != treatment}
    if declared.kind in (DesignKind.WITHIN, DesignKind.STAGGERED, DesignKind.POLICY):
        held |= {name for name in (declared.data.unit, declared.data.time, *ITSELF) if name is not None}
    return frozenset(held & set(declared.diagram.nodes))
