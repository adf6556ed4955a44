"""What a value says about one entity: its rows in tables, and what in JSON is named like it or mentions it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from causal_organism.assets.tables.changes import changes, columns_of
from causal_organism.assets.versions import Version
from causal_organism.documents.json import Json, JsonObject
from causal_organism.engine.contents import load_rows, load_value
from causal_organism.ports import Organism

Cells = JsonObject
_ID = "id"
_LABEL = "\0label"  # no column of a table is called that


@dataclass(frozen=True, slots=True)
class Part:
    """One table in a value. `indexed`: the column `id` names entities, perhaps in several rows each."""

    name: str  # path in a JSON value; empty for the value itself
    indexed: bool
    rows: Sequence[Cells]


@dataclass(frozen=True, slots=True)
class CellMove:
    """One cell that differs. `row` is the entity, or what tells its row from others about it."""

    row: str
    column: str
    was: Json
    now: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityChange:
    """What changed about one entity, row by row. `known`: anything about it is there; `others`: other rows changed."""

    added: tuple[tuple[str, Cells], ...] = ()
    removed: tuple[tuple[str, Cells], ...] = ()
    changed: tuple[CellMove, ...] = ()
    known: bool = False
    others: int = 0

    @property
    def moved(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(slots=True)
class _Sides:
    """The rows about one entity in one part, before and after."""

    was: list[Cells] = field(default_factory=list)
    now: list[Cells] = field(default_factory=list)
    others: int = 0


def parts_of(organism: Organism, version: Version | None) -> tuple[Part, ...]:
    """The tables of a version's value. Raises RetiredValueError, DamagedValueError."""
    if version is None:
        return ()
    found = load_rows(organism, version)
    if found is None:
        return tuple(_json_parts(load_value(organism, version), ""))
    columns, rows = found
    indexed = version.content.about.get("index", _ID) is not None  # else the first column only counts the rows
    start = 0 if indexed else 1
    return (Part("", indexed, [dict(zip(columns[start:], row[start:], strict=True)) for row in rows]),)


def compare_entity(was: Sequence[Part], now: Sequence[Part], entity: str) -> EntityChange:
    """The change about one entity between two values.

    Rows named like it count; where there are none in either value, those that mention it.
    """
    matches = _is_named if any(_has(part, entity, _is_named) for part in (*was, *now)) else _mentions
    sides: dict[str, _Sides] = {}
    for name in dict.fromkeys(part.name for part in (*was, *now)):
        before, after = (next((p for p in parts if p.name == name), Part(name, False, ())) for parts in (was, now))
        sides[name] = _Sides(
            was=[row for row in before.rows if matches(before, row, entity)],
            now=[row for row in after.rows if matches(after, row, entity)],
        )
        sides[name].others = _count_differing(
            [row for row in before.rows if not matches(before, row, entity)],
            [row for row in after.rows if not matches(after, row, entity)],
        )
    changes = [_compare_rows(name, side, entity) for name, side in sides.items()]
    return EntityChange(
        added=tuple(row for each in changes for row in each.added),
        removed=tuple(row for each in changes for row in each.removed),
        changed=tuple(cell for each in changes for cell in each.changed),
        known=any(side.was or side.now for side in sides.values()),
        others=sum(side.others for side in sides.values()),
    )


def _compare_rows(name: str, side: _Sides, entity: str) -> EntityChange:
    columns = _telling_apart(side)
    before, after = (_labelled(name, rows, columns, entity) for rows in (side.was, side.now))
    was, now = ({_LABEL: list(rows), **columns_of(list(rows.values()))} for rows in (before, after))
    found = changes(was, now, key=_LABEL)
    labels = [now[_LABEL][at] for at in found.pairs.now.tolist()]
    added = [now[_LABEL][at] for at in found.pairs.added.tolist()]
    removed = [was[_LABEL][at] for at in found.pairs.removed.tolist()]
    return EntityChange(
        added=tuple((each, after[each]) for each in added),
        removed=tuple((each, before[each]) for each in removed),
        changed=tuple(
            CellMove(label, column, before[label].get(column), after[label].get(column))
            for at, label in enumerate(labels)
            for column in dict.fromkeys((*before[label], *after[label]))
            if found.differing(column)[at]
        ),
    )


