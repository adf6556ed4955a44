"""Rows of a list, and what may be done with them before they are shown: filter, sort, tell what changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

AGE_COLUMNS = {"overview": "TIME", "assets": "AGE", "runs": "STARTED", "queues": "OLDEST"}
"""Screen -> the column by which its list is sorted by age."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as wide as its cells: at most `width`, or by its `share` where not all fits. Shown in lists at least
    `from_width` wide."""

    name: str
    width: int = 0
    share: int = 0
    right: bool = False
    state: bool = False  # its cell is coloured by the row's tone
    tone: str = ""  # of its other cells
    from_width: int = 0
    at: Callable[[str, datetime], str] | None = None  # what its cell, a moment as text, says at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: safe text per column, and per column a value to sort by where the text does not sort."""

    key: str
    cells: tuple[str, ...]
    tone: str = ""
    order: tuple[Any, ...] = ()  # empty: sort by the cells
    fault: bool = False
    heading: bool = False  # a group's line in a tree: no target of actions

    def texts(self, columns: Sequence[Column], now: datetime | None) -> tuple[str, ...]:
        """What its cells say at that time."""
        if now is None or self.heading or not any(column.at for column in columns):
            return self.cells
        pairs = zip(self.cells, columns, strict=True)
        return tuple(cell if column.at is None else column.at(cell, now) for cell, column in pairs)

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
        if low in row.key.lower():
            return True
        return any(low in cell.lower() for cell, column in zip(row.cells, columns, strict=False) if column.at is None)


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


def changed_lines(old: Sequence[Row], new: Sequence[Row], seen: range) -> tuple[int, ...]:
    """Those of the places that are seen whose line looks different now, those that came or went included."""
    return tuple(i for i in seen if _looks(old, i) != _looks(new, i))


def _looks(rows: Sequence[Row], place: int) -> tuple[object, ...] | None:
    return rows[place].looks if place < len(rows) else None


def column_widths(columns: Sequence[Column], needed: Sequence[int], total: int, *, gap: int = 1) -> tuple[int, ...]:
    """The width of each column in a list `total` wide; 0 for a column that is not shown.

    Each is as wide as its cells need, those with a `width` at most that. Where not all of it fits, the columns with a
    `share` divide what is left; what is to spare goes to the last of them.
    """
    needed = [max(1, each) for each in needed]
    shown = [at for at, column in enumerate(columns) if total >= column.from_width]
    free = total - gap * max(0, len(shown) - 1)
    widths = [0] * len(columns)
    shared = [at for at in shown if columns[at].share]
    for at in shown:
        if not columns[at].share:
            widths[at] = min(needed[at], columns[at].width)
            free -= widths[at]
    left, rest = list(shared), free
    while left:  # whoever needs less than its share leaves the rest to the others
        shares = sum(columns[at].share for at in left)
        modest = [at for at in left if needed[at] <= rest * columns[at].share // shares]
        if not modest:
            break
        for at in modest:
            widths[at] = needed[at]
            rest -= needed[at]
        left = [at for at in left if at not in modest]
    shares = sum(columns[at].share for at in left)
    for at in left:
        widths[at] = max(1, rest * columns[at].share // shares)
    if shared:
        widths[shared[-1]] += max(0, free - sum(widths[at] for at in shared))
    return tuple(widths)


def _has_in_order(text: str, letters: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def _sort_key(row: Row, column: int) -> tuple[int, Any]:
    value = row.order[column] if row.order else row.cells[column].lower()
    return (1, "") if value is None else (0, value)
