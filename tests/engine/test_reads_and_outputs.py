"""Several assets under one parameter; outputs that need not be returned, and outputs that a run chooses."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism import Output, asset, input_fresh, row_count, source
from causal_organism.assets.definitions import Asset
from causal_organism.assets.graph import graph_of
from causal_organism.errors import GraphError
from causal_organism.memory import MemoryOrganism
from causal_organism.testing import check_update

SITES = {"north": 2, "south": 3}


def made(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["key"], str(each["outcome"])) for each in document["steps"]]


def _site(name: str, numbers: dict[str, int]) -> Asset:
    @source(key=f"raw/{name}", code_version="1")
    def site() -> int:
        return numbers[name]

    return site


def sites(numbers: dict[str, int]) -> tuple[Asset, ...]:
    @asset(key="total", reads={"parts": [f"raw/{name}" for name in numbers]}, checks=(input_fresh("parts"),))
    def total(parts: dict[str, int]) -> dict[str, int]:
        return {"sum": sum(parts.values()), "parts": len(parts)}

    return (*(_site(name, numbers) for name in numbers), total)


def test_a_list_of_reads_is_given_by_key_and_each_is_provenance() -> None:
    numbers = dict(SITES)
    with MemoryOrganism(sites(numbers)) as organism:
        organism.refresh("total")
        assert organism.read("total") == {"sum": 5, "parts": 2}
        assert list(organism.versions("total").rows[0]["inputs"]) == ["raw/north", "raw/south"]
        numbers["south"] = 10
        (step,) = organism.refresh("total")["steps"]
        assert [(each["kind"], each["input"]) for each in step["causes"]] == [("input-changed", "raw/south")]
        assert organism.read("total")["sum"] == 12


def test_a_list_of_reads_may_be_empty_and_names_nothing_twice() -> None:
    with MemoryOrganism(sites({})) as organism:
        organism.refresh("total")
        assert organism.read("total") == {"sum": 0, "parts": 0}
    with pytest.raises(GraphError, match="parts reads an asset twice, among a, a"):
        asset(key="x", reads={"parts": ("a", "a")})(lambda parts: parts)


def test_an_update_is_told_which_of_a_list_changed() -> None:
    @asset(key="total", reads={"parts": ["a", "b"]})
    def total(parts: dict[str, Any]) -> Any:
        return parts["a"] + parts["b"]

    @total.update
    def _(previous: Any, changes: Any, parts: dict[str, Any]) -> Any:
        assert list(changes["parts"]) == ["b"]
        return parts["a"] + parts["b"]

    import pandas as pd

    frame = pd.DataFrame({"n": [1.0, 2.0]}, index=["x", "y"])
    updated = check_update(total, {"parts": {"a": frame, "b": frame}}, {"parts": {"a": frame, "b": frame * 2}})
    assert list(updated["n"]) == [3.0, 6.0]


def test_an_optional_output_that_is_not_returned_is_none_and_up_to_date() -> None:
    numbers = {"n": 1}

    @asset(
        outputs=(Output("split/all"), Output("split/rare", optional=True, checks=(row_count(low=1),))),
        reads={"n": "raw/n"},
    )
    def split(n: int) -> dict[str, list[int]]:
        return {"split/all": [n]} if n < 9 else {"split/all": [n], "split/rare": [n]}

    @asset(key="after", reads={"rare": "split/rare"})
    def after(rare: list[int] | None) -> str:
        return "none" if rare is None else f"{len(rare)}"

    with MemoryOrganism((_site("n", numbers), split, after)) as organism:
        assert organism.refresh("*")["outcome"] == "done"
        assert (organism.read("split/rare"), organism.read("after")) == (None, "none")
        assert made(organism.refresh("*")) == []
        numbers["n"] = 9
        organism.refresh("*")
        assert (organism.read("split/rare"), organism.read("after")) == ([9], "1")


def test_an_output_that_is_not_optional_has_to_be_returned() -> None:
    @asset(outputs=("split/a", Output("split/b", optional=True)))
    def split() -> dict[str, int]:
        return {"split/b": 1}

    with MemoryOrganism((split,)) as organism:
        steps = organism.refresh("*")["steps"]
        assert [(each["outcome"], each["error"]) for each in steps] == [
            ("failed", "split/a must return a dict of split/a, split/b; it returned split/b")
        ] * 2


def test_a_run_chooses_some_outputs_and_makes_no_others() -> None:
    calls: list[tuple[str, ...]] = []

    @asset(outputs=("a", "b", "c"), subset=True)
    def some(context: Any) -> dict[str, str]:
        calls.append(context.outputs)
        return {key: key for key in context.outputs}

    with MemoryOrganism((some,)) as organism:
        assert made(organism.refresh("b")) == [("b", "made")]
        assert made(organism.refresh("*")) == [("a", "made"), ("c", "made")]
        assert made(organism.refresh("b", force=True)) == [("b", "unchanged")]
        assert made(organism.refresh("*", force=True)) == [("a", "unchanged"), ("b", "unchanged"), ("c", "unchanged")]
    assert calls == [("b",), ("a", "c"), ("b",), ("a", "b", "c")]


def test_what_a_chosen_output_is_made_with_does_not_fail_the_others() -> None:
    @asset(outputs=("a", "b"), subset=True)
    def some(context: Any) -> dict[str, str]:
        if "b" in context.outputs:
            raise ValueError("no b")
        return {key: key for key in context.outputs}

    with MemoryOrganism((some,)) as organism:
        assert made(organism.refresh("a")) == [("a", "made")]
        assert made(organism.refresh("*")) == [("b", "failed")]
        assert organism.assets("a").rows[0]["status"] == "fresh"


def test_the_graph_has_an_edge_for_each_of_a_list() -> None:
    graph = graph_of(sites(dict(SITES)))
    assert graph["total"].upstream == ("raw/north", "raw/south")
    assert graph.walk_up(["total"]) == {"raw/north", "raw/south", "total"}


def test_a_check_of_freshness_asks_each_of_a_list() -> None:
    numbers = {"n": 1}

    @asset(key="part", reads={"n": "raw/n"})
    def part(n: int) -> int:
        return n

    @asset(key="total", reads={"parts": ["part"]}, checks=(input_fresh("parts"),))
    def total(parts: dict[str, int]) -> int:
        return sum(parts.values())

    with MemoryOrganism((_site("n", numbers), part, total)) as organism:
        organism.refresh("part")
        numbers["n"] = 2
        (step,) = organism.refresh("total")["steps"]
        assert (step["outcome"], step["error"]) == ("rejected", "input_fresh(parts): part is out of date")


def test_an_output_that_turns_out_to_be_fresh_is_not_made_with_the_others() -> None:
    numbers, calls = {"n": 1}, []

    @asset(key="even", reads={"n": "raw/n"})
    def even(n: int) -> int:
        return n // 2

    @asset(outputs=("a", "b"), subset=True, reads={"n": "even"})
    def some(n: int, context: Any) -> dict[str, int]:
        calls.append(context.outputs)
        return dict.fromkeys(context.outputs, n)

    with MemoryOrganism((_site("n", numbers), even, some)) as organism:
        organism.refresh("even, b")
        numbers["n"] = 0
        assert made(organism.refresh("*")) == [("even", "unchanged"), ("a", "made"), ("b", "skipped")]
    assert calls == [("b",), ("a",)]