def _telling_apart(side: _Sides) -> tuple[str, ...]:
    """As few columns as tell the rows apart on either side: `id`, then those of text in their order."""
    rows = (*side.was, *side.now)
    texts = [name for name in dict.fromkeys(name for row in rows for name in row) if _is_text(rows, name)]
    chosen: list[str] = []
    for name in [_ID] * any(_ID in row for row in rows) + [each for each in texts if each != _ID]:
        if chosen and all(_is_unique(rows, chosen) for rows in (side.was, side.now)):
            break
        chosen.append(name)
    return tuple(chosen)


def _labelled(name: str, rows: Sequence[Cells], columns: Sequence[str], entity: str) -> dict[str, Cells]:
    """Label -> the other cells. Rows that cannot be told apart are counted."""
    found: dict[str, Cells] = {}
    for row in rows:
        parts = [name, *(str(row.get(column)) for column in columns)]
        label = base = " ".join(part for part in parts if part) or entity
        again = 1
        while label in found:
            again += 1
            label = f"{base} #{again}"
        found[label] = {column: cell for column, cell in row.items() if column not in columns}
    return found


def _json_parts(value: Json, name: str) -> Iterator[Part]:
    if isinstance(value, list):
        rows = [_flat(each) if isinstance(each, dict) else _listed(each) for each in value]
        yield Part(name, bool(rows) and all(_ID in row for row in rows), rows)
    elif isinstance(value, dict) and value and all(isinstance(each, dict) for each in value.values()):
        yield Part(name, True, [{_ID: entity, **_flat(each)} for entity, each in value.items()])
    elif isinstance(value, dict):
        plain = {each: cell for each, cell in value.items() if _is_plain(cell)}
        yield Part(name, True, [{_ID: entity, "value": cell} for entity, cell in plain.items()])
        for each, inner in value.items():
            if each not in plain:
                yield from _json_parts(inner, f"{name}.{each}" if name else each)
    else:
        yield Part(name, False, [{"value": value}])


def _is_plain(cell: Json) -> bool:
    """Whether it stays one cell: a list of plain things does."""
    if isinstance(cell, list):
        return not any(isinstance(each, (dict, list)) for each in cell)
    return not isinstance(cell, dict)


def _flat(value: JsonObject, prefix: str = "") -> dict[str, Json]:
    """Cells of an object, those of inner objects as `outer.inner`."""
    found: dict[str, Json] = {}
    for name, cell in value.items():
        found |= _flat(cell, f"{prefix}{name}.") if isinstance(cell, dict) else {f"{prefix}{name}": cell}
    return found


def _listed(item: Json) -> dict[str, Json]:
    """Cells of an item of a list that is not an object."""
    return {str(at): cell for at, cell in enumerate(item)} if isinstance(item, list) else {"value": item}


def _has(part: Part, entity: str, matches: Callable[[Part, Cells, str], bool]) -> bool:
    return any(matches(part, row, entity) for row in part.rows)


def _is_named(part: Part, row: Cells, entity: str) -> bool:
    return part.indexed and str(row.get(_ID)) == entity


def _mentions(part: Part, row: Cells, entity: str) -> bool:
    return any(_holds(cell, entity) for cell in row.values())


def _holds(cell: Json, entity: str) -> bool:
    if isinstance(cell, (list, tuple)):
        return any(_holds(each, entity) for each in cell)
    if isinstance(cell, Mapping):
        return any(_holds(each, entity) for each in cell.values())
    return isinstance(cell, str) and cell == entity


def _is_text(rows: Collection[Cells], name: str) -> bool:
    return any(isinstance(row.get(name), str) for row in rows)


def _is_unique(rows: Sequence[Cells], columns: Sequence[str]) -> bool:
    return len({tuple(str(row.get(name)) for name in columns) for row in rows}) == len(rows)


def _count_differing(was: Sequence[Cells], now: Sequence[Cells]) -> int:
    """How many rows differ; one that changed counts once."""
    before, after = columns_of(was), columns_of(now)
    found = changes(before, after, key=sorted({*before, *after}))
    return max(len(found.pairs.added), len(found.pairs.removed))
