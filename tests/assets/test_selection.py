"""Selections: what each expression means."""

from __future__ import annotations

import pytest

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.selection.evaluation import evaluate, parse, select, to_text, uses_status
from tests.assets.looks import GRAPH, LOOK, Look, spec

EVERYTHING = set(GRAPH)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a", {"a"}),
        ("a-b", {"a-b"}),
        ("a - b", {"a"}),
        ("a-b - a", {"a-b"}),
        ("raw/rows", {"raw/rows"}),
        ("größe/über", {"größe/über"}),
        ("*", EVERYTHING),
        ("raw/*", {"raw/rows", "raw/ties", "raw/2026/log"}),
        ("*o*", {"raw/rows", "raw/2026/log", "or"}),
        ("*r*s", {"raw/rows", "raw/ties"}),
        ("nothing*", set()),
        ('"or"', {"or"}),
        ("key:or", {"or"}),
        ('key:"or"', {"or"}),
        ("key:raw/*", {"raw/rows", "raw/ties", "raw/2026/log"}),
        ("And", {"And"}),
        ("a or b", {"a", "b"}),
        ("a OR b", {"a", "b"}),
        ("a,b , c", {"a", "b", "c"}),
        ("a and b", set()),
        ("a AND *", {"a"}),
        ("not *", set()),
        ("NOT (raw/* , a+)", {"And", "or"}),
        ("not not a", {"a"}),
        ("b+1", {"b", "c"}),
        ("1+b", {"a", "b"}),
        ("2+b", {"raw/rows", "a", "b"}),
        ("0+b", {"b"}),
        ("b+0", {"b"}),
        ("+c", {"raw/rows", "raw/ties", "a", "b", "c"}),
        ("c+", {"c", "2", "3", "4", "größe/über"}),
        ("+3+", {"raw/rows", "raw/ties", "a", "b", "c", "2", "3", "4"}),
        ("2+3", {"c", "2", "3"}),  # two steps up from the key 3
        ("2+3+1", {"c", "2", "3", "4"}),
        ("2+", {"2", "3", "4"}),  # the key 2 and what is behind it
        ("2+, a", {"2", "3", "4", "a"}),
        ("(2+)", {"2", "3", "4"}),
        ("+2", {"raw/rows", "raw/ties", "a", "b", "c", "2"}),
        ("1+2", {"c", "2"}),
        ('"2"+1', {"2", "3"}),
        ('1+"2"', {"c", "2"}),
        ("99999999999999999999+b", {"raw/rows", "a", "b"}),
        ("(a or b)+1", {"a", "a-b", "b", "c"}),
        ("1+roots(*)", {"raw/rows", "raw/ties", "raw/2026/log"}),
        ("1+(2 or a)", {"c", "2", "raw/rows", "a"}),
        ("raw/2*+", {"raw/2026/log"}),
        ("group:raw", {"raw/rows", "raw/ties", "raw/2026/log"}),
        ("group:raw/2026", {"raw/2026/log"}),
        ("group:ra", set()),
        ("group:r*", {"raw/rows", "raw/ties", "raw/2026/log"}),
        ("group:*6", {"raw/2026/log"}),
        ('group:"odd group"', {"And", "or"}),
        ('group:"*"', set()),
        ('group:"" and a*', {"a", "a-b"}),
        ("owner:ana@example.org", {"raw/rows"}),
        ("owner:*@example.org", {"raw/rows", "raw/ties"}),
        ("tag:tier", {"raw/ties", "a", "a-b"}),
        ("tag:tier=gold", {"raw/ties", "a"}),
        ("tag:tier=gold*", {"raw/ties", "a", "a-b"}),
        ("tag:t*=golden", {"a-b"}),
        ('tag:"tier"="gold"', {"raw/ties", "a"}),
        ('tag:tier="gold*"', set()),
        ('tag:wide=""', {"a"}),
        ('tag:tier=""', set()),
        ("tag:wide", {"a"}),
        ("kind:source", {"raw/rows", "raw/ties", "raw/2026/log"}),
        ("kind:derived and raw*", set()),
        ("status:missing", {"raw/2026/log"}),
        ("status:stale", {"a", "b"}),
        ("status:failed", {"b", "c"}),
        ("status:fresh and (a or b or c)", {"c"}),
        ("changed:since(1h)", {"a", "c"}),
        ("changed:since( 1m )", {"c"}),
        ('changed:since("2h")', {"a", "b", "c"}),
        ("roots(a or c or 4)", {"a"}),  # through non-members too
        ("sinks(a or c or 4)", {"4"}),
        ("roots(a, And, raw/2026/log)", {"a", "And", "raw/2026/log"}),
        ("sinks(not kind:source) - size*", {"a-b", "4", "And", "or", "größe/über"}),
        ("roots(sinks(*) - 4)+0", {"a-b", "And", "or", "größe/über", "raw/2026/log"}),
        ("a or b and c", {"a"}),  # and binds closer than or
        ("(a or b) and c", set()),
        ("not a and b", {"b"}),  # not binds closer than and
        ("not (a and b) - raw* - a-b", {"a", "b", "c", "2", "3", "4", "And", "or", "größe/über"}),
        ("not a+ and *", EVERYTHING - {"a", "a-b", "b", "c", "2", "3", "4", "größe/über"}),
        ("* - a+ - kind:source", {"And", "or"}),  # from left to right
        ("a+ - (b+ - 3)", {"a", "a-b", "3"}),
        ("a+ - b+ and a", {"a"}),
        ("a or b - b", {"a"}),
        ("\ta\n or\u2003b ", {"a", "b"}),
        ("(a)and(a)or(b)", {"a", "b"}),
        ("((a))", {"a"}),
        (" or ".join(["(not (a))"] * 60 + ["roots(a)"] * 60), EVERYTHING),
    ],
)
def test_expression_selects(text: str, keys: set[str]) -> None:
    assert evaluate(parse(text), GRAPH, LOOK) == GRAPH.in_order(keys)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("* - group:raw or tag:tier=gold", False),
        ("roots(not +a+)", False),
        ("a - status:stale", True),
        ("sinks(not (1+changed:since(1h)))", True),
        ("a, b, status:failed", True),
    ],
)
def test_status_is_asked_only_where_the_expression_names_it(text: str, asks: bool) -> None:
    look = Look()
    expr = parse(text)
    evaluate(expr, GRAPH, look)
    assert (uses_status(expr), bool(look.asked)) == (asks, asks)


def test_key_that_looks_like_a_depth_is_quoted_where_it_walks() -> None:
    assert to_text(parse("2+ or 2 or 1+2")) == '"2"+ or 2 or 1+"2"'


def test_long_chain_needs_no_deep_recursion() -> None:
    chain = " or ".join(["a", "b - c and b"] * 3000)
    assert select(chain, GRAPH, LOOK) == GRAPH.in_order({"a", "b"})
    assert to_text(parse(chain)) == chain


def test_pattern_with_many_stars_is_matched_in_linear_time() -> None:
    graph = AssetGraph((spec("a" * 5000),))
    assert select("a*" * 40 + "b", graph, LOOK, allow_empty=True) == ()
