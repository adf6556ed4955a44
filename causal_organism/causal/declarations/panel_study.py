"""What a study file asks of the organisation's own panel, and the file that ships for who wrote none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from importlib.resources import files

from causal_organism.causal.declarations.codes import DesignKind, Direction
from causal_organism.causal.declarations.declaration import Declaration, Outcome, Treatment, base_column
from causal_organism.causal.declarations.identification import ITSELF
from causal_organism.causal.declarations.parsing import parse_study
from causal_organism.causal.diagram import OUTCOME, SUSPECTED, Diagram
from causal_organism.causal.measures import Measure
from causal_organism.causal.panel_coverage import ON_CALL
from causal_organism.errors import StudyFileError

SHIPPED = "panel_study.toml"
"""The file that ships, beside this module."""
MEASURED = "meet_load_h"
"""The treatment that the panel measures itself."""
PERSON, WEEK = "person", "week"
_LATER = "{} of the week after"


@cache
def shipped_study() -> Declaration:
    """The declaration that holds where nobody wrote another."""
    return parse_panel_study(shipped_text(), name=SHIPPED)


def shipped_text() -> str:
    return files(__package__).joinpath(SHIPPED).read_text(encoding="utf-8")


def parse_panel_study(text: str, *, name: str = "study.toml") -> Declaration:
    """A study file that can be asked of the panel.

    Raises:
        StudyFileError: it does not parse, or asks for what the panel has not.
    """
    declared = parse_study(text, name=name)
    elsewhere = "for other data and designs: organism study run DATA --study FILE"
    if declared.kind is not DesignKind.WITHIN:
        raise StudyFileError(f'{name}: the panel is studied with kind = "{DesignKind.WITHIN}"', hint=elsewhere)
    for each in declared.treatments:
        if each.column is None:
            raise StudyFileError(f"{name}: [treatment.{each.name}] names no column of the panel", hint=elsewhere)
    return declared


def treatment_of(declared: Declaration) -> Treatment:
    return declared.treatments[0]


def held_treatments(declared: Declaration) -> tuple[str, ...]:
    """Columns of the treatments beside the first, which are held equal."""
    return tuple(each.column for each in declared.treatments[1:] if each.column is not None)


def measure_of(declared: Declaration, column: str) -> Measure:
    """What a metric is to people; one that nobody declared can be estimated, but not used to propose."""
    found = next((each for each in declared.outcomes if each.column == column), None)
    if found is None:
        return Measure(name=column, unit="", better=0, least=0.0)
    better = {None: 0, Direction.UP: +1, Direction.DOWN: -1}[found.direction]
    return Measure(name=column, unit=found.unit, better=better, least=found.least or 0.0)


def outcomes_in_order(declared: Declaration, metrics: Collection[str]) -> tuple[str, ...]:
    """The outcomes of a panel's metrics: those declared, in the order of the file but guardrails last; then others.

    What is held equal, a control or a node of the diagram is none.
    """
    ordered = sorted(declared.outcomes, key=lambda each: each.guardrail or each.direction is None)
    columns = [each.column for each in ordered]
    nodes = () if declared.diagram is None else declared.diagram.nodes
    taken = {*columns, *nodes, *map(base_column, declared.confounders)}
    taken |= {MEASURED, *(each.column or MEASURED for each in declared.treatments)}
    taken |= {ON_CALL, *declared.negative_outcomes, *declared.negative_treatments}
    return (*(name for name in columns if name in metrics), *sorted(set(metrics) - taken))


def declared_outcome(declared: Declaration, column: str) -> Outcome:
    """As it is declared; an undeclared metric is an outcome that nobody described."""
    return next((each for each in declared.outcomes if each.column == column), Outcome(name=column, column=column))


def diagram_for(declared: Declaration, column: str) -> Diagram | None:
    """The diagram of one outcome in the week after the treatment; without one, what the file takes for granted.

    None: the declared diagram does not have this outcome.

    The outcome is called OUTCOME in it; other outcomes that have a node are what they are a week later, so unmeasured.
    """
    if declared.diagram is None:
        edges, latent = _assumed_edges(declared), frozenset[str]()
    else:
        edges, latent = declared.diagram.edges, declared.diagram.latent
    nodes = {node for edge in edges for node in edge}
    if not nodes & {column, OUTCOME}:
        return None
    others = {each.column for each in declared.outcomes if each.column in nodes} - {column}
    names = {name: _LATER.format(name) for name in others}
    names |= {column: OUTCOME} if column in nodes else {}
    names |= {name: PERSON for name in (declared.data.unit, ITSELF[0]) if name in nodes}
    names |= {name: WEEK for name in (declared.data.time, ITSELF[2]) if name in nodes}
    renamed = tuple(dict.fromkeys((names.get(cause, cause), names.get(effect, effect)) for cause, effect in edges))
    return Diagram(
        edges=renamed, treatment=MEASURED, outcome=OUTCOME, absorbed=frozenset({PERSON, WEEK}),
        latent=latent | {names[name] for name in others}, suspected=SUSPECTED,
    )  # fmt: skip


def hold_on_call(
    diagram: Diagram, confounders: tuple[str, ...], varying: Collection[str]
) -> tuple[Diagram, tuple[str, ...]]:
    """The diagram and what is held equal, with who is on call wherever that is known: it moves meetings and what is
    done beside them. A file that has it in its diagram decides for itself. `varying`: columns that vary."""
    if ON_CALL not in varying or ON_CALL in diagram.nodes:
        return diagram, confounders
    edges = (*diagram.edges, (ON_CALL, diagram.treatment), (ON_CALL, diagram.outcome))
    return replace(diagram, edges=edges), (*confounders, ON_CALL) if confounders else ()


def hold_treatments(
    diagram: Diagram, confounders: tuple[str, ...], others: tuple[str, ...]
) -> tuple[Diagram, tuple[str, ...]]:
    """The diagram and what is held equal, with the other treatments, none of which this one may cause."""
    causes = tuple((other, end) for other in others for end in (diagram.treatment, diagram.outcome))
    edges = tuple(dict.fromkeys((*diagram.edges, *causes)))
    held = tuple(dict.fromkeys((*confounders, *others))) if confounders else ()
    return replace(diagram, edges=edges), held


def _assumed_edges(declared: Declaration) -> tuple[tuple[str, str], ...]:
    held = (*(base_column(name) for name in declared.confounders), *held_treatments(declared))
    causes = (PERSON, WEEK, *dict.fromkeys(held))
    return (*((cause, end) for cause in causes for end in (MEASURED, OUTCOME)), (MEASURED, OUTCOME))


def with_group(declared: Declaration, min_group: int) -> Declaration:
    """The same where nothing is said of groups that are smaller than this either."""
    return replace(declared, min_group=max(declared.min_group, min_group))
