"""Selections that are refused: what is told, where, and what to type instead."""

from __future__ import annotations

import pytest

from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.selection.evaluation import parse, select
from causal_organism.errors import SelectionError
from tests.assets.looks import GRAPH, LOOK, spec


@pytest.mark.parametrize(
    ("text", "column", "part"),
    [
        ("a b", 3, "side by side"),
        ("a (b)", 3, "side by side"),
        ("(a)(b)", 4, "side by side"),
        ('a"b"', 2, "side by side"),
        ("a -b", 3, "side by side"),
        ("a+b", 3, "side by side"),
        ("a + b", 3, "side by side"),
        ("+ a", 1, "touches nothing"),
        ("+", 1, "touches nothing"),
        ("a +b", 3, "side by side"),
        ("a+1b", 3, "side by side"),
        ("roots (a)", 7, "side by side"),
        ("a- b", 4, "side by side"),
        ("(a)- b", 4, "neither"),
        ("(a) -(b)", 5, "neither"),
        ("a++", 3, "one '+' on each side"),
        ("++a", 1, "touches nothing"),
        ("a+1+", 4, "one '+' on each side"),
        ("(a", 1, "never closed"),
        ("a and (b or (c)", 7, "never closed"),
        ("roots(a", 6, "never closed"),
        ("a)", 2, "closes nothing"),
        (")", 1, "missing before ')'"),
        ("()", 2, "missing before ')'"),
        ("roots()", 7, "missing before ')'"),
        ("a and", 6, "missing at the end"),
        ("a - ", 5, "missing at the end"),
        ("not", 4, "missing at the end"),
        ("and a", 1, "missing before 'and'"),
        ("- a", 1, "missing before '-'"),
        ("a or or b", 6, "missing before 'or'"),
        ("a,,b", 3, "missing before ','"),
        ("a,", 3, "missing at the end"),
        ("a and AND", 7, "missing before 'AND'"),
        ("a and colour:red", 7, "no attribute 'colour'"),
        ("Tag:x", 1, "no attribute 'Tag'"),
        (":x", 1, "no attribute ''"),
        ("leaves(a)", 1, "no function 'leaves'"),
        ("since(1h)", 1, "no function 'since'"),
        ("status:old", 8, "no status 'old'"),
        ("kind:view", 6, "no kind 'view'"),
        ("tag:k=", 7, "behind '='"),
        ("tag:k= v", 7, "behind '='"),
        ("tag:", 5, "behind tag"),
        ("tag:=v", 5, "behind tag"),
        ("group: a", 7, "behind group"),
        ("key:", 5, "behind key"),
        ("changed:1h", 9, "since"),
        ("changed:since", 9, "since"),
        ("changed:since()", 15, "behind since"),
        ("changed:since(1 h)", 17, "side by side"),
        ("changed:since(yesterday)", 15, "not a valid duration"),
        ("changed:since(9999999w)", 15, "hundred years"),
        ("changed:since(1h", 14, "never closed"),
        ("a and 'b'", 7, "cannot stand in a key"),
        ("a&b", 2, "cannot stand in a key"),
        ("key:a:b", 6, "cannot stand in a key"),
        ('a or "b', 6, "never closed"),
        ('"a\\', 1, "never closed"),
        ('"a\\n"', 3, "backslash"),
        ("(" * 51 + "a", 51, "levels"),
        ("not " * 51 + "a", 201, "levels"),
    ],
)
def test_error_says_what_and_where(text: str, column: int, part: str) -> None:
    with pytest.raises(SelectionError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.column) == ("selection-syntax", column)
    message, shown, caret = caught.value.message.split("\n")
    assert part in message or part in (caught.value.hint or "")
    assert shown == f"  {text}"
    assert caret == " " * (column + 1) + "^"


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_empty_expression_is_an_error_without_a_column(text: str) -> None:
    with pytest.raises(SelectionError, match="empty") as caught:
        select(text, GRAPH, LOOK, allow_empty=True)
    assert (caught.value.code, caught.value.column) == ("selection-syntax", None)


def test_caret_stands_under_the_place_behind_wide_and_control_characters() -> None:
    with pytest.raises(SelectionError) as caught:
        parse('"組織\x1b[31m" b')
    assert caught.value.message.split("\n")[1:] == ['  "組織 [31m" b', " " * 14 + "^"]


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("raw/row", 1, "raw/rows"),
        ("a or  raw/tie+", 7, "raw/ties"),
        ('a or "a*b"', 6, "a-b"),
        ("key:raw/row", 5, "raw/rows"),
        ("not And and 2+größe/uber", 15, "größe/über"),
        ("raw/", 1, "raw/"),
        ("And2", 1, "And"),
    ],
)
def test_unknown_key_is_an_error_with_the_nearest_names(text: str, column: int, hint: str) -> None:
    with pytest.raises(SelectionError) as caught:
        select(text, GRAPH, LOOK, allow_empty=True)
    assert (caught.value.code, caught.value.column, caught.value.exit_code) == ("unknown-asset", column, 2)
    assert hint in (caught.value.hint or "")
    assert caught.value.message.split("\n")[1:] == [f"  {text}", " " * (column + 1) + "^"]


@pytest.mark.parametrize(
    ("text", "column", "offered"),
    [
        ("+raw", 2, ("+raw/*", "+group:raw")),
        ("a or key:raw+ - b", 10, ("a or raw/*+ - b", "a or group:raw+ - b")),
        ('not "raw" and a', 5, ("not raw/* and a", "not group:raw and a")),
        ("raw/2026", 1, ("raw/2026/*", "group:raw/2026")),
        ("1+groß", 3, ("1+group:groß",)),
        ('"sehr groß"', 1, ('group:"sehr groß"',)),
        ("teil", 1, ("teil/*",)),
    ],
)
def test_a_name_that_begins_keys_or_is_a_group_is_no_guess_but_both_are_offered(
    text: str, column: int, offered: tuple[str, ...]
) -> None:
    assets = (
        spec("a"), spec("b", "a"), spec("raw/2026/log"), spec("raw/rows"), spec("c", "a", group="groß"),
        spec("d", group="sehr groß"), spec("teil/e", group=""),
    )  # fmt: skip
    graph = AssetGraph(assets)
    with pytest.raises(SelectionError) as caught:
        select(text, graph, LOOK)
    assert (caught.value.code, caught.value.column) == ("unknown-asset", column)
    all_of, _, near = (caught.value.hint or "").partition("; ")
    assert all_of.partition(": ")[2] == " or ".join(offered)
    assert near.startswith("did you mean ") or near == "`organism assets` lists them all"
    for each in offered:
        assert select(each, graph, LOOK)


def test_a_name_that_begins_one_key_names_that_key_too() -> None:
    graph = AssetGraph((spec("interventions/proposals"),))
    with pytest.raises(SelectionError) as caught:
        select("+interventions", graph, LOOK)
    assert caught.value.hint == (
        'all of "interventions": +interventions/* or +group:interventions; did you mean interventions/proposals?'
    )


def test_selection_of_nothing_is_an_error_unless_allowed() -> None:
    with pytest.raises(SelectionError, match="selects nothing") as caught:
        select("a - *", GRAPH, LOOK)
    assert (caught.value.code, caught.value.column) == ("selection-empty", None)
    assert select("a - *", GRAPH, LOOK, allow_empty=True) == ()
    with pytest.raises(SelectionError):
        select("*", AssetGraph(()), LOOK)
