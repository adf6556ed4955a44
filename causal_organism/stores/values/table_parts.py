"""Parts of a table's fingerprint: its columns in their order, their types, and every cell in its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from causal_organism.assets.versions import canonical_json, fingerprint
from causal_organism.errors import UnstorableError
from causal_organism.stores.values.unstorable import column_refused

if TYPE_CHECKING:
    import pyarrow as pa

Part = bytes | memoryview | str

_FINER = "time64[ns]"
"""The one type whose cells Python has no form for: its times end at microseconds."""


def table_parts(table: pa.Table, index: str | None, *, ordered: bool) -> list[Part]:
    """`index`: the column of entities, which the values of one network share. `ordered`: the columns have an order."""
    parts: list[Part] = [str(table.num_rows)]
    for name in table.column_names if ordered else sorted(table.column_names):
        with column_refused("the index" if name == index else f"the column {name}"):
            column = table.column(name)
            parts += [name, str(column.type), *(_entities(column) if name == index else _column_parts(column))]
    return parts


_last_entities: list[tuple[Any, list[Part]]] = []  # of one network; making text of them is most of the cost


def _entities(column: Any) -> list[Part]:
    for known, parts in _last_entities:
        if known.equals(column):
            return list(parts)
    found: list[Part] = [fingerprint(*_column_parts(column))]
    _last_entities[:] = [(column, found)]
    return found


def _column_parts(column: Any) -> list[Part]:
    import numpy as np
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # several chunks of text stay chunks above 2 GiB
        return [part for chunk in array.chunks for part in _column_parts(chunk)]
    if isinstance(array, pa.DictionaryArray):
        return [str(array.type.ordered), *_column_parts(array.dictionary), *_column_parts(array.indices)]
    kinds = pa.types
    if kinds.is_floating(array.type):
        numbers = array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False) + 0.0  # -0.0 is 0.0
        numbers[np.isnan(numbers)] = np.nan  # one not-a-number
        return [_bytes_of(numbers), _nulls(array)]
    if kinds.is_integer(array.type) or kinds.is_boolean(array.type):
        filled = array.fill_null(False if kinds.is_boolean(array.type) else 0) if array.null_count else array
        return [_bytes_of(filled.to_numpy(zero_copy_only=False)), _nulls(array)]
    if kinds.is_string(array.type) or kinds.is_large_string(array.type):
        return [fingerprint(*(each or "" for each in array.to_pylist())), _nulls(array)]
    if _FINER in str(array.type):
        return [canonical_json([_text(each) for each in array.cast(_counted(array.type)).to_pylist()])]
    return [canonical_json([_text(each) for each in array.to_pylist()])]


def _counted(kind: pa.DataType) -> pa.DataType:
    """The type with numbers for times of a day that Python would cut."""
    import pyarrow as pa

    if str(kind) == _FINER:
        return pa.int64()
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(_counted(each.type)) for each in kind])
    if pa.types.is_map(kind):
        return pa.map_(_counted(kind.key_type), _counted(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.list_(_counted(kind.value_type))
    if _FINER in str(kind):
        raise UnstorableError(f"its type {kind} is not kept")
    return kind


def _text(cell: Any) -> str | None:
    return None if cell is None else repr(cell) if isinstance(cell, (dict, list)) else str(cell)


def _nulls(array: Any) -> bytes:
    import numpy as np

    return np.packbits(array.is_null().to_numpy(zero_copy_only=False)).tobytes() if array.null_count else b""


def _bytes_of(numbers: Any) -> memoryview:
    """What the numbers are, not copied."""
    import numpy as np

    whole: memoryview = np.ascontiguousarray(numbers).view(np.uint8).data
    return whole
