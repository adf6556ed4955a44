"""Columns of Python's own objects, each cell as it was given: text, numbers, times, lists, dicts, and which null."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from causal_organism.assets.columns import is_null
from causal_organism.assets.json_values import described, plain_json
from causal_organism.errors import UnstorableError
from causal_organism.stores.values.json_marks import marked, unmarked

OBJECT, DECIMAL = "object", "decimal"
Shape = str | dict[str, Any]
"""What a column is beside its Arrow type, as JSON: the name of its type, or that with what belongs to it."""

_NESTED = (list, tuple, dict)
_NONE = "None"
_NULLS = (_NONE, "nan", "NA", "NaT")  # by their number in a column of nulls


def store_objects(cells: Any) -> tuple[Any, Shape, Any]:
    """(Arrow array, shape, numbers of nulls or None) of a numpy array of objects. Raises what Arrow raises."""
    import pyarrow as pa

    array, shape = _array(cells)
    empty = array.is_null().to_numpy(zero_copy_only=False)
    if not (shape or pa.types.is_string(array.type) or pa.types.is_null(array.type)):
        array, shape = _exact(cells, array, empty)
    nulls = None
    kinds = [_null_name(cell) for cell in cells[empty]]
    if (only := next(iter(kinds), _NONE)) != _NONE or len(set(kinds)) > 1:
        if len(set(kinds)) == 1:
            shape["null"] = only
        else:
            shape["nulls"] = True
            numbers = empty.astype("uint8")
            numbers[empty] = [1 + _NULLS.index(each) for each in kinds]
            nulls = pa.array(numbers)
    return array, {"dtype": OBJECT, **shape} if shape else OBJECT, nulls


def _array(cells: Any) -> tuple[Any, dict[str, Any]]:
    """The array that Arrow makes of them, or their texts with what these are."""
    import pyarrow as pa

    if _are_unlike_decimals(cells):
        texts = [str(each) if isinstance(each, Decimal) else None for each in cells]
        return pa.array(texts, type=pa.string()), {"cells": DECIMAL}
    try:
        array = pa.array(cells, from_pandas=True)
    except pa.ArrowInvalid:
        if not all(isinstance(each, _NESTED) or is_null(each) for each in cells):
            raise
        return _as_texts(cells, [not isinstance(each, _NESTED) for each in cells]), {"cells": "json"}
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array, {}


def restore_objects(column: Any, shape: Shape, nulls: Any) -> Any:
    """The numpy array of objects that was stored."""
    import numpy as np
    import pyarrow as pa

    about = shape if isinstance(shape, dict) else {}
    if pa.types.is_string(column.type) and "cells" not in about:
        found = np.array(column.to_numpy(zero_copy_only=False), dtype=object)
    else:
        found = np.empty(len(column), dtype=object)
        for at, cell in enumerate(column.to_pylist()):
            found[at] = cell if cell is None else _restored(cell, about.get("cells"))
    if "null" in about:
        found[column.is_null().to_numpy(zero_copy_only=False)] = _null(about["null"])
    elif nulls is not None:
        numbers = nulls.to_numpy(zero_copy_only=False)
        for at in np.flatnonzero(numbers):
            found[at] = _null(_NULLS[numbers[at] - 1])
    return found


def _are_unlike_decimals(cells: Any) -> bool:
    """Decimals that one type of Arrow would not keep as they are: `1.1` beside `2.50`, `1E+2`, `-0`, not-a-number."""
    found = [each for each in cells if isinstance(each, Decimal)]
    if not found or not all(isinstance(each, Decimal) or is_null(each) for each in cells):
        return False
    parts = {(exponent, sign and not any(digits)) for sign, digits, exponent in map(Decimal.as_tuple, found)}
    ((exponent, is_minus_zero), *more) = parts
    return bool(more or is_minus_zero or isinstance(exponent, str) or exponent > 0)


def decimals_of(column: Any) -> list[Decimal | None]:
    """A column of decimals that are kept as texts."""
    return [None if text is None else Decimal(text) for text in column.to_pylist()]


def _exact(cells: Any, array: Any, empty: Any) -> tuple[Any, dict[str, Any]]:
    """The array where its cells are those that were given; lists and dicts that Arrow would change, as JSON text."""

    given = [cell for cell, is_empty in zip(cells, empty, strict=True) if not is_empty]
    arrays = {(each.dtype.str, each.ndim) for each in given if type(each).__module__ == "numpy" and each.ndim}
    if len(arrays) == 1 and all(type(each).__name__ == "ndarray" for each in given):
        (kind, _), *_ = arrays
        back = [each for each in array.to_pylist() if each is not None]
        if all(_same(one.tolist(), other) for one, other in zip(given, back, strict=True)):
            return array, {"cells": kind}
    found = array.to_pylist()
    differing = (
        one for one, other, is_empty in zip(cells, found, empty, strict=True) if not is_empty and not _same(one, other)
    )
    changed = next(differing, None)
    if changed is None:
        return array, {}
    if all(isinstance(each, _NESTED) for each in given):
        return _as_texts(cells, empty), {"cells": "json"}
    raise UnstorableError(f"{described(changed)} in it would come back as something else")


def cell_of_text(text: str) -> Any:
    """A list or dict that is kept as JSON text."""
    return unmarked(json.loads(text))


def _as_texts(cells: Any, empty: Sequence[bool]) -> Any:
    import pyarrow as pa

    texts = [None if is_empty else _as_json(cell) for cell, is_empty in zip(cells, empty, strict=True)]
    return pa.array(texts, type=pa.string())


def _as_json(cell: Any) -> str:
    plain_json(cell, "a cell")
    return json.dumps(marked(cell), ensure_ascii=False)


def _restored(cell: Any, kind: str | None) -> Any:
    if kind is None:
        return cell
    if kind == "json":
        return cell_of_text(cell)
    if kind == DECIMAL:
        return Decimal(cell)
    import numpy as np

    return np.array(cell, dtype=np.dtype(kind))


def _same(was: Any, now: Any) -> bool:
    """Whether a cell came back as it was given; a number of numpy may be one of Python's, of the same kind."""
    if isinstance(was, (list, tuple)):
        return type(was) is type(now) and _all_same(was, now)
    if isinstance(was, dict):
        return isinstance(now, dict) and list(was) == list(now) and _all_same([*was.values()], [*now.values()])
    if type(was).__module__ == "numpy":
        if getattr(was, "ndim", 1) or (was.dtype.kind in "biuf" and type(was.item()) is not type(now)):
            return False
        return bool(was == now)
    if type(was) is not type(now) or was != now:
        return False
    if isinstance(was, Decimal):
        return bool(was.as_tuple() == now.as_tuple())
    return not isinstance(was, datetime) or was.utcoffset() == now.utcoffset()


def _all_same(was: Sequence[Any], now: Sequence[Any]) -> bool:
    return len(was) == len(now) and all(map(_same, was, now))


def _null_name(cell: Any) -> str:
    if cell is None:
        return _NONE
    name = {"NAType": "NA", "NaTType": "NaT"}.get(type(cell).__name__)
    if name is None and isinstance(cell, float):
        name = "nan"
    if name is None:
        raise UnstorableError(f"{described(cell)} in it would come back as a null")
    return name


def _null(name: str) -> Any:
    if name == _NONE:
        return None
    if name == "nan":
        return float("nan")
    import pandas as pd

    return pd.NA if name == "NA" else pd.NaT
