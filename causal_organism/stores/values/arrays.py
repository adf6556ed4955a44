"""Dicts of numpy arrays of one length as Arrow tables, and back; types that Arrow does not have stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import About
from causal_organism.errors import UnstorableError
from causal_organism.stores.values.objects import Shape, restore_objects, store_objects
from causal_organism.stores.values.unstorable import check_names, column_refused

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_NULLS = "__nulls__:"


def store_arrays(value: Mapping[str, NDArray[Any]]) -> tuple[pa.Table, About]:
    """(table, what stands beside it). Raises UnstorableError, by the name of the array."""
    import pyarrow as pa

    check_names(value)
    lengths = {name: array.shape for name, array in value.items()}
    if any(len(shape) != 1 for shape in lengths.values()) or len(set(lengths.values())) != 1:
        raise UnstorableError(
            f"the value holds arrays that are not columns of one table: {lengths}; give each one dimension, "
            "and all the same length"
        )
    columns: dict[str, Any] = {}
    shapes: dict[str, Shape] = {}
    for name, array in value.items():
        with column_refused(f"the array {name}"):
            columns[name], shape, nulls = _stored(array)
        if shape is not None:
            shapes[name] = shape
        if nulls is not None:
            check_names((_NULLS + name, *value))
            columns[_NULLS + name] = nulls
    return pa.table(columns), {"schema": {"columns": shapes}} if shapes else {}


def restore_arrays(table: pa.Table, about: About) -> dict[str, NDArray[Any]]:
    """The arrays that were stored, by name."""
    shapes = about.get("schema", {}).get("columns", {})
    return {
        name: _restored(table, name, shapes.get(name)) for name in table.column_names if not name.startswith(_NULLS)
    }


def _stored(array: Any) -> tuple[Any, Shape | None, Any]:
    """(Arrow array, its shape where Arrow's type is not all, numbers of nulls)."""
    import pyarrow as pa

    if array.dtype == object:
        if not array.flags.writeable:
            return _stored_sealed(array)
        return _plain_objects(*store_objects(array))
    found = pa.array(array, from_pandas=True)
    back = found.slice(0, 0).to_numpy(zero_copy_only=False).dtype
    if array.dtype.kind == "U":
        return found, str(array.dtype), None
    if back != array.dtype:
        raise UnstorableError(f"its type {array.dtype} is not kept; change it with .astype(…)")
    return found, None, None


def _plain_objects(array: Any, shape: Shape, nulls: Any) -> tuple[Any, Shape | None, Any]:
    import pyarrow as pa

    return array, None if shape == "object" and pa.types.is_string(array.type) else shape, nulls


def _stored_sealed(array: Any) -> tuple[Any, Shape | None, Any]:
    import pyarrow as pa

    for known, before in _last_sealed:
        if known is array:
            return before
    stored = _plain_objects(*store_objects(array))
    _last_sealed[:] = [(array, stored)]
    if pa.types.is_string(stored[0].type) and not stored[0].null_count:
        _last_texts[:] = [(pa.chunked_array([stored[0]]), array)]  # what is read is then the very same
    return stored


_last_sealed: list[tuple[Any, tuple[Any, Shape | None, Any]]] = []  # the ids of a snapshot, which all its views share


def _restored(table: pa.Table, name: str, shape: Shape | None) -> Any:
    import pyarrow as pa

    column = table.column(name)
    if shape is None:
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        return _texts(column) if is_text else column.to_numpy()
    if isinstance(shape, str) and shape != "object":
        return column.to_numpy().astype(shape)
    return restore_objects(column, shape, table.column(_NULLS + name) if _NULLS + name in table.column_names else None)


def _texts(column: Any) -> Any:
    import numpy as np

    for known, texts in _last_texts:
        if known.equals(column):
            return texts
    texts = np.array(column.to_pylist(), dtype=object)
    texts.setflags(write=False)  # as the columns of numbers are
    _last_texts[:] = [(column, texts)]
    return texts


_last_texts: list[tuple[Any, Any]] = []  # the same people stand in every view
