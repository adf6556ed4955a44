"""Values as bytes, and their fingerprints. A value is JSON, or columns per entity.

Columns come as a pandas DataFrame or Series (index: entity), an Arrow table, or a dict of one-dimensional numpy arrays
of equal length. All of them are stored as an Arrow table and come back as what they were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from causal_organism.assets.json_values import plain_json
from causal_organism.assets.versions import canonical_json, fingerprint, fingerprint_json
from causal_organism.errors import DamagedValueError, UnstorableError
from causal_organism.stores.values.unstorable import check_names, checked_name, column_refused, refusing

if TYPE_CHECKING:
    import pyarrow as pa

JSON, FRAME, SERIES, ARROW, ARRAYS = "json", "frame", "series", "arrow", "arrays"
INDEX = "id"

Part = bytes | memoryview | str
"""Of a fingerprint."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One value: what kind, its fingerprint, and how to write it. `about` goes into the place of the content."""

    kind: str
    fingerprint: str
    content: Any  # JSON text, or an Arrow table
    about: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        if self.kind == JSON:
            return json.dumps(self.content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return table_bytes(self.content)


def encode(value: Any) -> Encoded:
    """Raises UnstorableError for what cannot be stored, whatever it does when it is looked at."""
    with refusing(value):
        return _encode(value)


def _encode(value: Any) -> Encoded:
    kind = kind_of(value)
    if kind == JSON:
        plain = plain_json(value)
        return Encoded(JSON, fingerprint_json(plain), plain)
    table, about = _to_table(value, kind)
    rows = {"rows": table.num_rows, "columns": [name for name in table.column_names if name != about.get("index")]}
    return Encoded(kind, fingerprint(kind, *_table_parts(table, about.get("index"))), table, {**about, **rows})


def decode(kind: str, body: bytes, about: Mapping[str, Any]) -> Any:
    """The value as it was given. Raises DamagedValueError."""
    if kind == JSON:
        try:
            return json.loads(body)
        except ValueError as error:
            raise DamagedValueError(f"stored JSON does not parse: {error}") from error
    return from_table(read_table(body), kind, about)


def read_table(body: bytes) -> pa.Table:
    import pyarrow as pa

    try:
        return pa.ipc.open_file(pa.BufferReader(body)).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedValueError(f"a stored table does not parse: {error}") from error


def table_fingerprint(table: pa.Table, about: Mapping[str, Any]) -> str:
    """That of the value which is stored as this table; `about`: its place."""
    return fingerprint(about["format"], *_table_parts(table, about.get("index")))


def table_rows(table: pa.Table, about: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """(columns, rows), the entity first as `id`; nulls and not-a-number are None."""
    index = about.get("index")
    names = [name for name in table.column_names if name != index]
    columns = ([table.column(index)] if index else [list(range(table.num_rows))]) + [table.column(n) for n in names]
    lists = [each if isinstance(each, list) else each.to_pylist() for each in columns]
    rows = [[_plain(cell) for cell in row] for row in zip(*lists, strict=True)]
    return ["id", *names], rows


def kind_of(value: Any) -> str:
    """Which kind of value this is, without importing anything that the value did not bring along."""
    module, name = type(value).__module__.partition(".")[0], type(value).__name__
    if module == "pandas":
        if name in ("DataFrame", "Series"):
            return FRAME if name == "DataFrame" else SERIES
        raise UnstorableError(f"the value is a pandas {name}; a value per entity is a DataFrame or a Series")
    if module == "pyarrow" and name == "Table":
        return ARROW
    if isinstance(value, dict) and value and all(type(each).__name__ == "ndarray" for each in value.values()):
        return ARRAYS
    return JSON


def _to_table(value: Any, kind: str) -> tuple[pa.Table, dict[str, Any]]:
    import pyarrow as pa

    if kind == ARROW:
        check_names(value.column_names)
        return value, {"index": INDEX if INDEX in value.column_names else None}
    if kind == ARRAYS:
        return _arrays_table(value), {"index": INDEX if INDEX in value else None}
    frame = value.to_frame(name=value.name if value.name is not None else "value") if kind == SERIES else value
    if frame.index.nlevels > 1:
        raise UnstorableError("the value has an index of several levels; one entity is one label: join them as text")
    names = [str(name) for name in frame.columns]
    index = INDEX if INDEX not in names else "__index__"
    check_names((*names, index))
    about = {"index": index, "index_name": checked_name(frame.index.name, "the name of the index")}
    if kind == SERIES:
        about["named"] = value.name is not None
    columns = [_arrow("the index", frame.index)]
    columns += [_decoded(_arrow(f"the column {name}", frame.iloc[:, at])) for at, name in enumerate(names)]
    return pa.table(columns, names=[index, *names]), about


def _arrow(what: str, values: Any) -> Any:
    import pyarrow as pa

    with column_refused(what):
        return pa.array(values, from_pandas=True)


def _decoded(array: Any) -> Any:
    import pyarrow as pa

    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _arrays_table(value: Mapping[str, Any]) -> pa.Table:
    import pyarrow as pa

    check_names(value)
    lengths = {name: array.shape for name, array in value.items()}
    if any(len(shape) != 1 for shape in lengths.values()) or len(set(lengths.values())) != 1:
        raise UnstorableError(
            f"the value holds arrays that are no columns of one table: {lengths}; give each one dimension, "
            "and all the same length"
        )
    columns = {}
    for name, array in value.items():
        with column_refused(f"the array {name}"):
            columns[name] = _arrow_array(array)
    return pa.table(columns)


def _arrow_array(array: Any) -> Any:
    import pyarrow as pa

    if array.dtype != object or array.flags.writeable:
        return pa.array(array, from_pandas=True)
    for known, converted in _last_sealed:
        if known is array:
            return converted
    converted = pa.array(array, from_pandas=True)
    _last_sealed[:] = [(array, converted)]
    if pa.types.is_string(converted.type) and not converted.null_count:
        _last_texts[:] = [(pa.chunked_array([converted]), array)]  # what is read is then the very same
    return converted


_last_sealed: list[tuple[Any, Any]] = []  # the ids of a snapshot, which all its views share


def from_table(table: pa.Table, kind: str, about: Mapping[str, Any]) -> Any:
    """The value that was stored as this table."""
    if kind == ARROW:
        return table
    if kind == ARRAYS:
        return {name: _array(table.column(name)) for name in table.column_names}
    frame = table.to_pandas()
    frame = frame.set_index(about["index"])
    frame.index.name = about.get("index_name")
    if kind == FRAME:
        return frame
    series = frame.iloc[:, 0]
    return series if about.get("named", True) else series.rename(None)


def _array(column: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        for known, texts in _last_texts:
            if known.equals(column):
                return texts
        texts = np.array(column.to_pylist(), dtype=object)
        texts.setflags(write=False)  # as the columns of numbers are
        _last_texts[:] = [(column, texts)]
        return texts
    return column.to_numpy()


_last_texts: list[tuple[Any, Any]] = []  # the same people stand in every view


def _table_parts(table: pa.Table, index: str | None) -> list[Part]:
    """Parts for the fingerprint: columns in order of name, rows in order of entity, one not-a-number."""
    entities = None
    if index is not None and table.num_rows:
        with column_refused("the index"):
            entities = _entities(table.column(index))
    parts: list[Part] = [str(table.num_rows)]
    for name in sorted(table.column_names):
        if entities and name == index:
            parts += [name, *entities.parts]
            continue
        with column_refused(f"the column {name}"):
            column = table.column(name)
            ordered = column if entities is None or entities.order is None else column.take(entities.order)
            parts += [name, *_column_parts(ordered)]
    return parts


@dataclass(frozen=True, slots=True, eq=False)
class _Entities:
    """A column of entities: how to put it in order (None: it is), and what it adds to a fingerprint."""

    column: Any
    order: Any
    parts: list[Part]


_last_entities: list[_Entities] = []  # the views of one network have the same; ordering them is most of the cost


def _entities(column: Any) -> _Entities:
    import pyarrow.compute as pc

    for last in _last_entities:
        if last.column.equals(column):
            return last
    order = pc.sort_indices(column)
    ordered = column.take(order)
    found = _Entities(column, None if ordered.equals(column) else order, _column_parts(ordered))
    _last_entities[:] = [found]
    return found


def _column_parts(column: Any) -> list[Part]:
    import numpy as np
    import pyarrow as pa

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # several chunks of text stay chunks above 2 GiB
        return [part for chunk in array.chunks for part in _column_parts(chunk)]
    if pa.types.is_floating(array.type):
        whole = array.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
        numbers = whole + 0.0  # -0.0 is 0.0, null is not-a-number
        numbers[np.isnan(numbers)] = np.nan
        return ["float", _bytes_of(numbers)]
    if pa.types.is_integer(array.type) and not array.null_count:
        return ["int", _bytes_of(array.to_numpy().astype(np.int64, copy=False)), b""]
    if pa.types.is_integer(array.type) or pa.types.is_boolean(array.type):
        kind = "bool" if pa.types.is_boolean(array.type) else "int"
        empty = array.is_null().to_numpy(zero_copy_only=False)
        filled = array.fill_null(False if kind == "bool" else 0).to_numpy(zero_copy_only=False)
        return [kind, filled.astype(np.int64).tobytes(), np.packbits(empty).tobytes() if empty.any() else b""]
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        return ["text", fingerprint(*("\0null" if each is None else each for each in array.to_pylist()))]
    return [str(array.type), canonical_json([str(each) if each is not None else None for each in array.to_pylist()])]


def _bytes_of(numbers: Any) -> memoryview:
    """What the numbers are, not copied."""
    import numpy as np

    whole: memoryview = np.ascontiguousarray(numbers).view(np.uint8).data
    return whole


def table_bytes(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell != cell:
        return None
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    return cell
