"""Selections: parsing and evaluation hold for any expression, any text and any graph."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.selection.evaluation import evaluate, parse, to_text
from causal_organism.assets.selection.syntax import (
    LONGEST_AGE,
    ChangedSince,
    Either,
    Expr,
    Group,
    Key,
    Kind,
    Match,
    Narrowed,
    Not,
    Owner,
    Pattern,
    Roots,
    Sinks,
    Status,
    Step,
    Tag,
    Walk,
)
from causal_organism.errors import SelectionError
from tests.assets.looks import Look, spec
from tests.examples import examples

_KEY_CHARACTERS = st.sampled_from("ab2-._/é")
keys = st.text(_KEY_CHARACTERS, min_size=1, max_size=4) | st.sampled_from(["and", "OR", "not", "-", "2", "a b", '"\\'])
words = st.text(st.sampled_from('ab2*+=:" \\(),é'), max_size=5)
patterns = st.tuples(st.text(_KEY_CHARACTERS, max_size=2), st.text(_KEY_CHARACTERS, max_size=2)).map("*".join)
bare_patterns = st.text(st.sampled_from("ab*:@\\"), max_size=3).map(lambda text: f"{text}*")
matches = st.builds(Match, words) | st.builds(Match, bare_patterns, st.just(True))
ages = st.timedeltas(timedelta(0), LONGEST_AGE) | st.integers(0, 200).map(lambda hours: timedelta(hours=hours))
steps_away = st.none() | st.integers(0, 3) | st.just(10**9)

atoms: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Key, keys),
    st.builds(Pattern, patterns),
    st.builds(Group, matches),
    st.builds(Tag, matches, st.none() | matches),
    st.builds(Owner, matches),
    st.builds(Kind, st.sampled_from(["source", "derived"])),
    st.builds(Status, st.sampled_from(["missing", "stale", "fresh", "failed"])),
    st.builds(ChangedSince, ages),
)


def compound(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    narrowing = st.lists(st.builds(Step, st.booleans(), inner), min_size=1, max_size=3).map(tuple)
    walks = st.tuples(inner, steps_away, steps_away).filter(lambda each: each[1:] != (0, 0))
    return st.deferred(  # deferred, since the text of nested strategies grows without end
        lambda: st.one_of(
            st.builds(Roots, inner),
            st.builds(Sinks, inner),
            st.builds(Not, inner),
            walks.map(lambda each: Walk(*each)),
            st.builds(Narrowed, inner, narrowing),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: Either(tuple(parts))),
        )
    )


@examples(400)
@given(st.recursive(atoms, compound, max_leaves=8))
def test_parsing_the_text_gives_the_expression_back(expr: Expr) -> None:
    assert parse(to_text(expr)) == expr


FRAGMENTS = (
    "a", "b", "2", "+", "-", " - ", " ", ",", "(", ")", "and", "or ", " not", '"', "\\", "*", ":", "=", "tag:", "key:",
    "status:", "changed:since(", "1h", "roots(", "1+", "+3", "é", "\n", "/", "'", "kind:source", "group:",
)  # fmt: skip


@examples(800)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=9).map("".join))
def test_any_text_is_an_expression_or_an_error_that_points_inside(text: str) -> None:
    try:
        expr = parse(text)
    except SelectionError as error:
        assert error.column is None if not text.strip() else error.column in range(1, len(text) + 2)
    else:
        assert parse(to_text(expr)) == expr


NAMES = ("a", "b", "c", "d", "e", "f", "g/h", "g/i")


@st.composite
def graphs(draw: st.DrawFn) -> AssetGraph:
    specs: list[AssetSpec] = []
    for index, key in enumerate(draw(st.permutations(NAMES))):
        known = [each.key for each in specs]
        upstream = draw(st.lists(st.sampled_from(known), unique=True, max_size=2)) if index else []
        specs.append(spec(key, *upstream, tags=draw(st.sampled_from([{}, {"t": ""}, {"t": "v"}]))))
    return AssetGraph(specs)


known_atoms: st.SearchStrategy[Expr] = st.one_of(
    st.sampled_from(NAMES).map(Key),
    st.sampled_from(["*", "g/*", "*h"]).map(Pattern),
    st.just(Group(Match("g"))),
    st.sampled_from([Tag(Match("t")), Tag(Match("t"), Match("v"))]),
    st.sampled_from(["source", "derived"]).map(Kind),
    st.sampled_from(["stale", "failed"]).map(Status),
)


def reference(expr: Expr, graph: AssetGraph, look: Look) -> set[str]:  # noqa: C901, PLR0912 - one case a type
    """What each form means, as directly as it can be said."""

    def of(inner: Expr) -> set[str]:
        return reference(inner, graph, look)

    def ancestors(key: str) -> set[str]:
        return {found for up in graph[key].upstream for found in {up, *ancestors(up)}}

    def near(key: str, start: set[str], steps: int | None) -> set[str]:
        """Those of which `key` is at most so many steps above."""
        found = {key} & start
        if steps == 0:
            return found
        readers = {each for each in graph if key in graph[each].upstream}
        return found.union(*(near(each, start, None if steps is None else steps - 1) for each in readers))

    def near_below(key: str, start: set[str], steps: int | None) -> set[str]:
        found = {key} & start
        if steps == 0:
            return found
        rest = None if steps is None else steps - 1
        return found.union(*(near_below(each, start, rest) for each in graph[key].upstream))

    match expr:
        case Key(key):
            return {key}
        case Pattern(text):
            return {
                key for key in graph if text == "*" or (text == "g/*" and key[:2] == "g/") or key[-1:] == text[1:] != ""
            }
        case Group():
            return {"g/h", "g/i"}
        case Tag(_, None):
            return {key for key in graph if "t" in graph[key].tags}
        case Tag(_, _):
            return {key for key in graph if graph[key].tags.get("t") == "v"}
        case Kind(kind):
            return {key for key in graph if bool(graph[key].upstream) == (kind == "derived")}
        case Status("failed"):
            return set(look.failures)
        case Status(_):
            return set(look.statuses)
        case Not(inner):
            return set(graph) - of(inner)
        case Roots(inner):
            return {key for key in of(inner) if not ancestors(key) & of(inner)}
        case Sinks(inner):
            return {key for key in of(inner) if not any(key in ancestors(other) for other in of(inner))}
        case Walk(inner, up, down):
            start = of(inner)
            return {key for key in graph if near(key, start, up) or near_below(key, start, down)}
        case Either(parts):
            return set().union(*map(of, parts))
        case Narrowed(first, narrowing):
            kept = of(first)
            for step in narrowing:
                kept = {key for key in kept if (key in of(step.of)) is not step.less}
            return kept
        case _:
            raise AssertionError(expr)


@examples(250)
@given(
    graphs(),
    st.recursive(known_atoms, compound, max_leaves=6),
    st.frozensets(st.sampled_from(NAMES)),
    st.frozensets(st.sampled_from(NAMES)),
)
def test_evaluation_agrees_with_the_naive_reading(
    graph: AssetGraph, expr: Expr, stale: frozenset[str], failures: frozenset[str]
) -> None:
    look = Look(statuses=dict.fromkeys(stale, "stale"), failures=failures)
    assert evaluate(expr, graph, look) == graph.in_order(reference(expr, graph, look))


@given(st.sampled_from(["a", "b", "c"]), st.sampled_from(["a", "b", "c"]), st.sampled_from(["a", "b", "c"]))
def test_operators_bind_not_then_and_then_or(x: str, y: str, z: str) -> None:
    assert parse(f"{x} or {y} and not {z}+") == Either(
        (Key(x), Narrowed(Key(y), (Step(False, Not(Walk(Key(z), 0, None))),)))
    )
    assert parse(f"{x} - {y} and {z}, {x}") == Either(
        (Narrowed(Key(x), (Step(True, Key(y)), Step(False, Key(z)))), Key(x))
    )
