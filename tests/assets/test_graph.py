"""The asset graph: order, walks, and one clear error per mistake."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.checks import input_fresh, row_count
from causal_organism.assets.definitions import AssetSpec, Output, asset, source
from causal_organism.assets.graph import AssetGraph, graph_of
from causal_organism.errors import GraphError, RequestError


def spec(key: str, *reads: str) -> AssetSpec:
    return AssetSpec(key=key, kind="derived", reads={f"p{at}": each for at, each in enumerate(reads)}, defined_at="m:1")


def test_order_is_topological_with_ties_by_key() -> None:
    graph = AssetGraph([spec("d", "b", "c"), spec("c", "a"), spec("b", "a"), spec("a"), spec("0")])
    assert graph.order == ("0", "a", "b", "c", "d")


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ([spec("a"), spec("a")], "two assets have the key 'a'"),
        ([spec("a", "nowhere")], "reads 'nowhere', which is not an asset"),
        ([spec("a", "b"), spec("b", "c"), spec("c", "a")], "in a circle: a -> b -> c"),
        ([spec("a", "a")], "in a circle: a"),
    ],
)
def test_each_mistake_has_one_clear_error(specs: list[AssetSpec], message: str) -> None:
    with pytest.raises(GraphError, match=message):
        AssetGraph(specs)


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(RequestError) as caught:
        AssetGraph([spec("views/degree")])["view/degree"]
    assert caught.value.hint == "did you mean views/degree?"


def test_walks_take_steps() -> None:
    graph = AssetGraph([spec("a"), spec("b", "a"), spec("c", "b"), spec("d", "c")])
    assert graph.walk_up({"c"}, 1) == {"b", "c"}
    assert graph.walk_down({"b"}) == {"b", "c", "d"}
    assert graph.walk_up({"c"}, 0) == {"c"}


@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_nothing_comes_before_what_it_reads(size: int, chance: Any) -> None:
    specs = [spec(f"k{at}", *(f"k{other}" for other in range(at) if chance.random() < 0.2)) for at in range(size)]
    chance.shuffle(specs)
    order = AssetGraph(specs).order
    for each in specs:
        assert all(order.index(other) < order.index(each.key) for other in each.upstream)


@pytest.mark.parametrize("key", ["", "a//b", "/a", "a/", "a b", "a@1", "a\n", "a,b"])
def test_a_bad_key_is_refused(key: str) -> None:
    with pytest.raises(GraphError, match="is not a valid key"):
        asset(key=key)(lambda: 1)


def test_a_key_may_hold_letters_of_any_script() -> None:
    assert graph_of([asset(key="büro/名-1_x.y")(lambda: 1)]).order == ("büro/名-1_x.y",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour": 1}, "colour is not an option"),
        ({"reads": {"y": "a"}}, "reads names y"),
        ({"retry": "often"}, "retry is 'often'"),
        ({"max_age": "soon"}, "'soon' is not a valid duration"),
        ({"deps": "a"}, "deps is a list of texts"),
        ({"key": "a", "outputs": ("b",)}, "`key` or `outputs`"),
    ],
)
def test_a_mistake_in_a_declaration_names_its_place(options: dict[str, Any], message: str) -> None:
    def declared(x: Any) -> Any:
        return x

    with pytest.raises(GraphError, match=message) as caught:
        asset(**options)(declared)
    assert "test_graph" in str(caught.value)


def test_what_a_declaration_leaves_out_has_defaults() -> None:
    @asset(key="views/degree", reads={"net": "network"})
    def degree(net: Any, people: Any, context: Any) -> None:
        """How many."""

    (declared,) = degree.specs
    assert dict(declared.reads) == {"net": "network", "people": "people"}
    assert (declared.group, declared.description, declared.kind) == ("views", "How many.", "derived")


def test_a_source_is_a_source() -> None:
    @source
    def rows() -> int:
        return 1

    assert (rows.specs[0].kind, rows.specs[0].key, rows()) == ("source", "rows", 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"checks": (input_fresh("y"),)}, r"input_fresh\(y\) names no parameter; there is x"),
        ({"checks": (row_count(low=1), row_count(high=2))}, "has two checks named 'row_count'"),
        ({"checks": ("row_count",)}, "'row_count' is not a valid check"),
        ({"due": "every day"}, "due: 'every day' is not a valid cron expression"),
        ({"due": "0 8 * * *", "timezone": "Europe/Berln"}, "due: there is no time zone 'Europe/Berln'"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused_with_its_place(options: dict[str, Any], message: str) -> None:
    with pytest.raises(GraphError, match=message) as caught:

        @asset(key="declared", **options)
        def declared(x: Any) -> Any:
            return x

    assert "declared" in str(caught.value)
    assert "test_graph" in str(caught.value)


def test_a_check_that_is_declared_twice_is_refused() -> None:
    @asset(key="a", checks=(row_count(low=1),))
    def declared() -> Any: ...

    with pytest.raises(GraphError, match="two checks named 'row_count'"):
        declared.check(name="row_count")(lambda value: True)


def test_a_check_of_several_outputs_is_added_to_each_beside_its_own() -> None:
    @asset(outputs=(Output("x", checks=(row_count(low=1),)), "y"))
    def declared() -> Any: ...

    declared.check(name="good")(lambda value: True)
    assert [[check.name for check in spec.checks] for spec in declared.specs] == [["row_count", "good"], ["good"]]


def test_an_automation_is_a_condition_or_nothing() -> None:
    assert graph_of([asset(key="a", automation=None)(lambda: 1)])["a"].automation is None
    with pytest.raises(GraphError, match="automation is 'daily', which is not a valid condition"):
        graph_of([asset(key="a", automation="daily")(lambda: 1)])  # type: ignore[call-overload]
