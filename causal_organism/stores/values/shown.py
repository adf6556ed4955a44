"""Stored tables for people and other programs: rows of plain cells, and tables of Arrow with true types."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import About
from causal_organism.stores.values.frames import NULLS, OTHER_INDEX, restore_frame, restore_series
from causal_organism.stores.values.objects import DECIMAL, Shape, cell_of_text, decimals_of
from causal_organism.stores.values.pandas_columns import restore_column

if TYPE_CHECKING:
    import pyarrow as pa

ID = "id"
_INDEX = "index"  # what an index is called beside a column `id`


def shown_rows(table: pa.Table, about: About) -> tuple[list[str], list[list[Any]]]:
    """(columns, rows), the entity first as `id`; nulls and not-a-number are None.

    The entity is the column `id` where there is one, else the index: of several levels a tuple, and where there is
    none the number of the row.
    """
    index = about.get("index")
    names = _columns(table, about)
    cells = {name: _cells(table.column(name), _shape(about, name)) for name in names}
    if ID in cells:
        ids = cells.pop(ID)
        if OTHER_INDEX in cells:
            cells[free_name(_INDEX, names)] = cells.pop(OTHER_INDEX)
    elif isinstance(index, list):
        ids = list(zip(*(cells.pop(name) for name in index), strict=True))
    else:
        ids = cells.pop(index) if index else list(range(table.num_rows))
    rows = [[_plain(cell) for cell in row] for row in zip(ids, *cells.values(), strict=True)]
    return [ID, *cells], rows


def shown_table(table: pa.Table, about: About) -> pa.Table:
    """The same as Arrow, for files: what pandas reads from them is the value, what others read has true types."""
    import pyarrow as pa

    names = _columns(table, about)
    other = free_name(_INDEX, names)
    columns = {name: _shown_column(table.column(name), _shape(about, name)) for name in names}
    found = pa.table({other if name == OTHER_INDEX else name: each for name, each in columns.items()})
    if "index" not in about.get("schema", {}):
        return found
    index = about["index"] if isinstance(about["index"], list) else [about["index"]]
    shown = [other if name == OTHER_INDEX else name for name in index if name in names]
    with_schema = found.replace_schema_metadata(_metadata(table, about, shown))
    try:
        with_schema.slice(0, 0).to_pandas()
    except Exception:  # noqa: BLE001 - of types that pandas itself writes and does not read again
        return found
    return with_schema


def free_name(name: str, taken: Sequence[str]) -> str:
    """The name, or one like it that is not taken."""
    while name in taken:
        name = f"{name}_"
    return name


def _columns(table: pa.Table, about: About) -> list[str]:
    """Columns of the table to show: not which nulls there are, and no index that only counts rows beside an `id`."""
    levels = about.get("schema", {}).get("index")
    counts = bool(levels) and "range" in levels[0] and about.get("index") == OTHER_INDEX
    hidden = {OTHER_INDEX} if counts else set()
    return [name for name in table.column_names if not name.startswith(NULLS) and name not in hidden]


def _shape(about: About, name: str) -> Shape | None:
    """What stands beside a column, or a level of the index."""
    schema = about.get("schema", {})
    index = about.get("index")
    levels = [index] if isinstance(index, str) else index or []
    if name in levels and "index" in schema:
        shape: Shape = schema["index"][levels.index(name)]["shape"]
        return shape
    found: Shape | None = schema.get("columns", {}).get(name)
    return found


def _cells(column: Any, shape: Shape | None) -> list[Any]:
    if isinstance(shape, dict) and shape.get("cells") == "json":
        return [None if text is None else cell_of_text(text) for text in column.to_pylist()]
    if isinstance(shape, dict) and shape.get("cells") == DECIMAL:
        return list(decimals_of(column))
    if _is_period(shape):
        return list(_period_texts(column, shape))
    found: list[Any] = column.to_pylist()
    return found


def _shown_column(column: Any, shape: Shape | None) -> Any:
    import pyarrow as pa

    if isinstance(shape, dict) and shape["dtype"].startswith(("period", "interval")):
        return pa.array(restore_column(column, shape))  # a type of pandas's own
    if isinstance(shape, dict) and shape.get("cells") == DECIMAL:
        with suppress(pa.ArrowInvalid, TypeError):  # of one scale; not-a-number stays a text
            return pa.array(decimals_of(column))
    if pa.types.is_dictionary(column.type) and pa.types.is_nested(column.type.value_type):
        return pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], column.type.value_type)
    return column


def _is_period(shape: Shape | None) -> bool:
    return isinstance(shape, dict) and shape["dtype"].startswith("period")


def _period_texts(column: Any, shape: Any) -> list[str | None]:
    periods = restore_column(column, shape)
    return [None if empty else str(each) for each, empty in zip(periods, periods.isna(), strict=True)]


def _metadata(table: pa.Table, about: About, index: Sequence[str]) -> dict[bytes, bytes]:
    """What pandas reads a table by, as pandas itself writes it. `index`: what its levels are called here."""
    import warnings

    import pyarrow as pa

    empty, schema = table.slice(0, 0), about["schema"]
    if "name" in schema:
        frame = restore_series(empty, about).to_frame(*schema["columns"])
    else:
        frame = restore_frame(empty, about)
        if not _is_read_again(frame.columns):
            frame.columns = [str(each) for each in frame.columns]
    with warnings.catch_warnings():  # of names that are not text; the table has them as text
        warnings.simplefilter("ignore", UserWarning)
        said = json.loads(pa.Table.from_pandas(frame, preserve_index=True).schema.metadata[b"pandas"])
    return {b"pandas": json.dumps(_renamed(said, index)).encode()}


def _is_read_again(labels: Any) -> bool:
    return labels.nlevels > 1 or labels.dtype.kind in "iufM" or labels.dtype.name == "object"


def _renamed(said: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """pandas's own words with our names for the index; without it where it only counts the rows."""
    was = [each for each in said["index_columns"] if isinstance(each, str)]
    new = dict(zip(was, names, strict=False))
    columns = [
        {**each, "field_name": new.get(each["field_name"], each["field_name"])}
        for each in said["columns"]
        if each["field_name"] not in was or each["field_name"] in new
    ]
    return {**said, "index_columns": list(new.values()), "columns": columns}


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell != cell:
        return None
    if isinstance(cell, tuple):
        return tuple(map(_plain, cell))
    return cell.isoformat() if hasattr(cell, "isoformat") else cell
