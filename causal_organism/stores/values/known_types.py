"""One type per column across the versions of an asset: a column that holds nothing has the type that it had before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def with_types(table: pa.Table, earlier: Callable[[], pa.Schema | None], *, nested: bool = True) -> pa.Table:
    """The table; its columns without a single cell with the types of `earlier`, which is asked only then.

    `nested`: also lists without an item, and the like.
    """
    import pyarrow as pa

    is_unknown = _holds_null if nested else pa.types.is_null
    unknown = [at for at, field in enumerate(table.schema) if is_unknown(field.type)]
    schema = earlier() if unknown else None
    if schema is None:
        return table
    for at in unknown:
        name = table.column_names[at]
        found = schema.get_field_index(name)
        if found >= 0:
            table = table.set_column(at, name, _typed(table.column(at), schema.field(found).type))
    return table


def _holds_null(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_null(kind):
        return True
    return pa.types.is_nested(kind) and any(_holds_null(kind.field(at).type) for at in range(kind.num_fields))


def _typed(column: Any, kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_null(column.type):
        return pa.nulls(len(column), kind)
    try:
        return column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):  # it has changed in more than that
        return column
