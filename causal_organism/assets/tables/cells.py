"""When two cells are the same, one by one and column by column.

Not-a-number is the same as not-a-number and a null as a null of its kind; 0.0 is -0.0; a truth value is not a number.
Columns of arrays that hold other kinds of values (whole numbers, then floats) differ in every row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from operator import ne
from typing import TYPE_CHECKING, Any

from causal_organism.assets.columns import is_null

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

Column = Any
"""A list, a numpy array, or a column of Arrow: neither library is loaded for the sake of its types."""

_PLAIN = "biufmM"  # kinds of arrays that numpy compares by itself
_PYTHONS_OWN = frozenset({str, int, float, type(None)})  # of these, those that are equal are the same


def same(was: Any, now: Any, *, tolerance: float = 0.0) -> bool:
    """Whether two cells, or two JSON values, are the same but for a relative tolerance of their floats."""
    if was is now:
        return True
    if isinstance(was, str) or isinstance(was, bool) is not isinstance(now, bool):
        return bool(type(was) is type(now) and was == now)
    if isinstance(was, float) or isinstance(now, float):
        return _same_numbers(was, now, tolerance)
    if isinstance(was, Mapping):
        is_alike = isinstance(now, Mapping) and was.keys() == now.keys()
        return is_alike and _all_same(was.values(), (now[name] for name in was), tolerance)
    if isinstance(was, (list, tuple)):
        is_alike = isinstance(now, tuple if isinstance(was, tuple) else list) and len(was) == len(now)
        return is_alike and _all_same(was, now, tolerance)
    if is_array(was) or is_array(now):  # a cell may hold one
        return all(map(is_array, (was, now))) and same(was.tolist(), now.tolist(), tolerance=tolerance)
    if is_null(was) or is_null(now):
        return type(was) is type(now)
    return bool(was == now)


def differing_cells(was: Column, now: Column) -> Mask:
    """Which rows of two columns of one length differ."""
    if is_arrow(was) and is_arrow(now):
        return _differing_arrow(was, now)
    if is_array(was) and is_array(now):
        return _differing_arrays(was, now)
    return _differing_objects(to_list(was), to_list(now))


def differing_in_bits(was: Column, now: Column) -> Mask:
    """Which rows of two columns of Arrow differ in anything that is stored: 0.0 is not -0.0, null not not-a-number."""
    import numpy as np
    import pyarrow as pa

    if not pa.types.is_floating(was.type):
        return _differing_arrow(was, now)
    was, now = joined(was), joined(now)
    whole = {16: np.uint16, 32: np.uint32, 64: np.uint64}[was.type.bit_width]
    gaps = was.null_count or now.null_count
    filled = (each.fill_null(0.0) if gaps else each for each in (was, now))
    ones, others = (each.to_numpy().view(whole) for each in filled)
    found: Mask = ones != others
    if gaps:
        found |= was.is_null().to_numpy(zero_copy_only=False) != now.is_null().to_numpy(zero_copy_only=False)
    return found


def within(was: Column, now: Column, differing: Mask, tolerance: float) -> bool:
    """Whether the rows that differ hold floats, each within this share of the larger of the two."""
    import numpy as np

    if not differing.any():
        return True
    was, now = (at_rows(each, np.flatnonzero(differing)) for each in (was, now))
    if all(is_array(each) and each.dtype.kind == "f" for each in (was, now)):
        with np.errstate(invalid="ignore", over="ignore"):
            close = np.abs(now - was) <= tolerance * np.maximum(np.abs(was), np.abs(now))
        return bool((close & np.isfinite(was) & np.isfinite(now)).all())
    if any(is_array(each) and each.dtype.kind in _PLAIN for each in (was, now)):
        return False
    return _all_same(to_list(was), to_list(now), tolerance)


def first_rows(column: Column, count: int) -> Column:
    """The beginning of a column, not copied; the very same one where that is all of it."""
    if len(column) == count:
        return column
    return column.slice(0, count) if is_arrow(column) else column[:count]


def at_rows(column: Column, places: NDArray[np.int64]) -> Column:
    """The column at these places, in their order."""
    if is_array(column):
        return column[places]
    return column.take(places) if is_arrow(column) else [column[at] for at in places.tolist()]


def joined(column: Column) -> Column:
    """A column of Arrow in one piece."""
    import pyarrow as pa

    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)  # joining would copy it
    found = column.combine_chunks()
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def is_array(column: Column) -> bool:
    """Whether a column is a numpy array."""
    return type(column).__module__ == "numpy"


def is_arrow(column: Column) -> bool:
    """Whether a column is of Arrow."""
    return type(column).__module__.startswith("pyarrow")


def to_list(column: Column) -> list[Any]:
    """The cells in Python's own types."""
    if is_arrow(column):
        return list(column.to_pylist())
    return list(column.tolist()) if is_array(column) else list(column)


def _differing_arrays(was: Column, now: Column) -> Mask:
    import numpy as np

    if was is now:  # as the ids of people are
        return np.zeros(len(now), dtype=np.bool_)
    kinds = {was.dtype.kind, now.dtype.kind}
    if len(kinds) > 1 and not kinds <= {"i", "u"}:
        return np.ones(len(now), dtype=np.bool_)
    if not kinds <= set(_PLAIN):
        return _differing_objects(was.tolist(), now.tolist())
    found: Mask = was != now
    if kinds <= {"f", "m", "M"} and found.any():
        found &= (was == was) | (now == now)
    return found


def _differing_arrow(was: Column, now: Column) -> Mask:
    import numpy as np
    import pyarrow as pa

    if was.type != now.type:
        return np.ones(len(now), dtype=np.bool_)
    was, now = joined(was), joined(now)
    if pa.types.is_floating(was.type) or (pa.types.is_integer(was.type) and not (was.null_count or now.null_count)):
        return _differing_arrays(was.to_numpy(zero_copy_only=False), now.to_numpy(zero_copy_only=False))
    if not (pa.types.is_primitive(was.type) or pa.types.is_string(was.type) or pa.types.is_large_string(was.type)):
        return _differing_objects(was.to_pylist(), now.to_pylist())
    import pyarrow.compute as pc

    differs = pc.fill_null(pc.not_equal(was, now), True).to_numpy(zero_copy_only=False)
    if was.null_count and now.null_count:
        differs &= ~pc.and_(was.is_null(), now.is_null()).to_numpy(zero_copy_only=False)
    return np.asarray(differs, dtype=np.bool_)


def _differing_objects(was: list[Any], now: list[Any]) -> Mask:
    import numpy as np

    if not {*map(type, was), *map(type, now)} <= _PYTHONS_OWN:
        pairs = zip(was, now, strict=True)
        return np.fromiter((not same(one, other) for one, other in pairs), dtype=np.bool_, count=len(now))
    found = np.fromiter(map(ne, was, now), dtype=np.bool_, count=len(now))
    for at in np.flatnonzero(found).tolist():
        found[at] = not same(was[at], now[at])
    return found


def _same_numbers(was: Any, now: Any, tolerance: float) -> bool:
    if not (isinstance(was, (int, float)) and isinstance(now, (int, float))):
        return False
    if was == now or (was != was and now != now):
        return True
    both_floats = isinstance(was, float) and isinstance(now, float)
    return both_floats and tolerance > 0 and math.isclose(was, now, rel_tol=tolerance, abs_tol=0.0)


def _all_same(was: Iterable[Any], now: Iterable[Any], tolerance: float) -> bool:
    return all(same(one, other, tolerance=tolerance) for one, other in zip(was, now, strict=True))
