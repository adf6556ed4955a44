"""A table as what changed since another: rows that differ, in place, and rows behind them.

A patch fits where the entities of the earlier table are the first ones of the later table, in the same order: people
come, and numbers move. Whatever else happened is stored whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

PLACE = "__place__"


def between(was: pa.Table, now: pa.Table, index: str | None) -> pa.Table | None:
    """The rows of `now` that differ, with their place in it; None where a patch does not fit.

    Columns, their types and the entities that were there have to be the same.
    """
    import numpy as np
    import pyarrow as pa

    if was.schema != now.schema or was.num_rows > now.num_rows or PLACE in now.column_names:
        return None
    if not all(map(_is_plain, now.schema.types)):
        return None
    if index is not None and not _alike(was.column(index), now.column(index).slice(0, was.num_rows)):
        return None
    differs = np.ones(now.num_rows, dtype=np.bool_)
    differs[: was.num_rows] = False
    for name in now.column_names:
        if name != index:
            differs[: was.num_rows] |= _differing(was.column(name), now.column(name).slice(0, was.num_rows))
    places = np.flatnonzero(differs)
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

    was, rows = _joined(was), _joined(rows)
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


def _alike(one: Any, other: Any) -> bool:
    return bool(one.equals(other))


def _differing(was: Any, now: Any) -> Any:
    """Which places differ; null equals null, not-a-number equals not-a-number, and 0.0 is not -0.0."""
    import numpy as np
    import pyarrow as pa

    was, now = _joined(was), _joined(now)
    if pa.types.is_floating(was.type) and was.null_count == 0 == now.null_count:
        whole = {16: np.uint16, 32: np.uint32, 64: np.uint64}[was.type.bit_width]
        return was.to_numpy().view(whole) != now.to_numpy().view(whole)
    if pa.types.is_integer(was.type) and was.null_count == 0 == now.null_count:
        return was.to_numpy() != now.to_numpy()
    pairs = zip(was.to_pylist(), now.to_pylist(), strict=True)
    return np.fromiter((a != b and not (a != a and b != b) for a, b in pairs), dtype=np.bool_, count=len(was))


def _joined(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray) and column.num_chunks == 1:
        return column.chunk(0)  # joining would copy it
    found = column.combine_chunks()
    return found if not isinstance(found, pa.ChunkedArray) else pa.concat_arrays(found.chunks)
