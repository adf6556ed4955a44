"""Config of a run: parameters with a default are set for one run, are provenance, and are told by the plan."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism import asset, source
from causal_organism.assets.deltas import Delta
from causal_organism.engine.requests import Request
from causal_organism.engine.run_config import parse_config
from causal_organism.errors import RequestError
from causal_organism.memory import MemoryOrganism
from causal_organism.wording.causes import cause_text


@source(key="raw/rows")
def rows() -> list[int]:
    return [5, 3, 9, 1]


@asset(key="top", reads={"rows": "raw/rows"})
def top(rows: list[int], limit: int = 2) -> list[int]:
    return sorted(rows, reverse=True)[:limit]


@asset(key="low", reads={"rows": "raw/rows"}, code_version="7")
def low(rows: list[int], limit: int = 1, *, skip: int = 0) -> list[int]:
    return sorted(rows)[skip : skip + limit]


@asset(outputs=("split/a", "split/b"), reads={"rows": "raw/rows"})
def split(rows: list[int], at: float = 4) -> dict[str, list[int]]:
    return {"split/a": [each for each in rows if each < at], "split/b": [each for each in rows if each >= at]}


@asset(key="spoilt")
def spoilt(names: list[str] = []) -> int:  # noqa: B006 - that each call gets a copy is what is tested
    names.append("x")
    return len(names)


ASSETS = (rows, top, low, split, spoilt)


def made(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["key"], str(each["outcome"])) for each in document["steps"]]


def test_a_run_sets_a_parameter_and_the_next_without_it_says_what_differs() -> None:
    with MemoryOrganism(ASSETS) as organism:
        assert made(organism.refresh("top", config={"limit": "3"})) == [("top", "made")]
        assert organism.read("top") == [9, 5, 3]
        assert organism.versions("top").rows[0]["metadata"]["config"] == {"limit": 3}
        assert made(organism.refresh("top", config={"limit": 3})) == []
        (row,) = organism.assets("top").rows
        assert row["status"] == "stale" and row["causes"][0]["what"] == ["config limit: 3 -> 2"]
        assert cause_text(row["causes"][0]) == "config changed: limit: 3 -> 2"
        assert made(organism.refresh("top")) == [("top", "made")]
        assert organism.read("top") == [9, 5]


def test_a_value_equal_to_the_default_changes_nothing() -> None:
    with MemoryOrganism(ASSETS) as organism:
        organism.refresh("*")
        assert made(organism.refresh("top", config={"limit": 2})) == []


def test_config_counts_beside_a_declared_code_version_too() -> None:
    with MemoryOrganism(ASSETS) as organism:
        organism.refresh("low")
        assert made(organism.refresh("low", config={"limit": 2, "skip": 1})) == [("low", "made")]
        assert organism.read("low") == [3, 5]
        assert organism.assets("low").rows[0]["causes"][0]["what"] == ["config limit: 2 -> 1", "config skip: 1 -> 0"]


def test_what_is_made_together_is_given_the_same() -> None:
    with MemoryOrganism(ASSETS) as organism:
        organism.refresh("split/a", config={"at": 6})
        assert (organism.read("split/a"), organism.read("split/b")) == ([5, 3, 1], [9])
        assert made(organism.refresh("split/b", config={"split/b.at": 6})) == []


def test_each_call_gets_its_own_copy_of_a_default() -> None:
    with MemoryOrganism(ASSETS) as organism:
        for _ in range(2):
            organism.refresh("spoilt", force=True)
            assert organism.read("spoilt") == 1


def test_a_plan_says_what_each_step_is_called_with() -> None:
    with MemoryOrganism(ASSETS) as organism:
        steps = organism.plan("top, low", config={"top.limit": 5})["steps"]
        assert {each["key"]: each["config"] for each in steps} == {
            "low": {"limit": 1, "skip": 0}, "top": {"limit": 5},
        }  # fmt: skip


WRONG = [
    ("*", {"limit": 3}, "bad-config", "limit is a parameter of low, top; say of which"),
    ("top", {"limt": 3}, "unknown-config", "has the parameter limt; there is limit"),
    ("spoilt", {"limit": 3}, "unknown-config", "there is names"),
    ("top", {"low.limit": 3}, "bad-config", "low is not in the selection"),
    ("top", {"nobody.limit": 3}, "unknown-config", "there is top.limit"),
    ("top", {"limit": "many"}, "bad-config", "limit is 'many', which is not int"),
    ("split/*", {"split/a.at": 1, "split/b.at": 2}, "bad-config", "is set twice"),
]


@pytest.mark.parametrize(("selection", "config", "code", "told"), WRONG)
def test_what_cannot_be_set_is_refused_by_the_plan(
    selection: str, config: dict[str, Any], code: str, told: str
) -> None:
    with MemoryOrganism(ASSETS) as organism, pytest.raises(RequestError) as caught:
        organism.plan(selection, config=config)
    assert caught.value.code == code and told in caught.value.message


def test_an_update_gets_config_and_is_not_used_where_it_changed() -> None:
    values = {"ties": {"a": 1.0}}

    @source(key="raw/ties")
    def ties() -> Any:
        import pandas as pd

        return pd.DataFrame({"n": list(values["ties"].values())}, index=list(values["ties"]))

    @asset(key="scaled", reads={"ties": "raw/ties"}, code_version="1")
    def scaled(ties: Any, by: int = 10) -> Any:
        return ties * by

    @scaled.update
    def _(previous: Any, changes: Any, by: int) -> Any:
        delta: Delta = changes["ties"]
        return Delta(added=delta.added * by, removed=delta.removed, changed=delta.changed)

    with MemoryOrganism((ties, scaled)) as organism:
        organism.refresh("scaled", config={"by": 3})
        values["ties"]["b"] = 2.0
        (step,) = organism.refresh("scaled", config={"by": 3})["steps"]
        assert step["mode"] == "incremental"
        assert list(organism.read("scaled")["n"]) == [3.0, 6.0]
        values["ties"]["c"] = 3.0
        (step,) = organism.refresh("scaled")["steps"]
        assert step["mode"] == "full"
        assert list(organism.read("scaled")["n"]) == [10.0, 20.0, 30.0]


def test_a_runs_parameters_and_its_audit_row_have_what_was_set() -> None:
    assert Request("top", config={"limit": 3}).to_document() == {"force": False, "full": False, "config": {"limit": 3}}
    assert Request("top").to_document() == {"force": False, "full": False}


@pytest.mark.parametrize("text", ["limit", "=3", " =3"])
def test_what_is_set_is_a_name_and_a_value(text: str) -> None:
    with pytest.raises(RequestError, match="write NAME=VALUE"):
        parse_config([text])


def test_a_value_may_hold_equals_signs_and_is_set_once() -> None:
    assert parse_config(["where=a=b", "top.limit=3"]) == {"where": "a=b", "top.limit": "3"}
    with pytest.raises(RequestError, match="limit twice"):
        parse_config(["limit=1", "limit=2"])
