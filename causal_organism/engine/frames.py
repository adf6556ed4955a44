"""Values as tables of pandas: what an author's asset reads of the catalog, and what two versions are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from causal_organism.assets.columns import ID, VALUE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BITS = (8, 16, 32, 64)


def is_arrays(value: Any) -> bool:
    """Whether it is a dict of arrays, as assets of the catalog give them to each other."""
    return isinstance(value, Mapping) and bool(value) and all(map(_is_array, value.values()))


def frame_of_arrays(value: Mapping[str, NDArray[Any]]) -> Any:
    """A DataFrame of a dict of arrays, its index the column `id`, or the number of the row."""
    import pandas as pd

    columns = {name: array for name, array in value.items() if name != ID}
    length = len(next(iter(value.values())))
    index = pd.Index(value[ID], name=ID) if ID in value else pd.RangeIndex(length, name=ID)
    return pd.DataFrame({name: pd.Series(each, index=index, dtype=each.dtype) for name, each in columns.items()}, index)


def frame_of(value: Any) -> Any:
    """A DataFrame of any value: of a Series its one column, of JSON its entries, or the one of it."""
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, pd.Series):
        return value.to_frame(VALUE)
    if is_arrays(value):
        return frame_of_arrays(value)
    if type(value).__module__ == "pyarrow.lib":
        frame = value.to_pandas(types_mapper=_nullable(value))
        return frame.set_index(ID) if ID in frame.columns else frame.rename_axis(ID)
    entries = value if isinstance(value, dict) else {VALUE: value}
    cells = pd.Series([*entries.values()], index=pd.Index(list(entries), dtype=object), dtype=object)
    return cells.infer_objects().to_frame(VALUE)


def form_of(value: Any) -> Any:
    """What a table is but for its rows: types, names, index, attrs; None of JSON."""
    if type(value).__module__ == "pyarrow.lib":
        return value.schema
    if is_arrays(value):
        return {name: str(each.dtype) for name, each in value.items()}
    if type(value).__module__.partition(".")[0] != "pandas":
        return None
    frame = value.to_frame() if value.ndim == 1 else value
    index = frame.index
    levels = [index.get_level_values(at).dtype for at in range(index.nlevels)]
    labels = [*map(repr, frame.columns)]
    return type(value).__name__, labels, list(frame.dtypes), [*map(repr, index.names)], levels, value.attrs


def _nullable(table: Any) -> Any:
    """Whole numbers and truth stay what they are where some are missing."""
    import pandas as pd

    missing = {str(field.type) for field in table.schema if table.column(field.name).null_count}
    names = {
        "bool": "boolean",
        **{f"{sign}int{bits}": f"{sign.upper()}Int{bits}" for sign in ("", "u") for bits in _BITS},
    }
    return lambda kind: pd.api.types.pandas_dtype(names[str(kind)]) if str(kind) in missing & names.keys() else None


def _is_array(value: Any) -> bool:
    return type(value).__name__ == "ndarray"
