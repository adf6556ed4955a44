"""A table and what changed since give the later table, to the bit, over any number of patches."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.stores.values.patches import apply, between

FLOATS = st.sampled_from([0.0, -0.0, 1.5, -2.0, math.nan, math.inf])
ROW = st.tuples(FLOATS, st.integers(-3, 3), st.sampled_from(["x", "y", None]), st.sampled_from([1, 2, None]))
SCHEMA = pa.schema(
    [("id", pa.string()), ("float", pa.float64()), ("whole", pa.int64()), ("text", pa.string()), ("gaps", pa.int32())]
)


def table_of(rows: list[Any]) -> pa.Table:
    columns = [[f"p{at}" for at in range(len(rows))], *([row[at] for row in rows] for at in range(4))]
    return pa.table([pa.array(each, type=field.type) for each, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


def exact(table: pa.Table) -> list[Any]:
    return [[repr(cell) for cell in column.to_pylist()] for column in table.columns]


@st.composite
def histories(draw: st.DrawFn) -> list[list[Any]]:
    """Rows of one table after another: some change, some come."""
    found = [draw(st.lists(ROW, min_size=1, max_size=6))]
    for _ in range(draw(st.integers(1, 5))):
        rows = list(found[-1])
        for at, row in draw(st.dictionaries(st.integers(0, len(rows) - 1), ROW, max_size=3)).items():
            rows[at] = row
        found.append(rows + draw(st.lists(ROW, max_size=2)))
    return found


@given(histories())
def test_patches_lead_to_the_later_table(history: list[list[Any]]) -> None:
    tables = [table_of(rows) for rows in history]
    patches = [between(was, now, "id") for was, now in pairwise(tables)]
    assert all(each is not None for each in patches)
    found = apply(tables[0], [each for each in patches if each is not None])
    assert found.schema == tables[-1].schema
    assert exact(found) == exact(tables[-1])


def test_a_column_that_did_not_move_is_the_same_one() -> None:
    was = table_of([(1.0, 1, "x", 1), (2.0, 2, "y", None)])
    now = table_of([(1.0, 1, "x", 1), (3.0, 2, "y", None)])
    patch = between(was, now, "id")
    assert patch is not None
    found = apply(was, [patch])
    assert found.column("id").chunk(0).buffers()[2].address == was.column("id").chunk(0).buffers()[2].address
