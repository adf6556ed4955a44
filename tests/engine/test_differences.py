"""Differences by entity."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism import asset, source
from causal_organism.assets.tables.changes import changes, named_once
from causal_organism.cli.history import _diff_text
from causal_organism.engine.history.listing import diff_document
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refresh_local
from causal_organism.engine.tables.difference_summary import summarize
from causal_organism.errors import RequestError
from tests.engine.organisms import memory_organism


def test_no_row_is_lost_where_an_id_stands_there_again() -> None:
    assert named_once(["a", "b", "a", "a"]) == ["a", "b", "a #2", "a #3"]


def test_a_summary_says_how_much_each_column_of_numbers_moved() -> None:
    before = {"id": ["a", "b", "c"], "n": [1, 2, 9], "w": ["x", "y", 1.0], "f": [True, True, None]}
    after = {"id": ["a", "b", "d"], "n": [4, 3, None], "w": ["z", "y", float("nan")], "f": [False, None, None]}
    n, w = summarize(changes(before, after, key="id"))
    assert n == {
        "column": "n", "changed": 2, "mean_abs": 2.0, "median_abs": 2.0, "largest_abs": 3.0, "mean_was": 4.0,
        "mean_now": 3.5,
    }  # fmt: skip
    assert (w["column"], w["changed"], w["largest_abs"], w["mean_was"], w["mean_now"]) == ("w", 0, None, 1.0, None)


def _history(*values: dict[str, Any]) -> Any:
    seen: list[Any] = []

    @source(key="rows")
    def rows() -> Any:
        return seen[-1]

    @asset(reads={"rows": "rows"}, code_version="1")
    def total(rows: Any) -> Any:
        return rows

    organism = memory_organism([rows, total])
    for value in values:
        seen.append(value)
        assert refresh_local(organism, Request("total"), Origin("ana", "cli"))["outcome"] == "done"
    return organism


def test_without_versions_the_head_is_compared_with_the_one_before() -> None:
    organism = _history({"a": 1, "b": 2}, {"a": 1, "b": 5}, {"a": 2, "b": 15})
    document = diff_document(organism, "total", None)
    assert (document["from"], document["to"]) == (2, 3)
    assert [each["id"] for each in document["changed"]] == ["b", "a"], "largest first"
    (value,) = document["summary"]
    assert (value["changed"], value["mean_abs"], value["median_abs"], value["largest_abs"]) == (2, 5.5, 5.5, 10.0)
    assert (value["mean_was"], value["mean_now"]) == (3.0, 8.5)
    assert diff_document(organism, "total@1", None)["from"] == 1
    lines = _diff_text(document).splitlines()
    assert lines[1].split() == [
        "COLUMN",
        "CHANGED",
        "MEAN",
        "BY",
        "MEDIAN",
        "BY",
        "LARGEST",
        "MEAN",
        "WAS",
        "MEAN",
        "NOW",
    ]
    assert lines[2].split() == ["value", "2", "5.5", "5.5", "10", "3", "8.5"]


def test_one_version_alone_has_nothing_to_be_compared_with() -> None:
    with pytest.raises(RequestError, match="total has one version"):
        diff_document(_history({"a": 1}), "total", None)
