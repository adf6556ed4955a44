"""What changed between two values as tables of pandas, types and all, and values with such a change applied."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from causal_organism.assets.columns import ID
from causal_organism.assets.deltas import Delta
from causal_organism.assets.tables.cells import differing_cells
from causal_organism.assets.tables.changes import Changes, Table, changes, named_once
from causal_organism.engine.frames import form_of, frame_of
from causal_organism.errors import RequestError

_ENTITY = "\0entity"  # no column is called so
_PLAIN = "biufmM"  # kinds of columns that numpy compares by itself


class UntellableError(Exception):
    """A difference that no Delta tells: of types or names, or of the order of rows that stay."""


def delta_between(was: Any, now: Any) -> Delta:
    """For an incremental form. Raises UntellableError."""
    if form_of(was) != form_of(now):
        raise UntellableError
    before, after = frame_of(was), frame_of(now)
    found = changes(_table(before), _table(after), key=_ENTITY)
    if found.reordered:
        raise UntellableError
    return Delta(_rows(after, found.pairs.added), _rows(before, found.pairs.removed), _changed(before, after, found))


def patched(previous: Any, delta: Delta) -> Any:
    """The previous value with a Delta applied; labels that were in order stay so, and columns keep their types.

    Raises RequestError where the value is not a table per entity.
    """
    import pandas as pd

    if not isinstance(previous, (pd.DataFrame, pd.Series)):
        raise RequestError(f"an update returned a Delta, and the value before is a {type(previous).__name__}, no table")
    before = previous.to_frame("value") if isinstance(previous, pd.Series) else previous
    frame = before.copy()
    if delta.removed is not None and len(delta.removed):
        gone = delta.removed.index if hasattr(delta.removed, "iloc") else delta.removed  # a table, or labels
        frame = frame.drop(index=list(gone))
    if delta.changed is not None and len(delta.changed):
        labels = {str(label): label for label in frame.columns}
        for name in delta.changed.columns:
            if name.endswith("_now"):
                column = name.removesuffix("_now")
                frame.loc[delta.changed.index, labels.get(column, column)] = delta.changed[name]
    if delta.added is not None and len(delta.added):
        frame = _in_order(pd.concat([frame, delta.added]), before.index)
    for label, dtype in before.dtypes.items():
        if frame[label].dtype != dtype:
            frame[label] = _as_before(frame[label], dtype)
    found = frame["value"].rename(previous.name) if isinstance(previous, pd.Series) else frame
    found.attrs = dict(previous.attrs)  # pandas drops them where it joins tables
    return found


def _in_order(frame: Any, before: Any) -> Any:
    if before.is_monotonic_increasing and not frame.index.is_monotonic_increasing:
        with suppress(TypeError):  # of labels that have no order
            frame = frame.sort_index(kind="stable")
    if frame.index.names != before.names:
        frame.index.names = before.names
    return frame


def _as_before(column: Any, dtype: Any) -> Any:
    """With the type that it had, where that changes no cell."""
    with suppress(TypeError, ValueError):
        found = column.astype(dtype)
        if not differing_cells(column.tolist(), found.tolist()).any():
            return found
    return column


def _changed(before: Any, after: Any, found: Changes) -> Any:
    import pandas as pd

    moved = found.moved()
    rows_was, rows_now = found.pairs.was[moved], found.pairs.now[moved]
    index = _labels(after).take(rows_now)
    columns = {
        f"{label}_{when}": pd.Series(frame[label].array.take(rows), index=index)
        for label in found.columns
        if found.differing(label).any()
        for when, frame, rows in (("was", before, rows_was), ("now", after, rows_now))
    }
    return pd.DataFrame(columns, index=index)


def _rows(frame: Any, places: Any) -> Any:
    return frame.set_axis(_labels(frame), axis=0).iloc[places]


def _labels(frame: Any) -> Any:
    """The index, named `id` where it has no name; of labels that stand there again, each another."""
    import pandas as pd

    index = frame.index
    if not index.is_unique:
        return pd.Index(named_once(list(index)), name=index.name or ID, tupleize_cols=False)
    return index.rename(ID) if index.nlevels == 1 and index.name is None else index


def _table(frame: Any) -> Table:
    return {_ENTITY: named_once(list(frame.index)), **{label: _cells(column) for label, column in frame.items()}}


def _cells(column: Any) -> Sequence[Any]:
    is_plain = column.dtype.kind in _PLAIN and type(column.dtype).__module__.startswith("numpy")
    cells: Sequence[Any] = column.to_numpy() if is_plain else column.tolist()
    return cells
