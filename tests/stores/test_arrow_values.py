"""Arrow tables of other libraries: what their schema says belongs to them, and no two contents are taken for one."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from causal_organism.errors import UnstorableError
from causal_organism.stores.values import codec, patches

PLAIN = pa.table({"id": ["p"], "n": [1]})
COUNTED = PLAIN.schema.field("n")
TIME = pa.time64("ns")


def back(table: pa.Table) -> pa.Table:
    encoded = codec.encode(table)
    return codec.decode(encoded.kind, encoded.to_bytes(), encoded.about)


def with_field(field: pa.Field) -> pa.Table:
    return pa.table([PLAIN["id"], PLAIN["n"]], schema=pa.schema([PLAIN.schema.field("id"), field]))


SAID = {
    "nothing": PLAIN,
    "metadata": PLAIN.replace_schema_metadata({"unit": "eur"}),
    "other metadata": PLAIN.replace_schema_metadata({"unit": "usd"}),
    "not null": with_field(COUNTED.with_nullable(False)),
    "metadata of a column": with_field(COUNTED.with_metadata({"unit": "eur"})),
}


@pytest.mark.parametrize("name", SAID)
def test_what_the_schema_of_a_table_says_comes_back(name: str) -> None:
    assert back(SAID[name]).schema.equals(SAID[name].schema, check_metadata=True)


def test_tables_whose_schemas_say_something_else_are_a_change() -> None:
    assert len({codec.encode(each).fingerprint for each in SAID.values()}) == len(SAID)


def test_a_patch_does_not_take_over_what_another_schema_says() -> None:
    assert patches.between(PLAIN, PLAIN, "id") is not None
    assert patches.between(PLAIN, SAID["metadata"], "id") is None


@pytest.mark.parametrize(
    "kind",
    [
        TIME, pa.list_(TIME), pa.large_list(TIME), pa.list_(TIME, 1), pa.struct({"a": TIME, "b": pa.list_(TIME)}),
        pa.map_(pa.string(), TIME), pa.dictionary(pa.int8(), TIME),
    ],
    ids=str,
)  # fmt: skip
def test_a_nanosecond_is_a_change(kind: pa.DataType) -> None:
    def table(moment: int) -> pa.Table:
        if pa.types.is_dictionary(kind):
            return pa.table({"v": pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array([moment], TIME))})
        cells: dict[str, Any] = {"time64[ns]": moment, "map": [("x", moment)], "struct": {"a": 0, "b": [moment]}}
        return pa.table({"v": pa.array([cells.get(str(kind).partition("<")[0], [moment])], kind)})

    assert back(table(1)).equals(table(1))
    assert codec.encode(table(1)).fingerprint != codec.encode(table(2)).fingerprint


def test_a_type_whose_nanoseconds_could_not_be_told_apart_is_refused() -> None:
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array([1], TIME))
    with pytest.raises(UnstorableError, match=r"the column v cannot be stored: its type run_end_encoded<.*> is not"):
        codec.encode(pa.table({"v": runs}))


def test_tables_put_together_of_some_with_categories_of_their_own_are_kept() -> None:
    def part(label: str) -> pa.Table:
        return pa.table({"id": [label], "kind": pa.array([label]).dictionary_encode()})

    found = back(pa.concat_tables([part("a"), part("b")]))
    assert found.to_pydict() == {"id": ["a", "b"], "kind": ["a", "b"]}
    assert found.schema == part("a").schema
