"""What is read is what was returned: every type, index and name of pandas, numpy and JSON, or a refusal by name."""

from __future__ import annotations

import io
import json
import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.assets.contents import content_of, document_of
from causal_organism.errors import UnstorableError
from causal_organism.stores.memory.values import MemoryValues
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.values import codec
from causal_organism.stores.values.shown import shown_rows, shown_table
from causal_organism.stores.values.store import Values
from tests.examples import examples
from tests.stores.frames import COLUMNS, FRAMES, INDEXES, NAMES, ROWS, SERIES, assert_exactly, objects


def stored(value: Any) -> tuple[codec.Encoded, dict[str, Any]]:
    """As it is written: what stands beside it went through a store that keeps no order of names."""
    encoded = codec.encode(value)
    return encoded, json.loads(json.dumps(encoded.about, sort_keys=True, allow_nan=False))


def back(value: Any) -> Any:
    encoded, about = stored(value)
    return codec.decode(encoded.kind, encoded.to_bytes(), about)


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_comes_back_as_it_was_returned(name: str) -> None:
    value = FRAMES[name]()
    found = back(value)
    assert_exactly(value, found)
    assert codec.encode(found).fingerprint == codec.encode(value).fingerprint
    encoded, about = stored(value)
    table = codec.read_table(encoded.to_bytes())
    assert codec.table_fingerprint(table, encoded.kind, about) == encoded.fingerprint


@pytest.mark.parametrize("name", FRAMES)
def test_people_and_files_are_given_it(name: str) -> None:
    value = FRAMES[name]()
    encoded, about = stored(value)
    columns, rows = shown_rows(encoded.content, about)
    assert columns[0] == "id" and len(set(columns)) == len(columns)
    assert len(rows) == len(value)
    json.dumps(rows, default=str)
    shown = shown_table(encoded.content, about)
    assert shown.num_rows == len(value)
    sink = io.BytesIO()
    pq.write_table(shown, sink)
    assert len(pd.read_parquet(sink)) == len(value)


# Of these, what pandas itself writes to Parquet is read as something else: of texts among whole numbers, for example.
_NOT_IN_PARQUET = {
    "column": {
        "string of Arrow", "str", "whole categories", "no categories", "bins", "days as categories", "moments in s",
        "Berlin by zoneinfo", "an offset", "moments as objects", "lengths as objects", "lists of all sorts", "tuples",
        "dicts of other names", "lists with no number", "text or nan", "text or NA", "text or nulls", "whole objects",
        "NaT among objects", "no number", "float objects", "Arrow's lists", "lists", "dicts", "arrays", "uuids",
        "no decimals",
    },
    "index": {"whole or null", "named by a tuple", "objects", "tuples", "nan", "levels with gaps", "hours in Berlin"},
    "names": {"text and a number", "categories", "intervals", "tuples", "truth", "none", "string"},
}  # fmt: skip


def _is_in_parquet(name: str) -> bool:
    part, _, which = name.partition(": ")
    return part in _NOT_IN_PARQUET and which not in _NOT_IN_PARQUET[part]


@pytest.mark.parametrize("name", [name for name in FRAMES if _is_in_parquet(name)])
def test_pandas_reads_the_same_table_from_parquet(name: str) -> None:
    value = FRAMES[name]()
    encoded, about = stored(value)
    sink = io.BytesIO()
    pq.write_table(shown_table(encoded.content, about), sink)
    pd.testing.assert_frame_equal(value, pd.read_parquet(sink), check_freq=False)


def test_files_have_true_types() -> None:
    frame = pd.DataFrame(
        {
            "t": pd.to_datetime(["2026-03-29T00:30", None]),
            "z": pd.to_datetime(["2026-03-29T00:30", None]).tz_localize("UTC"),
            "n": pd.array([1, None], dtype="Int64"),
            "d": [date(2026, 1, 1), None],
        },
        index=["a", "b"],
    )
    encoded, about = stored(frame)
    kinds = {field.name: str(field.type) for field in shown_table(encoded.content, about).schema}
    assert kinds == {
        "id": "string",
        "t": "timestamp[ns]",
        "z": "timestamp[ns, tz=UTC]",
        "n": "int64",
        "d": "date32[day]",
    }


