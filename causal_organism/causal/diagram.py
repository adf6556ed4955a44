"""The causal diagram: what is assumed to cause what, and what therefore has to be adjusted for.

Written as edges, one `cause -> effect` each. OUTCOME stands for the outcome that is studied, in the week after the
treatment. It is reviewed like code: a change here changes every conclusion.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from causal_organism.errors import RequestError

OUTCOME = "OUTCOME"
EDGE = re.compile(r"(\w+)\s*->\s*(\w+)")

SUSPECTED = ("private events -> meet_load_h, OUTCOME", "quality of the manager -> meet_load_h, OUTCOME")
"""Believed, not measured, and so not in the diagram: why no estimate from it is graded better than C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """Edges without a circle. `absorbed` nodes are adjusted for by comparing each person and week with itself;
    `latent` nodes are declared to be unmeasured, so that a misspelt column cannot become one in silence."""

    edges: tuple[tuple[str, str], ...]
    treatment: str = "meet_load_h"
    outcome: str = OUTCOME
    absorbed: frozenset[str] = frozenset({"person", "week"})
    latent: frozenset[str] = field(default_factory=frozenset)
    suspected: tuple[str, ...] = SUSPECTED

    def __post_init__(self) -> None:
        circle = find_circle(self.edges)
        if circle:
            raise RequestError(f"the causal diagram goes in a circle: {' -> '.join(circle)}")
        for node in (self.treatment, self.outcome):
            if node not in self.nodes:
                raise RequestError(f"the causal diagram has no {node}", hint=f"it has {', '.join(self.nodes)}")

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(sorted({node for edge in self.edges for node in edge}))

    def descendants(self, node: str) -> frozenset[str]:
        """Everything that the node is a cause of; not itself."""
        return _reached(self.edges, {node}) - {node}

    def ancestors(self, nodes: Iterable[str]) -> frozenset[str]:
        """The nodes and all their causes."""
        return _reached([(effect, cause) for cause, effect in self.edges], set(nodes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Columns to adjust for. With any `problems` (reason codes with names) the effect cannot be identified."""

    controls: tuple[str, ...]
    problems: tuple[str, ...] = ()


def parse_diagram(text: str, *, latent: frozenset[str] = frozenset()) -> Diagram:
    """A diagram from `cause -> effect` pairs, any number to a line; `#` begins a comment."""
    return Diagram(edges=parse_edges(text), latent=latent)


def parse_edges(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of cause and effect that a text writes down, in its order."""
    edges: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0]
        edges.extend((cause, effect) for cause, effect in EDGE.findall(line))
        if rest := EDGE.sub("", line).strip():
            raise RequestError(f"line {number} of the causal diagram: {rest!r} is no `cause -> effect`")
    return tuple(edges)


def find_circle(edges: Iterable[tuple[str, str]]) -> list[str]:
    """One circle as a path that ends where it began; empty if there is none."""
    order = TopologicalSorter[str]()
    for cause, effect in sorted(edges):
        order.add(effect, cause)
    try:
        order.prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][1:]
        first = circle.index(min(circle))
        return [*circle[first:], *circle[: first + 1]]
    return []


def choose_adjustment(diagram: Diagram, columns: Collection[str], wanted: tuple[str, ...] = ()) -> Adjustment:
    """What to adjust for: `wanted`, or, where that is nothing, of the columns that there are all measured causes of
    treatment or outcome but what the treatment itself causes (van der Zander et al. 2014: it suffices if any set does).
    """
    problems = [f"variable-missing: {name}{hint}" for name, hint in missing_variables(diagram, columns)]
    if wanted:
        controls = tuple(sorted(name for name in wanted if name in columns))
        problems += [f"variable-missing: {each}" for each in wanted if each not in (*columns, *diagram.nodes)]
        problems += [] if is_identified(diagram, [name.removesuffix("^2") for name in controls]) else ["not-identified"]
        return Adjustment(controls=controls, problems=tuple(problems))
    causes = diagram.ancestors((diagram.treatment, diagram.outcome)) - {diagram.treatment, diagram.outcome}
    usable = causes - diagram.descendants(diagram.treatment) - diagram.latent - diagram.absorbed
    controls = tuple(sorted(name for name in usable if name in columns))
    if not is_identified(diagram, controls):
        problems.append("not-identified")
    return Adjustment(controls=controls, problems=tuple(problems))


def is_identified(diagram: Diagram, controls: Iterable[str]) -> bool:
    """Whether adjusting for these (and what is absorbed) blocks every back door and nothing else."""
    given = frozenset(controls) | diagram.absorbed
    if bad_controls(diagram, given):
        return False
    backdoor = [edge for edge in diagram.edges if edge[0] != diagram.treatment]
    return is_separated(backdoor, diagram.treatment, diagram.outcome, given)


def bad_controls(diagram: Diagram, controls: Iterable[str]) -> tuple[str, ...]:
    """Those that the treatment itself causes: mediators and colliders."""
    return tuple(sorted(set(controls) & diagram.descendants(diagram.treatment)))


def missing_variables(diagram: Diagram, columns: Collection[str]) -> list[tuple[str, str]]:
    """(variable, hint) that the diagram names, that no column holds, and that is not declared latent."""
    known = diagram.absorbed | diagram.latent | {diagram.outcome}
    missing = [name for name in diagram.nodes if name not in known and name not in columns]
    near = {name: difflib.get_close_matches(name, sorted(columns), n=1, cutoff=0.8) for name in missing}
    return [(name, f" (is it {near[name][0]}?)" if near[name] else "") for name in missing]


def is_separated(edges: Iterable[tuple[str, str]], one: str, other: str, given: Collection[str]) -> bool:
    """Whether `given` d-separates the two."""
    import networkx as nx  # 0.2 s

    graph = nx.DiGraph(list(edges))
    graph.add_nodes_from((one, other))
    return bool(nx.is_d_separator(graph, one, other, set(given) & set(graph)))


def _reached(edges: Iterable[tuple[str, str]], start: set[str]) -> frozenset[str]:
    step: dict[str, set[str]] = {}
    for tail, head in edges:
        step.setdefault(tail, set()).add(head)
    reached, edge = set(start), set(start)
    while edge:
        edge = {head for tail in edge for head in step.get(tail, ())} - reached
        reached |= edge
    return frozenset(reached)
