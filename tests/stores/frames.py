"""Awkward tables of pandas by name: every type, every index, every kind of name."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

ROWS = ["a", "b", "c"]
NAN = float("nan")
MOMENTS = pd.to_datetime(["2026-03-29T00:30", None, "2026-10-25T00:30"])


def objects(*cells: Any) -> pd.Series:
    found = np.empty(len(cells), dtype=object)
    for at, cell in enumerate(cells):
        found[at] = cell
    return pd.Series(found, index=ROWS, dtype=object)


COLUMNS: dict[str, Any] = {
    **{kind: pd.array([1, None, 100], dtype=kind) for kind in ("Int8", "Int32", "UInt8", "UInt64")},
    **{kind: np.array([1, 2, 100], dtype=kind) for kind in ("int8", "uint8", "int32", "uint64", "int64")},
    **{kind: np.array([1.5, NAN, -0.25], dtype=kind) for kind in ("float16", "float32", "float64")},
    "beyond floats": pd.array([1, None, 2**60 + 1], dtype="Int64"),
    "truth": np.array([True, False, True]),
    "truth or not": pd.array([True, None, False], dtype="boolean"),
    "Float32": pd.array([1.5, None, 3.0], dtype="Float32"),
    "no number and null": pd.arrays.FloatingArray(np.array([1.0, NAN, 3.0]), np.array([False, False, True])),
    "string": pd.array(["a", None, ""], dtype="string"),
    "string of Arrow": pd.array(["a", None, ""], dtype="string[pyarrow]"),
    "str": pd.array(["a", None, ""], dtype=pd.StringDtype("pyarrow", na_value=NAN)),
    "categories": pd.Categorical(["a", None, "b"]),
    "ordered": pd.Categorical(["a", "b", None], categories=["b", "a", "z"], ordered=True),
    "whole categories": pd.Categorical([3, 1, None]),
    "no categories": pd.Categorical([None, None, None]),
    "bins": pd.cut([1, 5, 9], 3),
    "days as categories": pd.Categorical(MOMENTS),
    **{f"moments in {unit}": MOMENTS.astype(f"datetime64[{unit}]") for unit in ("s", "ms", "us", "ns")},
    "UTC": MOMENTS.tz_localize(UTC),
    "Berlin": MOMENTS.tz_localize("UTC").tz_convert("Europe/Berlin"),
    "Berlin by zoneinfo": MOMENTS.tz_localize("UTC").tz_convert(ZoneInfo("Europe/Berlin")),
    "an offset": MOMENTS.tz_localize(timezone(timedelta(hours=2))),
    "lengths": pd.to_timedelta(["1s", None, "2D"]),
    "months": pd.PeriodIndex(["2026-01", None, "2026-03"], freq="M"),
    "weeks": pd.period_range("2026-01", periods=3, freq="W-SUN"),
    "intervals": pd.arrays.IntervalArray.from_tuples([(0.0, 1.0), None, (2.0, 3.0)], closed="left"),
    "intervals of days": pd.interval_range(pd.Timestamp("2026-01-01"), periods=3),
    "text": objects("a", None, "ü"),
    "text or nan": objects("a", NAN, "b"),
    "text or NA": objects("a", pd.NA, "b"),
    "text or nulls": objects("a", None, NAN),
    "NaT among objects": objects("a", pd.NaT, "b"),
    "nothing": objects(None, None, None),
    "no number": objects(NAN, NAN, NAN),
    "whole objects": objects(1, None, 3),
    "truth objects": objects(True, None, False),
    "float objects": objects(1.5, None, NAN),
    "dates": objects(date(2026, 1, 1), None, date(1900, 1, 1)),
    "moments as objects": objects(datetime(2026, 1, 1), None, datetime(2026, 1, 1, 5)),
    "times of day": objects(time(1), time(2, 3, 4), None),
    "lengths as objects": objects(timedelta(1), None, timedelta(seconds=1)),
    "decimals": objects(Decimal("1.50"), None, Decimal("2.55")),
    "decimals of two scales": objects(Decimal("1.1"), None, Decimal("2.55")),
    "decimals of all sorts": objects(Decimal("1E+2"), Decimal("-0"), Decimal("0.00")),
    "no decimals": objects(Decimal("NaN"), Decimal("-Infinity"), Decimal("1")),
    "bytes": objects(b"a", None, b"\xff"),
    "lists": objects([1, 2], [], None),
    "lists of all sorts": objects([1, "a"], [None, 2.5], None),
    "lists with no number": objects([1.0, NAN], [2.0], []),
    "dicts": objects({"a": 1}, {"a": None}, None),
    "dicts of other names": objects({"a": 1}, {"b": [1, (2, 3)]}, None),
    "tuples": objects((1, 2), (3, 4), ()),
    "arrays": objects(np.array([1, 2]), np.array([3]), None),
    "uuids": objects(uuid.UUID(int=1), None, uuid.UUID(int=2)),
    "Arrow's own": pd.array([1, None, 3], dtype=pd.ArrowDtype(pa.int32())),
    "Arrow's lists": pd.array([[1], None, [2]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
}
INDEXES: dict[str, Any] = {
    "counted": pd.RangeIndex(3, name="n"),
    "counted by two": pd.RangeIndex(2, 8, 2),
    "days": pd.date_range("2026-01-01", periods=3, freq="D"),
    "hours in Berlin": pd.date_range("2026-01-01", periods=3, freq="h", tz="Europe/Berlin", name="t"),
    "moments": pd.DatetimeIndex(["2026-01-01", "2026-01-05", "2026-01-06"]),
    "lengths": pd.timedelta_range("1h", periods=3, freq="h"),
    "months": pd.period_range("2026-01", periods=3, freq="M"),
    "categories": pd.CategoricalIndex(["a", "b", "a"]),
    "intervals": pd.interval_range(0, 3),
    "two levels": pd.MultiIndex.from_tuples([("x", 1), ("x", 2), ("y", 1)], names=["k", "n"]),
    "levels without names": pd.MultiIndex.from_tuples([("y", 1), ("x", 2), ("x", 1)]),
    "levels of days": pd.MultiIndex.from_product([pd.date_range("2026-01-01", periods=3), ["a"]], names=["v", "v"]),
    "levels with gaps": pd.MultiIndex.from_tuples([("x", 1), ("x", NAN), (None, 1)]),
    "numbers": pd.Index([0.5, 1.5, NAN]),
    "whole or null": pd.Index([1, None, 3], dtype="Int64"),
    "named by a tuple": pd.Index(["a", "b", "c"], name=("a", 1)),
    "truth": pd.Index([True, False, True]),
    "objects": pd.Index([1, 2, 3], dtype=object),
    "dates": pd.Index([date(2026, 1, day) for day in (1, 2, 3)]),
    "tuples": pd.Index([("a", "b"), ("c", "d"), ("e", "f")], tupleize_cols=False),
    "nan": pd.Index(["a", NAN, "b"]),
    "twice": pd.Index(["a", "a", "b"]),
}
NAMES: dict[str, Any] = {
    "years": [2025, 2026],
    "two levels": pd.MultiIndex.from_tuples([("x", "mean"), ("x", "std")], names=["a", None]),
    "text and a number": ["a", 3],
    "none": [None, "b"],
    "days": pd.date_range("2026-01-01", periods=2, freq="D", name="day"),
    "categories": pd.CategoricalIndex(["a", "b"]),
    "named": pd.Index(["b", "a"], name="metric"),
    "intervals": pd.interval_range(0, 2),
    "tuples": pd.Index([("a", 1), ("b", 2)], tupleize_cols=False),
    "numbers": [0.5, 1.5],
    "an id": ["id", "v"],
    "string": pd.Index(["a", "b"], dtype="string"),
    "truth": [True, False],
    "counted": pd.RangeIndex(2),
}
SERIES: dict[str, pd.Series] = {
    "named": pd.Series([1.5, 2.5], index=["a", "b"], name="score"),
    "without a name": pd.Series([1, 2]),
    "named by a number": pd.Series(["a"], name=3),
    "named by a tuple": pd.Series(pd.array([1, None], dtype="Int64"), name=("a", 1)),
    "of categories": pd.Series(["a", "b"], dtype="category", name="id"),
    "of two levels": pd.Series([1, 2, 3], index=INDEXES["two levels"]),
}


def _column(values: Any) -> pd.DataFrame:
    return pd.DataFrame({"v": values}, index=ROWS)


def _no_rows(values: Any) -> pd.DataFrame:
    return _column(values)[:0]


def _numbers(**labels: Any) -> pd.DataFrame:
    frame = pd.DataFrame([[1, 2], [3, 4], [5, 6]])
    return frame.set_axis(labels["index"]) if "index" in labels else frame.set_axis(labels["columns"], axis=1)


def _with_attrs(table: Any) -> Any:
    table.attrs = {"unit": "eur", "source": {"file": "a.csv", "lines": (1, 2)}}
    return table


def _beside_an_id() -> pd.DataFrame:
    return pd.DataFrame({"id": [1, 2], "v": [3, 4]}, index=pd.Index([5, 7], name="x"))


FRAMES: dict[str, Callable[[], Any]] = {
    **{f"column: {name}": partial(_column, each) for name, each in COLUMNS.items()},
    **{f"no rows: {name}": partial(_no_rows, each) for name, each in COLUMNS.items()},
    **{f"index: {name}": partial(_numbers, index=each) for name, each in INDEXES.items()},
    **{f"names: {name}": partial(_numbers, columns=each) for name, each in NAMES.items()},
    **{f"series: {name}": partial(pd.Series, each) for name, each in SERIES.items()},
    "empty": pd.DataFrame,
    "no columns": lambda: pd.DataFrame(index=["a", "b"]),
    "in no order": lambda: pd.DataFrame({"z": [1, 2], "a": [3, 4]}, index=["q", "p"]),
    "an index beside an id": _beside_an_id,
    "attrs": lambda: _with_attrs(_column([1, 2, 3])),
    "attrs of a series": lambda: _with_attrs(pd.Series([1, 2, 3], index=ROWS)),
}  # fmt: skip


def assert_exactly(given: Any, found: Any) -> None:
    """The same types, labels, names, order and cells, and which null is where."""
    assert type(given) is type(found)
    assert given.attrs == found.attrs
    if isinstance(given, pd.Series):
        assert (type(given.name), given.name) == (type(found.name), found.name)
        given, found = given.to_frame("v"), found.to_frame("v")
    pd.testing.assert_frame_equal(given, found, check_index_type=True, check_column_type=True, check_freq=True)
    assert [type(given.index), type(given.columns)] == [type(found.index), type(found.columns)]
    assert list(map(str, given.dtypes)) == list(map(str, found.dtypes))
    for at in range(given.shape[1]):
        kinds = ([_kind(cell) for cell in frame.iloc[:, at].tolist()] for frame in (given, found))
        assert next(kinds) == next(kinds)


def _kind(cell: Any) -> Any:
    """Equal decimals may be written differently: `1.1` and `1.10`."""
    return cell.as_tuple() if isinstance(cell, Decimal) else type(cell)