CHANGES: dict[str, tuple[Any, Any]] = {
    "a type": (pd.Series([1, 2]), pd.Series([1, 2], dtype="Int64")),
    "a width": (pd.Series([1, 2], dtype="int32"), pd.Series([1, 2])),
    "text of another type": (pd.Series(["a"]), pd.Series(["a"], dtype="string")),
    "which null": (pd.Series(["a", None]), pd.Series(["a", math.nan])),
    "null and no number": (pd.array([1.0, None], dtype="Float64"), None),
    "an unused category": (
        pd.Series(pd.Categorical(["a"], categories=["a"])),
        pd.Series(pd.Categorical(["a"], categories=["a", "b"])),
    ),
    "the order of categories": (
        pd.Series(pd.Categorical(["a"], categories=["a", "b"], ordered=True)),
        pd.Series(pd.Categorical(["a"], categories=["b", "a"], ordered=True)),
    ),
    "the order of rows": (pd.Series([1, 2], index=["a", "b"]), pd.Series([2, 1], index=["b", "a"])),
    "the order of columns": (pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2], "a": [1]})),
    "a name that is a number": (pd.DataFrame({"1": [1]}), pd.DataFrame({1: [1]})),
    "the name of the index": (pd.Series([1], index=pd.Index(["a"])), pd.Series([1], index=pd.Index(["a"], name="k"))),
    "the text of a null": (pd.Series(["\0null"]), pd.Series([None])),
    "a type of arrays": ({"v": np.array([1], dtype="int32")}, {"v": np.array([1])}),
    "the order of arrays' rows": ({"v": np.array([1, 2])}, {"v": np.array([2, 1])}),
    "a type of Arrow": (pa.table({"v": pa.array([1], pa.int32())}), pa.table({"v": pa.array([1])})),
    "a tuple": ([1, 2], (1, 2)),
}
CHANGES["null and no number"] = (
    pd.Series(pd.arrays.FloatingArray(np.array([math.nan]), np.array([False]))),
    pd.Series(pd.array([None], dtype="Float64")),
)


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_next_asset_would_read_otherwise_is_a_change(name: str) -> None:
    was, now = CHANGES[name]
    assert codec.encode(was).fingerprint != codec.encode(now).fingerprint


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": np.array([1]), "b": np.array([2])}, {"b": np.array([2]), "a": np.array([1])}),
        (pd.Series([0.0, math.nan]), pd.Series([-0.0, -math.nan])),
    ],
)
def test_the_order_of_names_and_one_no_number_are_no_change(was: Any, now: Any) -> None:
    assert codec.encode(was).fingerprint == codec.encode(now).fingerprint


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ([1, 2.5], "a float"),  # as objects: Arrow would make floats of both
        ([np.int8(1), np.float32(2.5)], "int8"),
        ([{1}], "a set"),
        ([pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-01-01", tz="Europe/Berlin")], "Timestamp"),
        ([2**64], "too large"),
        ([1j], "complex"),
        ([date(2026, 1, 1), pd.Timestamp("2026-01-01")], "Timestamp"),
        ([np.array([1]), np.array([1.5])], "ndarray"),
    ],
)
def test_a_column_that_cannot_be_kept_is_refused_by_its_name(column: list[Any], told: str) -> None:
    cells = np.empty(len(column), dtype=object)
    cells[:] = column if not isinstance(column[0], np.ndarray) else None
    for at, cell in enumerate(column):
        cells[at] = cell
    with pytest.raises(UnstorableError, match="the column odd cannot be stored") as refused:
        codec.encode(pd.DataFrame({"fine": range(len(column)), "odd": pd.Series(cells, dtype=object)}))
    assert told.lower() in str(refused.value).lower() or "int" in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {"range": (1, (2, [3]))},
        {"$tuple": [1], "a": (1,)},
        [{"$dict": {"$tuple": ()}}, ()],
        {"n": 2**70, "x": -0.5, "t": "\ud800"},
    ],
)
def test_json_with_tuples_comes_back(value: Any) -> None:
    found = back(value)
    assert repr(found) == repr(value)
    assert codec.encode(found).fingerprint == codec.encode(value).fingerprint


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": {("x", 1): 2}}, r"value\['a'\] has a key that is a tuple"),
        ({"a": [1, {2}]}, r"value\['a'\]\[1\] is a set"),
        ({"a": ({2},)}, r"value\['a'\]\[0\] is a set"),
    ],
)
def test_json_that_cannot_be_kept_is_refused_by_its_path(value: Any, told: str) -> None:
    with pytest.raises(UnstorableError, match=told):
        codec.encode(value)


