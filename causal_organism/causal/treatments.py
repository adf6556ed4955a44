"""The panel and its study as one treatment of several sees them: it stands first, and the others are held equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from causal_organism.causal.declarations.declaration import Declaration, Treatment, base_column
from causal_organism.causal.declarations.panel_study import MEASURED
from causal_organism.causal.diagram import Diagram
from causal_organism.causal.within import Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentView:
    """`panel` and `declared` have the treatment where the meeting hours are, and these where it was. `missing`: the
    panel has no such column. `column`: its name in the panel as it is."""

    treatment: Treatment
    column: str
    panel: Columns
    declared: Declaration
    missing: bool


def by_treatment(panel: Columns, declared: Declaration) -> Iterator[TreatmentView]:
    """One for each declared treatment, in the order of the file."""
    for treatment in declared.treatments:
        column = treatment.column or MEASURED
        swap = _swap(column)
        missing = column not in panel or not np.isfinite(np.asarray(panel[column], dtype=np.float64)).any()
        seen = panel if column == MEASURED else {swap(name): values for name, values in panel.items()}
        yield TreatmentView(
            treatment=treatment, column=column, panel=seen, declared=_declared(declared, treatment, swap),
            missing=missing,
        )  # fmt: skip


def of_treatment(effects: Columns, column: str) -> Columns:
    """The rows of one treatment; all of them, where they do not say which they are."""
    if "treatment" not in effects:
        return effects
    inside = effects["treatment"].astype(str) == column
    return {name: values[inside] for name, values in effects.items()}


def _swap(column: str) -> Callable[[str], str]:
    names = {column: MEASURED, MEASURED: column}
    return lambda name: names.get(name, name)


def _declared(declared: Declaration, treatment: Treatment, swap: Callable[[str], str]) -> Declaration:
    def renamed(each: Treatment) -> Treatment:
        return replace(each, column=swap(each.column or MEASURED))

    def confounder(name: str) -> str:
        base = base_column(name)
        return swap(base) + name.removeprefix(base)

    others = tuple(each for each in declared.treatments if each is not treatment)
    return replace(
        declared,
        treatments=tuple(map(renamed, (treatment, *others))),
        confounders=tuple(confounder(name) for name in declared.confounders if confounder(name) != MEASURED),
        outcomes=tuple(replace(each, column=swap(each.column)) for each in declared.outcomes),
        negative_outcomes=tuple(map(swap, declared.negative_outcomes)),
        negative_treatments=tuple(map(swap, declared.negative_treatments)),
        diagram=None if declared.diagram is None else _diagram(declared.diagram, swap),
    )


def _diagram(diagram: Diagram, swap: Callable[[str], str]) -> Diagram:
    return replace(
        diagram,
        edges=tuple((swap(cause), swap(effect)) for cause, effect in diagram.edges),
        treatment=swap(diagram.treatment),
        outcome=swap(diagram.outcome),
        latent=frozenset(map(swap, diagram.latent)),
    )
