"""A table as what changed since another: rows that differ, in place, and rows behind them.

A patch fits where the entities of the earlier table are the first ones of the later table, in the same order: people
come, and numbers move. Whatever else happened is stored whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from causal_organism.assets.tables.cells import joined
from causal_organism.assets.tables.changes import changes

if TYPE_CHECKING:
    import pyarrow as pa

PLACE = "__place__"


def between(was: pa.Table, now: pa.Table, index: str | None) -> pa.Table | None:
    """The rows of `now` that differ, with their place in it; None where a patch does not fit.

    Columns, their types and the entities that were there have to be the same.
    """
    import numpy as np
    import pyarrow as pa

    if (
        not was.schema.equals(now.schema, check_metadata=True)
        or PLACE in now.column_names
        or not all(map(_is_plain, now.schema.types))
    ):
        return None
    found = changes(_columns(was), _columns(now), key=index)
    if not found.pairs.is_growth:
        return None
    places = np.concatenate((found.moved_in_bits(), found.pairs.added))
    return now.take(pa.array(places)).append_column(PLACE, pa.array(places.astype(np.int32)))


def apply(was: pa.Table, patches: Sequence[pa.Table]) -> pa.Table:
    """The table after some patches, the earliest first. Cost: a copy of the columns that moved."""
    import numpy as np
    import pyarrow as pa

    patch = pa.concat_tables(patches).combine_chunks()
    # Of a row that several change, the last one stays: said of assignment to an index that stands there again.
    latest = np.full(max(was.num_rows, int(patch.column(PLACE).to_numpy().max(initial=-1)) + 1), -1, dtype=np.int64)
    latest[patch.column(PLACE).to_numpy()] = np.arange(patch.num_rows)
    places = np.flatnonzero(latest >= 0)
    rows = patch.drop_columns([PLACE]).take(pa.array(latest[places]))
    if len(latest) == was.num_rows:
        columns = [_moved(was.column(name), rows.column(name), places) for name in was.column_names]
        return pa.table(columns, schema=was.schema)
    # Row by row, where its content stands in both tables put one behind the other.
    source = np.arange(len(latest), dtype=np.int64)
    source[places] = was.num_rows + np.arange(len(places))
    return pa.concat_tables([was, rows]).take(pa.array(source)).combine_chunks()


def _moved(was: Any, rows: Any, places: Any) -> Any:
    """A column with some of its places changed; the same one where they are as they were, as names always are."""
    import numpy as np
    import pyarrow as pa

    was, rows = joined(was), joined(rows)
    where = pa.array(places)
    if not pa.types.is_floating(was.type) and was.take(where).equals(rows):
        return was
    if was.null_count == 0 == rows.null_count and (pa.types.is_integer(was.type) or pa.types.is_floating(was.type)):
        values = was.to_numpy().copy()
        values[places] = rows.to_numpy()
        return pa.array(values, type=was.type)
    source = np.arange(len(was), dtype=np.int64)
    source[places] = len(was) + np.arange(len(places))
    return pa.concat_arrays([was, rows]).take(pa.array(source))


def _is_plain(kind: pa.DataType) -> bool:
    """Numbers, truth, times and text; not what is nested or has a dictionary of its own."""
    import pyarrow as pa

    return bool(pa.types.is_primitive(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _columns(table: pa.Table) -> dict[str, Any]:
    return dict(zip(table.column_names, table.columns, strict=True))
