"""The factory of checks: each rule, on every kind of value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.checks import drift, in_range, input_fresh, no_nulls, row_count, unique
from causal_organism.assets.columns import NoColumnError, column_of, row_total
from causal_organism.assets.definitions import Check
from causal_organism.errors import GraphError

KINDS: dict[str, Callable[[list[Any], list[Any]], Any]] = {
    "pandas table, index": lambda ids, x: pd.DataFrame({"x": x}, index=pd.Index(ids, name="id")),
    "pandas table, index without a name": lambda ids, x: pd.DataFrame({"x": x}, index=ids),
    "pandas table, column": lambda ids, x: pd.DataFrame({"id": ids, "x": x}),
    "pandas nullable": lambda ids, x: pd.DataFrame({"x": pd.array(x, dtype=object)}, index=ids).convert_dtypes(),
    "pandas series": lambda ids, x: pd.Series(x, index=ids, name="x"),
    "arrow": lambda ids, x: pa.table({"id": ids, "x": x}),
    "arrays": lambda ids, x: {"id": np.array(ids), "x": np.array(x, dtype=float)},
    "lists": lambda ids, x: {"id": ids, "x": x},
    "records": lambda ids, x: [{"id": each, "x": number} for each, number in zip(ids, x, strict=True)],
    "records by entity": lambda ids, x: {each: {"x": number} for each, number in zip(ids, x, strict=True)},
}
IDS = ["ana", "bo", "cy"]


def ask(check: Check, value: Any, previous: Any = None) -> tuple[bool, str]:
    passed, detail = check.run(value, previous)
    assert type(passed) is bool
    return passed, detail


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Callable[[list[Any], list[Any]], Any]:
    return KINDS[request.param]


def test_column_and_rows_of_every_kind(kind: Callable[[list[Any], list[Any]], Any]) -> None:
    value = kind(IDS, [1.5, 2.5, 3.5])
    assert (row_total(value), column_of(value, "id"), column_of(value, "x")) == (3, IDS, [1.5, 2.5, 3.5])


def test_column_that_is_not_there_fails_and_names_those_that_are(
    kind: Callable[[list[Any], list[Any]], Any],
) -> None:
    value = kind(IDS, [1.0, 2.0, 3.0])
    for check in (no_nulls("y"), in_range("y", low=0), unique("y"), drift("y", most=0.1)):
        passed, detail = ask(check, value, value)
        assert not passed
        assert "no column 'y'" in detail
        assert "x" in detail.partition(";")[2]


@pytest.mark.parametrize("null", [None, math.nan])
def test_nulls_fail_no_nulls_and_nothing_else(kind: Callable[[list[Any], list[Any]], Any], null: Any) -> None:
    value = kind(IDS, [1.0, null, 3.0])
    assert ask(no_nulls("x"), value) == (False, "1 nulls in 'x'")
    assert ask(no_nulls("id"), value) == (True, "no nulls")
    assert ask(in_range("x", low=1, high=3), value)[0]
    assert ask(drift("x", most=0.1), value, kind(IDS, [2.0, 2.0, 2.0]))[0]
    assert ask(row_count(low=3, high=3), value)[0]


def test_range_takes_its_bounds_in_and_names_the_first_outside(kind: Callable[[list[Any], list[Any]], Any]) -> None:
    value = kind(IDS, [0.25, 1.5, 2.0])
    assert ask(in_range("x", low=0, high=2), value) == (True, "all from 0 to 2")
    assert ask(in_range("x", low=0.5), value) == (False, "1 of 3 not at least 0.5; the first is 0.25 at ana")
    assert ask(in_range("x", high=0.5), value) == (False, "2 of 3 not at most 0.5; the first is 1.5 at bo")


def test_drift_compares_means(kind: Callable[[list[Any], list[Any]], Any]) -> None:
    was = kind(IDS, [10.0, 10.0, 10.0])
    assert ask(drift("x", most=0.2), kind(IDS, [12.0, 12.0, 12.0]), was) == (
        True,
        "mean 10 -> 12, 20.0% (at most 20.0%)",
    )
    assert not ask(drift("x", most=0.2), kind(IDS, [12.1, 12.1, 12.1]), was)[0]
    assert not ask(drift("x", most=0.2), kind(IDS, [7.9, 7.9, 7.9]), was)[0]


def test_same_value_twice_is_not_unique() -> None:
    value = pd.DataFrame({"a": [1, 1, 2, 1], "b": ["x", "y", "x", "x"]})
    assert ask(unique("a"), value) == (False, "1 occur more than once; the first is 1, 3 times")
    assert ask(unique("a", "b"), value) == (False, "1 occur more than once; the first is 1, x, 2 times")
    assert ask(unique("a", "b"), value.head(3)) == (True, "3 different")
    assert not ask(unique("id"), pd.Series([1, 2], index=["p", "p"]))[0]
    assert not ask(unique("x"), {"x": [math.nan, None]})[0]
    assert not ask(unique("x"), [{"x": [1]}, {"x": [1]}])[0]


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ({"ana": 1, "bo": 2}, "value", [1, 2]),
        ({"ana": 1, "bo": 2}, "id", ["ana", "bo"]),
        ({"share": 0.5, "n": 3}, "share", [0.5]),
        ({"id": 7, "n": 3}, "id", [7]),
        ([1, 2, 3], "value", [1, 2, 3]),
        (np.array([1, 2]), "value", [1, 2]),
        (pd.Series([1, 2]), "value", [1, 2]),
        ([{"a": 1}, {"b": 2}], "a", [1, None]),
        ([], "a", []),
        (pd.DataFrame({"w": [1]}, index=pd.MultiIndex.from_tuples([("a", "b")], names=["s", "t"])), "t", ["b"]),
        ({"a": [1, 2], "b": [3]}, "a", [[1, 2]]),
    ],
)
def test_columns_of_json_and_other_shapes(value: Any, name: str, expected: list[Any]) -> None:
    assert column_of(value, name) == expected


@pytest.mark.parametrize(
    ("value", "rows"), [({}, 0), ([], 0), ({"a": 1}, 1), ([1, 2], 2), (pd.DataFrame(), 0), ({"a": []}, 0)]
)
def test_rows_of_json_and_other_shapes(value: Any, rows: int) -> None:
    assert row_total(value) == rows


@pytest.mark.parametrize(
    ("value", "what"), [(None, "nothing"), (3, "an int"), ("text", "a str"), (True, "a bool"), (1.5, "a float")]
)
def test_value_without_rows_fails_every_check(value: Any, what: str) -> None:
    with pytest.raises(NoColumnError, match=f"{what} has no rows"):
        row_total(value)
    for check in (row_count(low=0), no_nulls("x"), in_range("x", low=0), unique("x"), drift("x", most=1)):
        assert not ask(check, value)[0], check.name


@pytest.mark.parametrize(
    ("low", "high", "passed", "detail"),
    [
        (3, None, True, "3 rows, at least 3"),
        (4, None, False, "3 rows, at least 4"),
        (None, 3, True, "3 rows, at most 3"),
        (None, 2, False, "3 rows, at most 2"),
        (1, 5, True, "3 rows, from 1 to 5"),
    ],
)
def test_row_count(low: int | None, high: int | None, passed: bool, detail: str) -> None:
    assert ask(row_count(low=low, high=high), [1, 2, 3]) == (passed, detail)


def test_text_among_numbers_fails_and_does_not_crash() -> None:
    value = {"x": [1, "two"]}
    assert "cannot be compared" in ask(in_range("x", low=0), value)[1]
    assert "cannot be compared" in ask(drift("x", most=0.1), value, {"x": [1, 2]})[1]
    assert not ask(drift("x", most=0.1), {"x": [math.inf, -math.inf]}, {"x": [1, 2]})[0]


@pytest.mark.parametrize("previous", [None, {"y": [1]}, {"x": [None]}, {"x": ["a"]}, 3])
def test_drift_from_nothing_passes(previous: Any) -> None:
    assert ask(drift("x", most=0.1), {"x": [1.0]}, previous) == (True, "nothing to compare with")


def test_drift_to_nothing_and_from_zero() -> None:
    assert ask(drift("x", most=0.1), {"x": [None]}, {"x": [2]}) == (False, "no numbers any more; the mean was 2")
    assert ask(drift("x", most=0.1), {"x": [0.0]}, {"x": [0]})[0]
    assert not ask(drift("x", most=0.1), {"x": [0.1]}, {"x": [0]})[0]


def test_names_and_severity() -> None:
    checks = [row_count(low=1), no_nulls("a", "b"), in_range("a", low=0), unique("a"), drift("a", most=0.2)]
    checks.append(input_fresh("rows"))
    assert [(each.name, each.blocking, each.input) for each in checks] == [
        ("row_count", True, None),
        ("no_nulls(a, b)", True, None),
        ("in_range(a)", True, None),
        ("unique(a)", True, None),
        ("drift(a)", True, None),
        ("input_fresh(rows)", True, "rows"),
    ]
    assert not any(
        each.blocking
        for each in (
            row_count(low=1, blocking=False),
            no_nulls("a", blocking=False),
            in_range("a", low=0, blocking=False),
            unique("a", blocking=False),
            drift("a", most=1, blocking=False),
            input_fresh("a", blocking=False),
        )
    )


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: row_count(),
        lambda: row_count(low=3, high=2),
        lambda: no_nulls(),
        lambda: no_nulls(["a", "b"]),  # type: ignore[arg-type]
        lambda: in_range("a"),
        lambda: in_range("a", low=1, high=0),
        lambda: unique(),
        lambda: drift("a", most=0),
        lambda: drift("a", most=math.nan),
        lambda: input_fresh(len),  # type: ignore[arg-type]
    ],
)
def test_check_that_makes_no_sense_is_refused_where_it_is_declared(wrong: Callable[[], Check]) -> None:
    with pytest.raises(GraphError):
        wrong()


@given(st.lists(st.floats(-100, 100) | st.none(), min_size=1, max_size=8), st.floats(-100, 100), st.floats(-100, 100))
def test_every_kind_gives_the_same_answer(numbers: list[float | None], one: float, two: float) -> None:
    ids = [f"p{index}" for index in range(len(numbers))]
    low, high = sorted((one, two))
    checks = (no_nulls("x"), in_range("x", low=low, high=high), unique("x"), row_count(low=3))
    answers = {tuple(ask(each, make(ids, numbers))[0] for each in checks) for make in KINDS.values()}
    known = [each for each in numbers if each is not None]
    plain = (
        len(known) == len(numbers),
        all(low <= each <= high for each in known),
        len(set(numbers)) == len(numbers),
        len(numbers) >= 3,
    )
    assert answers == {plain}
