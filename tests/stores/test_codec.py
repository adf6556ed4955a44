"""Values come back as they were given; the same content has one fingerprint."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from causal_organism.errors import DamagedValueError, UnstorableError
from causal_organism.stores.values import codec
from causal_organism.stores.values.shown import shown_rows

FRAME = pd.DataFrame({"n": [1, 2], "x": [0.5, math.nan], "t": ["a", None]}, index=pd.Index(["p", "q"], name="who"))
VALUES: list[Any] = [
    {"a": [1, 2.5, None, True, "ü"]},
    [],
    "text",
    3,
    None,
    FRAME,
    FRAME["n"],
    pd.Series([1.0, 2.0], index=["p", "q"]),
    pd.DataFrame({"when": pd.to_datetime(["2026-01-05"]), "kind": pd.Categorical(["a"])}, index=["p"]),
    pa.table({"id": ["p", "q"], "n": [1, 2]}),
    {"id": np.array(["p", "q"], dtype=object), "n": np.array([1, 2]), "x": np.array([0.5, math.nan])},
]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, (pd.DataFrame, pd.Series)):
        (pd.testing.assert_frame_equal if isinstance(one, pd.DataFrame) else pd.testing.assert_series_equal)(one, other)
        return True
    if isinstance(one, dict) and any(isinstance(each, np.ndarray) for each in one.values()):
        return one.keys() == other.keys() and all(
            np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f") for name in one
        )
    return bool(one == other)


def back(value: Any) -> Any:
    encoded = codec.encode(value)
    return codec.decode(encoded.kind, encoded.to_bytes(), encoded.about)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was_given(value: Any) -> None:
    assert same(value, back(value))
    assert codec.encode(back(value)).fingerprint == codec.encode(value).fingerprint


def test_ids_that_never_change_come_back_as_the_very_same_while_they_are_the_last() -> None:
    ids = np.array(["p", "q"], dtype=object)
    ids.setflags(write=False)
    assert back({"id": ids, "n": np.array([1, 2])})["id"] is ids
    empty = np.array(["p", math.nan], dtype=object)
    empty.setflags(write=False)
    assert back({"id": empty, "n": np.array([1, 2])})["id"].tolist() == ["p", pytest.approx(math.nan, nan_ok=True)]


def test_numbers_of_numpy_are_numbers() -> None:
    value = {"a": np.float64(0.375), "b": np.int64(2), "c": np.bool_(True)}
    assert codec.encode(value).fingerprint == codec.encode({"a": 0.375, "b": 2, "c": True}).fingerprint
    assert back(value) == {"a": 0.375, "b": 2, "c": True}


@pytest.mark.parametrize(
    "changed",
    [
        FRAME.assign(n=[1, 3]),
        FRAME.assign(x=[0.5, 0.0]),
        FRAME.rename(columns={"n": "m"}),
        FRAME.rename(index={"q": "r"}),
        FRAME.assign(t=["a", ""]),
        FRAME.drop(columns="t"),
        FRAME.iloc[::-1],
        FRAME[["t", "x", "n"]],
    ],
)
def test_any_other_difference_is_a_change(changed: pd.DataFrame) -> None:
    assert codec.encode(changed).fingerprint != codec.encode(FRAME).fingerprint


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "value is an object"),
        ({"a": {1, 2}}, r"value\['a'\] is a set"),
        (pd.DataFrame({"n": [1, "x"]}), "the column n cannot be stored"),
        ({"a": np.zeros(2), "b": np.zeros(3)}, "not columns of one table"),
        (FRAME.index, "pandas Index"),
    ],
)
def test_what_is_no_value_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(UnstorableError, match=message):
        codec.encode(value)


@pytest.mark.parametrize("kind", [codec.JSON, codec.FRAME])
def test_damaged_content_is_named(kind: str) -> None:
    with pytest.raises(DamagedValueError):
        codec.decode(kind, b"\0\1\2", {"index": "id"})


def test_rows_have_the_entity_first_and_null_where_there_is_no_number() -> None:
    encoded = codec.encode(FRAME)
    assert shown_rows(encoded.content, encoded.about) == (
        ["id", "n", "x", "t"],
        [["p", 1, 0.5, "a"], ["q", 2, None, None]],
    )
