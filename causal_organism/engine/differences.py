"""What changed between two versions of a value per entity, by entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.deltas import Delta
from causal_organism.assets.versions import Version
from causal_organism.engine.contents import load_rows, load_value
from causal_organism.engine.difference_summary import ColumnSummary, summarize
from causal_organism.errors import RequestError
from causal_organism.ports import Organism


@dataclass(frozen=True, slots=True)
class CellChange:
    """One value that differs."""

    id: Any
    column: str
    was: Any
    now: Any

    def to_document(self) -> dict[str, Any]:
        return {"id": self.id, "column": self.column, "was": self.was, "now": self.now}


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids that came and went, and cells that changed, largest change first; how much each column of numbers moved."""

    added: tuple[Any, ...]
    removed: tuple[Any, ...]
    changed: tuple[CellChange, ...]
    summary: tuple[ColumnSummary, ...] = ()

    @property
    def same(self) -> bool:
        return not (self.added or self.removed or self.changed)


def compare(organism: Organism, was: Version, now: Version) -> Difference:
    """The difference of two versions. JSON is compared by its top-level names, or as one value `value`."""
    if was.fingerprint == now.fingerprint:
        return Difference((), (), ())
    before, after = _by_id(organism, was), _by_id(organism, now)
    changed = [
        CellChange(entity, column, before[entity].get(column), row.get(column))
        for entity, row in after.items()
        if entity in before
        for column in {**before[entity], **row}
        if before[entity].get(column) != row.get(column)
    ]
    changed.sort(key=_size, reverse=True)
    return Difference(
        tuple(each for each in after if each not in before),
        tuple(each for each in before if each not in after),
        tuple(changed),
        summarize(before, after),
    )


def difference(organism: Organism, was: Version, now: Version) -> Delta:
    """The same as tables indexed by entity, for an incremental form."""
    import pandas as pd  # only assets with an incremental form come here

    before, after = _by_id(organism, was), _by_id(organism, now)
    added = [each for each in after if each not in before]
    removed = [each for each in before if each not in after]
    columns = list(next(iter(after.values()), next(iter(before.values()), {})))
    differing = [each for each, row in after.items() if each in before and before[each] != row]
    changed = {
        f"{column}_{when}": [rows[each].get(column) for each in differing]
        for column in columns
        for when, rows in (("was", before), ("now", after))
        if any(before[each].get(column) != after[each].get(column) for each in differing)
    }
    index = pd.Index(differing, name="id")
    return Delta(
        pd.DataFrame({c: [after[each].get(c) for each in added] for c in columns}, index=pd.Index(added, name="id")),
        pd.DataFrame(
            {c: [before[each].get(c) for each in removed] for c in columns}, index=pd.Index(removed, name="id")
        ),
        pd.DataFrame(changed, index=index),
    )


def patch(previous: Any, delta: Delta) -> Any:
    """The previous value with a Delta applied. Raises RequestError where the value is not a table per entity."""
    import pandas as pd

    if not isinstance(previous, (pd.DataFrame, pd.Series)):
        raise RequestError(f"an update returned a Delta, and the value before is a {type(previous).__name__}, no table")
    frame = previous.to_frame("value") if isinstance(previous, pd.Series) else previous.copy()
    if delta.removed is not None and len(delta.removed):
        frame = frame.drop(index=list(getattr(delta.removed, "index", delta.removed)))
    if delta.changed is not None and len(delta.changed):
        for name in delta.changed.columns:
            if name.endswith("_now"):
                frame.loc[delta.changed.index, name.removesuffix("_now")] = delta.changed[name]
    if delta.added is not None and len(delta.added):
        frame = pd.concat([frame, delta.added])
    return frame["value"].rename(previous.name) if isinstance(previous, pd.Series) else frame


def _by_id(organism: Organism, version: Version) -> dict[Any, Mapping[str, Any]]:
    found = load_rows(organism, version)
    if found is not None:
        return rows_by_id(*found)
    value = load_value(organism, version)
    if isinstance(value, dict):
        return {name: {"value": each} for name, each in value.items()}
    return {"value": {"value": value}}


def rows_by_id(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[Any, Mapping[str, Any]]:
    """Rows as id -> the other columns by name. Of an id that stands there again, the further ones are `id #2`, …"""
    found: dict[Any, Mapping[str, Any]] = {}
    times: Counter[Any] = Counter()
    for entity, *values in rows:
        times[entity] += 1
        name = entity if times[entity] == 1 else f"{entity} #{times[entity]}"
        found[name] = dict(zip(columns[1:], values, strict=True))
    return found


def _size(change: CellChange) -> float:
    numbers = (int, float)
    if isinstance(change.was, numbers) and isinstance(change.now, numbers):
        return abs(float(change.now) - float(change.was))
    return float("inf")
