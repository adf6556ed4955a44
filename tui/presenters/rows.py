"""Rows of a list, and what may be done with them before they are shown: filter, sort, tell what changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of fixed `width`, or with a `share` of what is left. Shown in lists at least `from_width` wide."""

    name: str
    width: int = 0
    share: int = 0
    right: bool = False
    state: bool = False  # its cell is coloured by the row's tone
    from_width: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: safe text per column, and per column a value to sort by where the text does not sort."""

    key: str
    cells: tuple[str, ...]
    tone: str = ""
    order: tuple[Any, ...] = ()  # empty: sort by the cells
    fault: bool = False
    heading: bool = False  # a group's line in a tree: no target of actions

    @property
    def looks(self) -> tuple[object, ...]:
        """All that is seen of it; what it sorts by may change without a line looking different."""
        return (self.key, self.cells, self.tone, self.heading)


@dataclass(frozen=True, slots=True)
class Sort:
    column: int
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """What `/` was given: `text`, `!text`, `-f fuzzy`, `glob*`, `column=value`. An empty one lets everything pass."""

    text: str = ""

    def passes(self, row: Row, columns: Sequence[Column]) -> bool:
        wanted = self.text.strip()
        if not wanted:
            return True
        if wanted.startswith("!"):
            return not Filter(wanted[1:]).passes(row, columns) if wanted[1:].strip() else True
        if wanted.startswith("-f "):
            return _has_in_order(row.key.lower(), wanted[3:].strip().lower())
        name, equals, value = wanted.partition("=")
        index = next((i for i, column in enumerate(columns) if column.name.lower() == name.strip().lower()), None)
        if equals and index is not None:
            return value.strip().lower() in row.cells[index].lower()
        low = wanted.lower()
        if "*" in low or "?" in low:
            return fnmatchcase(row.key.lower(), low)
        return low in row.key.lower() or any(low in cell.lower() for cell in row.cells)


def looks_like_selection(text: str) -> bool:
    """Whether a filter is an expression of the selection grammar (`+x`, `group:views`, `a or b`), not plain text."""
    words = text.lower().split()
    return not text.lstrip().startswith(("!", "-f ")) and (
        any(sign in text for sign in "+:(") or any(word in ("and", "or", "not") for word in words)
    )


def arrange(
    rows: Sequence[Row],
    columns: Sequence[Column],
    *,
    wanted: Filter | None = None,
    sort: Sort | None = None,
    faults_only: bool = False,
    among: Collection[str] | None = None,
) -> tuple[Row, ...]:
    """The rows to show, in order. `among` restricts to keys that a selection found."""
    wanted = wanted or Filter()
    kept = [
        row
        for row in rows
        if (not faults_only or row.fault) and (among is None or row.key in among) and wanted.passes(row, columns)
    ]
    if sort is not None:
        kept.sort(key=lambda row: _sort_key(row, sort.column), reverse=sort.reverse)
    return tuple(kept)


def changed_lines(old: Sequence[Row], new: Sequence[Row]) -> tuple[int, ...]:
    """Places whose line looks different now, those that came or went at the end included."""
    longest = max(len(old), len(new))
    return tuple(i for i in range(longest) if i >= len(old) or i >= len(new) or old[i].looks != new[i].looks)


def column_widths(columns: Sequence[Column], total: int, *, gap: int = 1) -> tuple[int, ...]:
    """The width of each column in a list `total` wide; 0 for a column that is not shown."""
    shown = [column for column in columns if total >= column.from_width]
    free = total - sum(column.width for column in shown) - gap * max(0, len(shown) - 1)
    shares = sum(column.share for column in shown if not column.width)
    widths, taken = [], 0
    for column in columns:
        if column not in shown:
            widths.append(0)
            continue
        width = column.width or max(1, free * column.share // max(1, shares))
        taken += width + gap
        widths.append(width)
    spare = total - (taken - gap)
    if spare > 0:
        first = next((i for i, column in enumerate(columns) if widths[i] and not column.width), None)
        if first is not None:
            widths[first] += spare
    return tuple(widths)


def _has_in_order(text: str, letters: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def _sort_key(row: Row, column: int) -> tuple[int, Any]:
    value = row.order[column] if row.order else row.cells[column].lower()
    return (1, "") if value is None else (0, value)
