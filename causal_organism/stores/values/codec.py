"""Values as bytes, and their fingerprints. A value is JSON, or columns per entity.

Columns come as a pandas DataFrame or Series (index: entity), an Arrow table, or a dict of one-dimensional numpy arrays
of equal length. All of them are stored as an Arrow table, what Arrow does not say of them stands beside it, and they
come back as what they were. What cannot be kept is refused by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import About
from causal_organism.assets.json_values import plain_json
from causal_organism.assets.versions import canonical_json, fingerprint, fingerprint_json
from causal_organism.errors import DamagedValueError, UnstorableError
from causal_organism.stores.values.arrays import restore_arrays, store_arrays
from causal_organism.stores.values.frames import INDEX, NULLS, restore_frame, restore_series, store_frame, store_series
from causal_organism.stores.values.json_marks import has_tuples, marked, unmarked
from causal_organism.stores.values.known_types import with_types
from causal_organism.stores.values.table_parts import table_parts
from causal_organism.stores.values.unstorable import check_labels, check_names, refusing

if TYPE_CHECKING:
    import pyarrow as pa

JSON, FRAME, SERIES, ARROW, ARRAYS = "json", "frame", "series", "arrow", "arrays"


@dataclass(frozen=True, slots=True)
class Encoded:
    """One value: what kind, its fingerprint, and how to write it. `about`: see `assets.contents`."""

    kind: str
    fingerprint: str
    content: Any  # JSON, or an Arrow table
    about: About = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        if self.kind == JSON:
            return json.dumps(self.content, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return table_bytes(self.content)


def encode(value: Any, *, earlier: Callable[[], pa.Schema | None] = lambda: None) -> Encoded:
    """`earlier`: the columns that the asset had before, for the types of those which hold nothing now.

    Raises UnstorableError for what cannot be stored, whatever it does when it is looked at.
    """
    with refusing(value):
        return _encode(value, earlier)


def _encode(value: Any, earlier: Callable[[], pa.Schema | None]) -> Encoded:
    kind = kind_of(value)
    if kind == JSON:
        plain = plain_json(value)
        if not has_tuples(value):
            return Encoded(JSON, fingerprint_json(plain), plain)
        with_marks = marked(value)
        return Encoded(JSON, fingerprint("json with tuples", canonical_json(with_marks)), with_marks, {"tuples": True})
    given, about = _to_table(value, kind)
    table = with_types(given, earlier, nested=kind != ARROW)
    if kind == ARROW and (schema := _beside_types(given, table)):
        about = {**about, "schema": schema}
    index = about["index"] if isinstance(about["index"], list) else [about["index"]]
    columns = [name for name in table.column_names if name not in index and not name.startswith(NULLS)]
    about = {**about, "rows": table.num_rows, "columns": columns}
    if kind in (ARROW, ARRAYS):
        about["types"] = {name: str(given.schema.field(name).type) for name in columns}
    return Encoded(kind, table_fingerprint(table, kind, about), table, about)


def decode(kind: str, body: bytes, about: About) -> Any:
    """The value as it was given. Raises DamagedValueError."""
    if kind == JSON:
        try:
            found = json.loads(body)
        except ValueError as error:
            raise DamagedValueError(f"stored JSON does not parse: {error}") from error
        return unmarked(found) if about.get("tuples") else found
    return from_table(read_table(body), kind, about)


def read_table(body: bytes) -> pa.Table:
    """The Arrow table in these bytes. Raises DamagedValueError."""
    import pyarrow as pa

    try:
        return pa.ipc.open_file(pa.BufferReader(body)).read_all()
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedValueError(f"a stored table does not parse: {error}") from error


def table_fingerprint(table: pa.Table, kind: str, about: About) -> str:
    """That of the value which is stored as this table."""
    index = about.get("index")
    parts = table_parts(table, index if isinstance(index, str) else None, ordered=kind != ARRAYS)
    return fingerprint(kind, canonical_json([index, about.get("schema")]), *parts)


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


def _to_table(value: Any, kind: str) -> tuple[pa.Table, About]:
    if kind == FRAME:
        return store_frame(value)
    if kind == SERIES:
        return store_series(value)
    if kind == ARROW:
        check_names(value.column_names)
        check_labels(value)
        # Chunks with categories of their own, as tables put together have, are one column with all of them.
        return value.unify_dictionaries(), {"index": INDEX if INDEX in value.column_names else None}
    table, about = store_arrays(value)
    return table, {"index": INDEX if INDEX in value else None, **about}


def _beside_types(given: pa.Table, table: pa.Table) -> dict[str, Any]:
    """What is to be known of an Arrow table beside its columns: types it did not have, and what its schema says."""
    typed = [was.name for was, now in zip(given.schema, table.schema, strict=True) if was.type != now.type]
    said = [(each.name, each.nullable, each.metadata) for each in given.schema if not each.nullable or each.metadata]
    is_plain = not said and not given.schema.metadata
    return {
        **({"null": typed} if typed else {}),
        **({} if is_plain else {"said": fingerprint(repr(said), repr(given.schema.metadata))}),
    }


def from_table(table: pa.Table, kind: str, about: About) -> Any:
    """The value that was stored as this table."""
    if kind == ARROW:
        return _as_given(table, about.get("schema", {}).get("null", ()))
    if kind == ARRAYS:
        return restore_arrays(table, about)
    if "schema" not in about:
        return _stored_before(table, kind, about)
    return restore_frame(table, about) if kind == FRAME else restore_series(table, about)


def _as_given(table: pa.Table, untyped: Any) -> pa.Table:
    import pyarrow as pa

    for name in untyped:
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.nulls(table.num_rows))
    return table


def _stored_before(table: pa.Table, kind: str, about: About) -> Any:
    """Of a version from when the schema of pandas was not kept."""
    frame = table.to_pandas().set_index(about["index"])
    frame.index.name = about.get("index_name")
    if kind == FRAME:
        return frame
    series = frame.iloc[:, 0]
    return series if about.get("named", True) else series.rename(None)


def table_bytes(table: pa.Table) -> bytes:
    """An Arrow table as a file in Arrow's format, compressed."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        if table.num_rows:
            writer.write_table(table)
        else:  # of which nothing would be written, and so no categories
            arrays = [each.chunk(0) if each.num_chunks else pa.array([], each.type) for each in table.columns]
            writer.write_batch(pa.record_batch(arrays, schema=table.schema))
    return bytes(sink.getvalue())
