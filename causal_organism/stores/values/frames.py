"""DataFrames and Series as Arrow tables, with the schema of pandas beside them, and back: exactly what was given."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from causal_organism.assets.contents import About
from causal_organism.assets.json_values import plain_json
from causal_organism.errors import UnstorableError
from causal_organism.stores.values.json_marks import marked, unmarked
from causal_organism.stores.values.objects import Shape
from causal_organism.stores.values.pandas_columns import restore_column, store_column
from causal_organism.stores.values.unstorable import check_names, checked_name, column_refused

if TYPE_CHECKING:
    import pyarrow as pa

INDEX, OTHER_INDEX = "id", "__index__"
NULLS = "__nulls__:"
"""Begins the name of a column that says which null stands in each row of another."""


def store_frame(frame: Any) -> tuple[pa.Table, About]:
    """(table, what stands beside it) of a DataFrame. Raises UnstorableError, by the name of the column."""
    names = [str(name) for name in frame.columns]
    columns = {name: (f"the column {name}", frame.iloc[:, at]) for at, name in enumerate(names)}
    check_names((*names, *_index_names(frame.index, names)))
    table, about = _store(columns, frame.index)
    labels = _stored_labels(frame.columns, names)
    more = {**({} if labels is None else {"labels": labels}), **_stored_attrs(frame)}
    return table, {**about, "schema": {**about["schema"], **more}}


def store_series(series: Any) -> tuple[pa.Table, About]:
    """A pandas Series as an Arrow table, and what reading needs beside it. Raises UnstorableError."""
    name = "value" if series.name is None else str(series.name)
    check_names((name, *_index_names(series.index, [name])))
    table, about = _store({name: (f"the column {name}", series)}, series.index)
    label = checked_name(series.name, "the name of the series")
    return table, {**about, "schema": {**about["schema"], "name": label, **_stored_attrs(series)}}


def restore_frame(table: pa.Table, about: About) -> Any:
    """The DataFrame that was stored: index, order, names and dtypes are the same."""
    import pandas as pd

    schema = about["schema"]
    names = [name for name in table.column_names if name in schema["columns"]]  # stores of JSON keep no order
    index = _restored_index(table, about)
    columns = {
        at: pd.Series(_restored(table, name, shape), index=index, dtype=object if _is_object(shape) else None)
        for at, (name, shape) in enumerate((name, schema["columns"][name]) for name in names)
    }
    frame = pd.DataFrame(columns, index=index) if columns else pd.DataFrame(index=index)
    frame.columns = _restored_labels(schema["labels"]) if "labels" in schema else pd.Index(names, dtype=object)
    return _with_attrs(frame, schema)


def restore_series(table: pa.Table, about: About) -> Any:
    """The Series that was stored: index, name and dtype are the same."""
    import pandas as pd

    ((name, shape),) = about["schema"]["columns"].items()
    series = pd.Series(
        _restored(table, name, shape),
        index=_restored_index(table, about),
        name=unmarked(about["schema"]["name"]),
        dtype=object if _is_object(shape) else None,
        copy=True,
    )
    return _with_attrs(series, about["schema"])


def _stored_attrs(table: Any) -> dict[str, Any]:
    """What pandas keeps beside a table under `attrs`, where there is any. Raises UnstorableError."""
    if not table.attrs:
        return {}
    plain_json(table.attrs, "attrs")
    return {"attrs": marked(table.attrs)}


def _with_attrs(table: Any, schema: Mapping[str, Any]) -> Any:
    if "attrs" in schema:
        table.attrs = unmarked(schema["attrs"])
    return table


def _is_object(shape: Shape) -> bool:
    """pandas makes times of objects that are times, unless it is told not to."""
    return (shape if isinstance(shape, str) else shape["dtype"]) == "object"


def _store(columns: Mapping[str, tuple[str, Any]], index: Any) -> tuple[pa.Table, About]:
    import pyarrow as pa

    arrays: dict[str, Any] = {}
    levels = []
    index_names = _index_names(index, list(columns))
    for at, name in enumerate(index_names):
        levels.append({"shape": _put_level(arrays, name, index, at), **_level(index, at)})
    shapes = {name: _put(arrays, name, what, values) for name, (what, values) in columns.items()}
    about = {"index": index_names if len(index_names) > 1 else index_names[0]}
    return pa.table(arrays), {**about, "schema": {"columns": shapes, "index": levels}}


def _put(arrays: dict[str, Any], name: str, what: str, values: Any) -> Shape:
    with column_refused(what):
        arrays[name], shape, nulls = store_column(values)
    if nulls is not None:
        check_names((NULLS + name, *arrays))
        arrays[NULLS + name] = nulls
    return shape


def _put_level(arrays: dict[str, Any], name: str, index: Any, at: int) -> Shape:
    import pyarrow as pa

    if index.nlevels == 1:
        return _put(arrays, name, "the index", index)
    with column_refused("the index"):
        labels, shape, nulls = store_column(index.levels[at])
        codes = index.codes[at]
        arrays[name] = labels.take(pa.array(codes, mask=codes < 0))
    if nulls is not None:
        raise UnstorableError("the index cannot be stored: a level has nulls of several kinds; use one of them")
    return shape


def _level(index: Any, at: int) -> dict[str, Any]:
    """What is to be known of an index, or of one of its levels, beside its labels."""
    about: dict[str, Any] = {"name": checked_name(index.names[at], "the name of the index")}
    if type(index).__name__ == "RangeIndex":  # where it stops is how many rows there are
        return {**about, "range": [index.start, index.step]}
    return {**about, **_freq(index)}


def _freq(index: Any) -> dict[str, str]:
    """Of moments that follow each other evenly."""
    freq = getattr(index, "freq", None)
    if freq is None or type(index).__name__ == "PeriodIndex":
        return {}
    from pandas.tseries.frequencies import to_offset

    with column_refused("the index"):
        known = to_offset(freq.freqstr)
    if known != freq:
        raise UnstorableError(
            f"the index cannot be stored: its frequency {freq.freqstr} has a calendar of its own; set index.freq = None"
        )
    return {"freq": str(freq.freqstr)}


def _index_names(index: Any, columns: list[str]) -> list[str]:
    """What the index, or each of its levels, is called in the table."""
    if index.nlevels == 1:
        return [INDEX if INDEX not in columns else OTHER_INDEX]
    names = [name if isinstance(name, str) else f"level_{at}" for at, name in enumerate(index.names)]
    if len({*names, *columns}) < len(names) + len(columns):
        return [f"__level_{at}__" for at in range(index.nlevels)]
    return names


def _restored(table: pa.Table, name: str, shape: Shape) -> Any:
    has_nulls = isinstance(shape, dict) and shape.get("nulls")
    return restore_column(table.column(name), shape, table.column(NULLS + name) if has_nulls else None)


def _restored_index(table: pa.Table, about: About) -> Any:
    import pandas as pd

    names = [about["index"]] if isinstance(about["index"], str) else about["index"]
    levels = about["schema"]["index"]
    labels = [unmarked(level["name"]) for level in levels]
    if "range" in levels[0]:
        start, step = levels[0]["range"]
        return pd.RangeIndex(start, start + step * table.num_rows, step, name=labels[0])
    if len(names) > 1:
        found = [_restored_codes(table.column(name), each["shape"]) for name, each in zip(names, levels, strict=True)]
        return pd.MultiIndex([each[0] for each in found], [each[1] for each in found], names=labels)
    index = _index(_restored(table, names[0], levels[0]["shape"])).rename(labels[0])
    if "freq" in levels[0]:
        index.freq = levels[0]["freq"]
    return index


def _restored_codes(column: Any, shape: Shape) -> tuple[Any, Any]:
    """(labels, in order where they have one, and the place of each row's among them)."""
    import pandas as pd

    labels = _index(restore_column(column.drop_null(), shape))
    codes, order = pd.factorize(labels)
    with suppress(TypeError):  # of what has no order
        codes, order = pd.factorize(labels, sort=True)
    every = column.is_null().to_numpy(zero_copy_only=False).astype("int64") * -1
    every[every == 0] = codes
    return order, every


def _index(values: Any) -> Any:
    import pandas as pd

    return pd.Index(values, dtype=object, tupleize_cols=False) if values.dtype == object else pd.Index(values)


def _stored_labels(labels: Any, names: list[str]) -> dict[str, Any] | None:
    """The names of columns as they are; None where they are plain texts, which the table has too."""
    label_names = [checked_name(each, "the name of the columns") for each in labels.names]
    if type(labels).__name__ == "RangeIndex":
        return {"range": [labels.start, labels.stop, labels.step], "names": label_names}
    if labels.nlevels > 1:
        levels = [_stored_level(labels.get_level_values(at)) for at in range(labels.nlevels)]
        return {"levels": levels, "names": label_names}
    plain = labels.dtype == object and all(type(each) is str for each in labels)
    return None if plain and label_names == [None] else {"levels": [_stored_level(labels)], "names": label_names}


def _stored_level(labels: Any) -> dict[str, Any]:
    if labels.dtype == object:
        found = [checked_name(each, "a name of a column") for each in labels]
        return {"labels": found}
    import base64

    import pyarrow as pa

    with column_refused("the names of the columns"):
        array, shape, _ = store_column(labels)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("labels", array.type)])) as writer:
        writer.write_table(pa.table({"labels": array}))
    return {"arrow": base64.b64encode(sink.getvalue()).decode(), "shape": shape, **_freq(labels)}


def _restored_labels(stored: Mapping[str, Any]) -> Any:
    import pandas as pd

    names = [unmarked(each) for each in stored["names"]]
    if "range" in stored:
        return pd.RangeIndex(*stored["range"], name=names[0])
    levels = [*map(_restored_level, stored["levels"])]
    if len(levels) > 1:
        return pd.MultiIndex.from_arrays(levels, names=names)
    return levels[0].rename(names[0])


def _restored_level(stored: Mapping[str, Any]) -> Any:
    import base64

    import pandas as pd
    import pyarrow as pa

    if "labels" in stored:
        return pd.Index([unmarked(each) for each in stored["labels"]], dtype=object, tupleize_cols=False)
    column = pa.ipc.open_stream(base64.b64decode(stored["arrow"])).read_all().column("labels")
    index = _index(restore_column(column, stored["shape"]))
    if "freq" in stored:
        index.freq = stored["freq"]
    return index