@pytest.mark.parametrize(
    "array",
    [
        np.array([1, 2], dtype="int8"),
        np.array([1.5, math.nan], dtype="float32"),
        np.array([True, False]),
        np.array(["a", "bcd"]),
        np.array(["2026-01-01", "NaT"], dtype="datetime64[ns]"),
        np.array([1, None], dtype=object),
        np.array(["a", None, math.nan], dtype=object),
        np.array([date(2026, 1, 1), None], dtype=object),
        np.array([], dtype="uint16"),
    ],
    ids=str,
)
def test_an_array_comes_back_with_its_type(array: Any) -> None:
    found = back({"v": array})["v"]
    assert found.dtype == array.dtype
    assert list(map(repr, found.tolist())) == list(map(repr, array.tolist()))


@pytest.fixture(params=["memory", "postgres"])
def values(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    if request.param == "memory":
        return MemoryValues()
    return Values(Database(request.getfixturevalue("fresh_dsn")), tmp_path)


def written(values: Any, value: Any, base: Any = None) -> Any:
    kept = json.dumps(document_of(values.describe(value, base=base)[1]()), sort_keys=True)
    return content_of(json.loads(kept))


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        (objects("a", "b", None), "string"),
        (objects(1, 2, None), "int64"),
        (objects(date(2026, 1, 1), None, None), "date32[day]"),
        (objects(["a"], [], None), "list<item: string>"),
    ],
)
def test_a_column_that_holds_nothing_keeps_the_type_that_it_had(values: Any, typed: Any, kind: str) -> None:
    empty = objects([], [], None) if kind.startswith("list") else objects(None, None, None)
    tables = [pd.DataFrame({"v": each, "n": range(3)}, index=ROWS) for each in (empty, typed, empty, empty, typed)]
    places: list[Any] = []
    for table in tables:
        places.append(written(values, table, places[-1] if places else None))
    for place, table in zip(places, tables, strict=True):
        assert_exactly(table, values.load(place))
        assert str(values.table(place, known=places[-1]).schema.field("v").type) == kind
    assert values.describe(tables[2], base=places[2])[0] == values.describe(tables[3], base=places[2])[0]


def test_columns_of_arrow_without_a_type_are_given_back_without_one(values: Any) -> None:
    typed, untyped = pa.table({"id": ["a"], "v": ["x"]}), pa.table({"id": ["a"], "v": pa.nulls(1)})
    first = written(values, typed)
    second = written(values, untyped, first)
    assert values.load(second).schema == untyped.schema
    assert values.table(second).schema.field("v").type == pa.string()


def test_versions_from_before_the_schema_was_kept_are_read() -> None:
    table = pa.table({"id": ["p", "q"], "n": [1, 2], "t": ["a", None]})
    about = {"index": "id", "index_name": "who", "rows": 2, "columns": ["n", "t"]}
    expected = pd.DataFrame({"n": [1, 2], "t": ["a", None]}, index=pd.Index(["p", "q"], name="who"))
    body = codec.table_bytes(table)
    assert_exactly(expected, codec.decode(codec.FRAME, body, about))
    assert_exactly(
        expected["n"].rename(None),
        codec.decode(codec.SERIES, codec.table_bytes(table.select([0, 1])), {**about, "named": False}),
    )
    assert shown_rows(table, about) == (["id", "n", "t"], [["p", 1, "a"], ["q", 2, None]])
    assert shown_table(table, about).equals(table)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Columns of all types put together, with rows taken from them in any order, under any index and names."""
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4, unique=True))
    places = draw(st.lists(st.integers(0, 2), max_size=6))
    frame = pd.DataFrame({kind: pd.Series(COLUMNS[kind], index=ROWS) for kind in kinds})
    index = INDEXES[draw(st.sampled_from(sorted(INDEXES)))]
    frame.index = index
    frame = frame.iloc[places]
    if isinstance(frame.index, pd.MultiIndex):  # labels that no row has are not content
        frame.index = frame.index.remove_unused_levels()
    if len(kinds) == 2 and draw(st.booleans()):
        frame.columns = NAMES[draw(st.sampled_from(sorted(NAMES)))]
    return frame


@examples(200)
@given(frames())
def test_any_table_comes_back_as_it_was_returned(frame: pd.DataFrame) -> None:
    found = back(frame)
    assert_exactly(frame, found)
    assert codec.encode(found).fingerprint == codec.encode(frame).fingerprint


def test_what_is_read_may_be_written_to() -> None:
    for value in (pd.DataFrame({"v": pd.array([1, None], dtype="Int64"), "n": [1.5, 2.5]}), SERIES["named"]):
        found = back(value)
        found.iloc[0] = 7
        assert_exactly(value, back(value))
