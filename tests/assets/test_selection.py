"""Selections: the grammar, its errors, and what each expression means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causal_organism.assets.definitions import DERIVED, SOURCE, AssetSpec
from causal_organism.assets.graph import AssetGraph
from causal_organism.assets.selection import evaluate, parse, select, to_text, uses_status
from causal_organism.assets.selection_syntax import (
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

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Look:
    """A look with known answers; `asked` lists the questions."""

    statuses: dict[str, str] = field(default_factory=dict)
    failures: frozenset[str] = frozenset()
    changes: dict[str, datetime] = field(default_factory=dict)
    now: datetime = NOW
    asked: list[str] = field(default_factory=list)

    def status(self, key: str) -> str:
        self.asked.append(key)
        return self.statuses.get(key, "fresh")

    def failed(self, key: str) -> bool:
        self.asked.append(key)
        return key in self.failures

    def changed_at(self, key: str) -> datetime | None:
        self.asked.append(key)
        return self.changes.get(key)


def spec(key: str, *upstream: str, **more: object) -> AssetSpec:
    kind = SOURCE if not upstream else DERIVED
    group = more.pop("group", key.rpartition("/")[0])
    return AssetSpec(key=key, kind=kind, reads={f"p{i}": k for i, k in enumerate(upstream)}, group=group, **more)  # type: ignore[arg-type]


GRAPH = AssetGraph(
    (
        spec("raw/rows", owners=("ana@example.org",)),
        spec("raw/ties", owners=("bo@example.org",), tags={"tier": "gold"}),
        spec("raw/2026/log"),
        spec("a", "raw/rows", tags={"tier": "gold", "wide": ""}),
        spec("a-b", "a", tags={"tier": "golden"}),
        spec("b", "a"),
        spec("c", "b", "raw/ties"),
        spec("2", "c"),
        spec("3", "2"),
        spec("4", "3"),
        spec("And", "raw/ties", group="odd group/inner"),
        spec("or", "raw/ties", group="odd group"),
        spec("größe/über", "c"),
    )
)
LOOK = Look(
    statuses={"raw/2026/log": "missing", "a": "stale", "b": "stale"},
    failures=frozenset({"b", "c"}),
    changes={"a": NOW - timedelta(minutes=60), "b": NOW - timedelta(minutes=61), "c": NOW - timedelta(seconds=5)},
)
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
        ("changed:since(yesterday)", 15, "no duration"),
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


# ---------------------------------------------------------------- laws

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


@settings(max_examples=400, deadline=None)
@given(st.recursive(atoms, compound, max_leaves=8))
def test_parsing_the_text_gives_the_expression_back(expr: Expr) -> None:
    assert parse(to_text(expr)) == expr


FRAGMENTS = (
    *(
        "a",
        "b",
        "2",
        "+",
        "-",
        " - ",
        " ",
        ",",
        "(",
        ")",
        "and",
        "or ",
        " not",
        '"',
        "\\",
        "*",
        ":",
        "=",
        "tag:",
        "key:",
    ),
    *("status:", "changed:since(", "1h", "roots(", "1+", "+3", "é", "\n", "/", "'", "kind:source", "group:"),
)


@settings(max_examples=800, deadline=None)
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


def reference(expr: Expr, graph: AssetGraph, look: Look) -> set[str]:
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


@settings(max_examples=250, deadline=None)
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
