from __future__ import annotations

from itertools import pairwise
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.causal.declarations.panel_study import diagram_for, shipped_study
from causal_organism.causal.diagram import (
    Diagram,
    bad_controls,
    choose_adjustment,
    find_circle,
    is_identified,
    is_separated,
    parse_diagram,
)
from causal_organism.errors import RequestError


def shipped() -> Diagram:
    found = diagram_for(shipped_study(), "focus_h")
    assert found is not None
    return found


SHIPPED = shipped_study().diagram
assert SHIPPED is not None
EDGES = "\n".join(f"{cause} -> {effect}" for cause, effect in SHIPPED.edges) + "\n"
COLUMNS = ("meet_load_h", "assigned_load", "deadline", "degree_prev", "degree", "focus_h_next")


def test_the_measured_causes_of_treatment_or_outcome_are_adjusted_for_and_no_mediator() -> None:
    found = choose_adjustment(shipped(), COLUMNS)
    assert found.controls == ("assigned_load", "deadline", "degree_prev")
    assert found.problems == ()


def test_a_hidden_common_cause_leaves_the_effect_unidentified() -> None:
    diagram = parse_diagram(EDGES + "U -> meet_load_h  U -> OUTCOME", latent=frozenset({"U"}))
    assert choose_adjustment(diagram, COLUMNS).problems == ("not-identified",)


def test_a_misspelt_column_is_named_and_never_becomes_latent_in_silence() -> None:
    columns = ("meet_load_h", "assigned_laod", "deadline", "degree_prev", "degree")
    problems = choose_adjustment(shipped(), columns).problems
    assert problems == ("variable-missing: assigned_load (is it assigned_laod?)", "not-identified")


@pytest.mark.parametrize(
    ("controls", "identified"),
    [
        (("assigned_load", "deadline", "degree_prev"), True),
        (("assigned_load", "deadline"), False),
        (("assigned_load", "deadline", "degree_prev", "degree"), False),
        ((), False),
    ],
)
def test_an_adjustment_set_is_judged(controls: Any, identified: Any) -> None:
    assert is_identified(shipped(), controls) is identified


def test_mediators_and_colliders_are_bad_controls() -> None:
    diagram = parse_diagram(EDGES + "OUTCOME -> pulse_response\n meet_load_h -> pulse_response")
    assert bad_controls(diagram, ("degree", "pulse_response", "deadline")) == ("degree", "pulse_response")


def test_a_circle_is_refused_and_shown() -> None:
    with pytest.raises(RequestError, match="a -> b -> c -> a"):
        parse_diagram("meet_load_h -> OUTCOME  a -> b  b -> c  c -> a")


def test_a_line_that_is_no_edge_is_refused_with_its_number() -> None:
    with pytest.raises(RequestError, match="line 2"):
        parse_diagram("meet_load_h -> OUTCOME # fine\n a => b")


def test_a_diagram_needs_treatment_and_outcome() -> None:
    with pytest.raises(RequestError, match="meet_load_h"):
        parse_diagram("a -> OUTCOME")


NODES = "abcdef"
DAGS = st.sets(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda edge: edge[0] < edge[1]), max_size=12
)


@given(DAGS, st.sets(st.sampled_from("bcde")))
def test_separation_is_that_of_networkx(edges: Any, given_nodes: Any) -> None:
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(NODES)
    assert is_separated(sorted(edges), "a", "f", given_nodes) == nx.is_d_separator(graph, {"a"}, {"f"}, given_nodes)


@given(st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=12))
def test_circles_are_found_where_there_are_any(edges: Any) -> None:
    circle = find_circle(sorted(edges))
    assert bool(circle) != nx.is_directed_acyclic_graph(nx.DiGraph(edges))
    assert all(pair in edges for pair in pairwise(circle))
