"""What changed between two versions of a value per entity, by entity, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from causal_organism.assets.columns import ID
from causal_organism.assets.tables.changes import Table, changes, named_once
from causal_organism.assets.tables.forms import FormChange, FormPart, form_changes
from causal_organism.assets.versions import Version
from causal_organism.documents.versions import CellDocument, ColumnDocument
from causal_organism.engine.contents import load_rows, load_value
from causal_organism.engine.tables.difference_summary import summarize
from causal_organism.ports import Engine


@dataclass(frozen=True, slots=True)
class CellChange:
    """One value that differs."""

    id: Any
    column: str
    was: Any
    now: Any

    def to_document(self) -> CellDocument:
        return {"id": self.id, "column": self.column, "was": self.was, "now": self.now}


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids that came and went, and cells that changed, largest change first; how much each column of numbers moved.

    `forms`: what differs beside: types, names, order.
    """

    added: tuple[Any, ...]
    removed: tuple[Any, ...]
    changed: tuple[CellChange, ...]
    summary: tuple[ColumnDocument, ...] = ()
    forms: tuple[FormChange, ...] = ()

    @property
    def same(self) -> bool:
        return not (self.added or self.removed or self.changed or self.forms)


def compare(organism: Engine, was: Version, now: Version) -> Difference:
    """The difference of two versions. JSON is compared by its top-level names, or as one value `value`."""
    if was.fingerprint == now.fingerprint:
        return Difference((), (), ())
    found = changes(_table(organism, was), _table(organism, now), key=ID)
    ids, rows_was, rows_now = found.now[ID], found.pairs.was.tolist(), found.pairs.now.tolist()
    cells = [(at, each) for each in found.columns for at in found.differing(each).nonzero()[0].tolist()]
    changed = [
        CellChange(ids[rows_now[at]], each, _cell(found.was, each, rows_was[at]), _cell(found.now, each, rows_now[at]))
        for at, each in sorted(cells, key=lambda cell: cell[0])
    ]
    changed.sort(key=_size, reverse=True)
    added, removed = (_at(ids, found.pairs.added), _at(found.was[ID], found.pairs.removed))
    forms = form_changes(was.content, now.content)
    if found.reordered:
        forms = (*forms, FormChange(part=FormPart.ROWS))
    if not (changed or added or removed or forms):
        forms = (FormChange(part=FormPart.OTHER),)
    return Difference(tuple(added), tuple(removed), tuple(changed), summarize(found), forms)


def _table(organism: Engine, version: Version) -> Table:
    found = load_rows(organism, version)
    if found is not None:
        names, rows = found
        columns = map(list, zip(*rows, strict=True)) if rows else ([] for _ in names)
        table = dict(zip(names, columns, strict=True))
        return {**table, ID: named_once(table[ID])}
    value = load_value(organism, version)
    value = value if isinstance(value, dict) else {"value": value}
    return {ID: list(value), "value": list(value.values())}


def _cell(table: Table, column: str, row: int) -> Any:
    return table[column][row] if column in table else None


def _at(column: Sequence[Any], places: Any) -> list[Any]:
    return [column[at] for at in places.tolist()]


def _size(change: CellChange) -> float:
    numbers = (int, float)
    if isinstance(change.was, numbers) and isinstance(change.now, numbers):
        return abs(float(change.now) - float(change.was))
    return float("inf")
