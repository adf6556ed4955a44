"""Whether new content is the head's content but for float noise."""

from __future__ import annotations

from typing import Any

from causal_organism.assets.definitions import AssetSpec
from causal_organism.assets.tables.cells import same
from causal_organism.assets.tables.changes import Table, changes
from causal_organism.assets.versions import Version
from causal_organism.engine.contents import load_value
from causal_organism.engine.frames import form_of, is_arrays
from causal_organism.errors import DamagedValueError
from causal_organism.ports import Engine


def within_tolerance(organism: Engine, head: Version, value: Any, spec: AssetSpec) -> bool:
    """True if the asset declares a tolerance and every number is within it, relative, of the head's."""
    if spec.tolerance is None or not head.kept:
        return False
    try:
        return close(load_value(organism, head), value, spec.tolerance)
    except DamagedValueError:
        return False


def close(was: Any, now: Any, tolerance: float) -> bool:
    """Same shape, same texts and whole numbers, floats within a relative tolerance; not-a-number equals itself."""
    before, after = _table_of(was), _table_of(now)
    if before is None or after is None:
        return before is after and same(was, now, tolerance=tolerance)
    if type(was) is not type(now):
        return False
    return form_of(was) == form_of(now) and changes(before, after).within(tolerance)


def _table_of(value: Any) -> Table | None:
    """A value per entity, its index as a column; None where it is JSON."""
    if type(value).__module__.partition(".")[0] == "pandas":
        frame = value.to_frame() if value.ndim == 1 else value
        return {"\0index": frame.index.to_numpy(), **{name: column.to_numpy() for name, column in frame.items()}}
    if type(value).__module__ == "pyarrow.lib":
        return dict(zip(value.column_names, value.columns, strict=True))
    return value if is_arrays(value) else None
