"""Columns and indexes of pandas as Arrow arrays, each with its shape: what Arrow's type does not say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta, timezone
from typing import Any

from causal_organism.assets.tables.cells import joined
from causal_organism.errors import UnstorableError
from causal_organism.stores.values.objects import Shape, restore_objects, store_objects

Stored = tuple[Any, Shape, Any]
"""(Arrow array, shape, numbers of nulls where an object column has several kinds, or None)"""


def store_column(values: Any) -> Stored:
    """Of a Series or Index. Raises UnstorableError, or what pandas and Arrow raise."""
    import pyarrow as pa

    dtype = values.dtype
    if dtype.kind == "O" and type(dtype).__module__.startswith("numpy"):
        return store_objects(values.to_numpy())
    if dtype.kind in "iufbmM" and type(dtype).__module__.startswith("numpy"):
        return joined(pa.array(values.to_numpy(), from_pandas=True)), str(dtype), None
    store = _STORES.get(type(dtype).__name__)
    if store is None and hasattr(dtype, "numpy_dtype") and hasattr(values.array, "_mask"):  # Int64, Float32, boolean
        return joined(pa.array(values.array)), str(dtype), None
    if store is None:
        raise UnstorableError(f"its type {dtype} is not kept; change it with .astype(…)")
    array, shape = store(values)
    return joined(array), shape, None


def restore_column(column: Any, shape: Shape, nulls: Any = None) -> Any:
    """A numpy array, or an array of pandas, with the type that was stored."""
    name = shape if isinstance(shape, str) else shape["dtype"]
    if name == "object":
        return restore_objects(column, shape, nulls)
    restore = _RESTORES.get(name.partition("[")[0])
    if isinstance(shape, dict) and restore is not None:
        return restore(column, shape)
    import pandas as pd

    dtype = pd.api.types.pandas_dtype(name)
    if hasattr(dtype, "__from_arrow__"):
        return dtype.__from_arrow__(column)
    return column.to_numpy(zero_copy_only=False).astype(dtype, copy=False)


def _store_category(values: Any) -> tuple[Any, Shape]:
    import pyarrow as pa

    categorical = values.array
    categories, shape, _ = store_column(categorical.categories)
    if pa.types.is_null(categories.type):  # there is none
        categories = categories.cast(pa.string())
    codes = pa.array(categorical.codes, mask=categorical.codes < 0)
    array = pa.DictionaryArray.from_arrays(codes, categories, ordered=bool(categorical.ordered))
    return array, {"dtype": "category", "ordered": bool(categorical.ordered), "categories": shape}


def _restore_category(column: Any, shape: Mapping[str, Any]) -> Any:
    import pandas as pd

    array = joined(column)
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    categories = restore_column(array.dictionary, shape["categories"])
    categories = pd.Index(categories, dtype=None if hasattr(categories, "_from_sequence") else categories.dtype)
    return pd.Categorical.from_codes(codes, categories=categories, ordered=shape["ordered"])


def _store_text(values: Any) -> tuple[Any, Shape]:
    import pyarrow as pa

    dtype = values.dtype
    null = "nan" if isinstance(dtype.na_value, float) else "NA"
    return pa.array(values.array), {"dtype": "string", "storage": dtype.storage, "null": null}


def _restore_text(column: Any, shape: Mapping[str, Any]) -> Any:
    import numpy as np
    import pandas as pd

    dtype = pd.StringDtype(shape["storage"], na_value=np.nan if shape["null"] == "nan" else pd.NA)
    return dtype.__from_arrow__(column)


def _store_zoned(values: Any) -> tuple[Any, Shape]:
    import pyarrow as pa

    return pa.array(values.array), {"dtype": str(values.dtype), "zone": _zone_name(values.dtype.tz)}


def _restore_zoned(column: Any, shape: Mapping[str, Any]) -> Any:
    import pandas as pd
    import pyarrow as pa

    moments = joined(column).cast(pa.timestamp(column.type.unit, "UTC")).cast(pa.timestamp(column.type.unit))
    return pd.DatetimeIndex(moments.to_numpy(zero_copy_only=False)).tz_localize("UTC").tz_convert(_zone(shape)).array


def _zone_name(zone: Any) -> list[Any]:
    module = type(zone).__module__.partition(".")[0]
    if module == "zoneinfo" and zone.key:
        return ["zoneinfo", zone.key]
    if module == "pytz" and getattr(zone, "zone", None):
        return ["pytz", zone.zone]
    if isinstance(zone, timezone):
        return ["fixed", zone.utcoffset(None).total_seconds()]
    raise UnstorableError(f"its time zone is a {type(zone).__name__} of {module}; use zoneinfo.ZoneInfo(…)")


def _zone(shape: Mapping[str, Any]) -> Any:
    kind, name = shape["zone"]
    if kind == "fixed":
        return timezone(timedelta(seconds=name)) if name else timezone.utc  # noqa: UP017 - the name of the constant
    if kind == "pytz":
        import pytz

        return pytz.timezone(name)
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _store_period(values: Any) -> tuple[Any, Shape]:
    import pyarrow as pa

    periods = values.array
    return pa.array(periods.asi8, mask=periods.isna()), {"dtype": str(values.dtype)}


def _restore_period(column: Any, shape: Mapping[str, Any]) -> Any:
    import pandas as pd

    ordinals = joined(column).fill_null(pd.NaT._value).to_numpy(zero_copy_only=False)
    return pd.arrays.PeriodArray(ordinals.copy(), dtype=pd.api.types.pandas_dtype(shape["dtype"]))


def _store_interval(values: Any) -> tuple[Any, Shape]:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    intervals = values.array
    sides = [store_column(pd.Series(each)) for each in (intervals.left, intervals.right)]
    empty = pa.array(np.asarray(intervals.isna()))
    array = pa.StructArray.from_arrays([each[0] for each in sides], ["left", "right"], mask=empty)
    return array, {"dtype": str(values.dtype), "closed": intervals.closed, "sides": sides[0][1]}


def _restore_interval(column: Any, shape: Mapping[str, Any]) -> Any:
    import pandas as pd

    array = joined(column)
    left, right = (pd.Index(restore_column(each, shape["sides"])) for each in array.flatten())
    return pd.arrays.IntervalArray.from_arrays(left, right, closed=shape["closed"])


def _store_arrow(values: Any) -> tuple[Any, Shape]:
    import pyarrow as pa

    return pa.array(values.array), {"dtype": "arrow"}


def _restore_arrow(column: Any, shape: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.ArrowDtype(column.type).__from_arrow__(column)


_STORES: dict[str, Callable[[Any], tuple[Any, Shape]]] = {
    "CategoricalDtype": _store_category,
    "StringDtype": _store_text,
    "DatetimeTZDtype": _store_zoned,
    "PeriodDtype": _store_period,
    "IntervalDtype": _store_interval,
    "ArrowDtype": _store_arrow,
}
_RESTORES: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "category": _restore_category,
    "string": _restore_text,
    "datetime64": _restore_zoned,
    "period": _restore_period,
    "interval": _restore_interval,
    "arrow": _restore_arrow,
}
