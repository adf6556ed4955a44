"""Differences by entity."""

from __future__ import annotations

from causal_organism.operations.differences import rows_by_id


def test_rows_are_found_by_their_id() -> None:
    assert rows_by_id(["id", "n"], [["a", 1], ["b", 2]]) == {"a": {"n": 1}, "b": {"n": 2}}


def test_no_row_is_lost_where_an_id_stands_there_again() -> None:
    rows = [["a", 1], ["b", 2], ["a", 3], ["a", 4]]
    assert rows_by_id(["id", "n"], rows) == {"a": {"n": 1}, "b": {"n": 2}, "a #2": {"n": 3}, "a #3": {"n": 4}}
