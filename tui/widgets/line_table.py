"""The list of every screen: a header, rows by key, a cursor that follows its key, marks, sorting and filtering."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.actions import LIST
from tui.presenters.rows import Column, Filter, Row, Sort, arrange, changed_lines, column_widths
from tui.widgets.keys import pane_bindings
from tui.widgets.paint import fit
from tui.widgets.pane import Pane

_GUTTER = 2
_AIRY = 100  # columns from which there are two blanks between cells


class LineTable(Pane):
    """Rows of a list. `show` compares with what is on screen and repaints only the lines that differ."""

    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(LIST)
    fixed = 1

    class Moved(Message):
        """The cursor stands on another key."""

        def __init__(self, table: LineTable, key: str | None):
            super().__init__()
            self.table = table
            self.key = key

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LineTable.Moved) and message.table is self.table

    def __init__(
        self, columns: Sequence[Column], *, empty: str, id: str | None = None, title: str = "", framed: bool = True
    ):
        super().__init__(id=id, title=title, framed=framed)
        self.columns = tuple(columns)
        self.empty = empty  # said where there is no row
        self.all_rows: tuple[Row, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.now: datetime | None = None  # what cells that tell an age are told at
        self.cursor = 0
        self.marks: set[str] = set()
        self.filter = Filter()
        self.among: Collection[str] | None = None  # keys that a selection found; None: no selection is set
        self.sort: Sort | None = None
        self.faults_only = False
        self.height_wanted = ""
        self._row_of: dict[str, Row] = {}  # key -> row, of all
        self._sized: tuple[Row, ...] | None = None  # the rows that the columns fit
        self._sizes: tuple[int, ...] = ()
        self.gone: str | None = None  # stood under the cursor and went away by itself; nobody has moved since

    def show(self, rows: tuple[Row, ...], now: datetime | None = None) -> None:
        """Replace the rows. The same ones again, later, cost as much as those that are seen."""
        was, before = self.row, self.now
        self.now = now or before
        for index in self._seen():
            if self.rows[index].texts(self.columns, before) != self.rows[index].texts(self.columns, self.now):
                self.repaint(index)
        if rows is self.all_rows and rows:
            return
        self.all_rows = rows
        self._row_of = {row.key: row for row in rows}
        self.marks &= self._row_of.keys()
        self.rearrange()
        if was is not None and not was.heading and was.key not in self._row_of:
            self.gone = self.gone or was.key
        elif self.gone is not None and self.gone in self._row_of and self.go_to(self.gone):
            self.gone = None  # it is back

    def rearrange(self) -> None:
        """Filter and sort again, with the cursor on the key where it stood."""
        key, old, widths = self.key, self.rows, self._widths(self.size.width - 2 * self.framed)
        self.rows = arrange(
            self.all_rows,
            self.columns,
            wanted=self.filter,
            sort=self.sort,
            faults_only=self.faults_only,
            among=self.among,
        )
        was, top = self.cursor, self.top
        self.cursor = self._place(key)
        self.show_line(self.cursor)
        self.scroll_to_line(self.top)
        if self.top == top:
            changed = changed_lines(old, self.rows, range(top, top + self.room))
            for index in {*changed, *((was, self.cursor) if was != self.cursor else ())}:
                self.repaint(index)
            if len(old) != len(self.rows):
                self.refresh(Region(0, self.size.height - 1, self.size.width, 1))  # where one is in them
        if not old or not self.rows or widths != self._widths(self.size.width - 2 * self.framed):
            self.refresh()
        if self.key != key:
            self.post_message(self.Moved(self, self.key))

    @property
    def key(self) -> str | None:
        """The key under the cursor; None in an empty list."""
        return self.rows[self.cursor].key if self.rows else None

    @property
    def row(self) -> Row | None:
        return self.rows[self.cursor] if self.rows else None

    def row_of(self, key: str) -> Row | None:
        """The row of a key, shown or not."""
        return self._row_of.get(key)

    def targets(self) -> tuple[str, ...]:
        """What an action acts on: the marks that are shown, in order, else the line under the cursor."""
        marked = tuple(row.key for row in self.rows if row.key in self.marks) if self.marks else ()
        if marked:
            return marked
        return (self.row.key,) if self.row and not self.row.heading else ()

    def go_to(self, key: str) -> bool:
        """Put the cursor on a key; False if it is not shown."""
        place = next((index for index, row in enumerate(self.rows) if row.key == key), None)
        if place is None:
            return False
        self.move_to(place)
        return True

    def move_by(self, lines: int) -> None:
        self.move_to(self.cursor + lines)

    def move_to(self, index: int) -> None:
        self.gone = None
        index = max(0, min(index, len(self.rows) - 1))
        if index == self.cursor or not self.rows:
            return
        was, self.cursor, top = self.cursor, index, self.top
        self.show_line(index)
        if self.top == top:
            self.repaint(was)
            self.repaint(index)
        self.post_message(self.Moved(self, self.key))

    def mark(self) -> None:
        """Mark the line under the cursor or take the mark away, and go on."""
        row = self.row
        if row is not None and not row.heading:
            self.marks ^= {row.key}
            self.repaint(self.cursor)
        self.move_by(1)

    def mark_range(self) -> None:
        """Mark from the nearest mark above (or the top) down to the cursor."""
        marked = [index for index, row in enumerate(self.rows[: self.cursor]) if row.key in self.marks]
        start = marked[-1] if marked else 0
        self.marks |= {row.key for row in self.rows[start : self.cursor + 1] if not row.heading}
        self.refresh()

    def clear_marks(self) -> None:
        self.marks.clear()
        self.refresh()

    def sort_by(self, name: str) -> None:
        """Sort by a column; the same one again turns the order around."""
        column = next((index for index, each in enumerate(self.columns) if each.name == name), None)
        if column is None:
            return
        again = self.sort is not None and self.sort.column == column
        self.sort = Sort(column, reverse=not self.sort.reverse if again and self.sort else False)
        self._resorted()

    def sort_next(self) -> None:
        """Sort by the next column that is seen; after the last one, not at all."""
        shown = [place for place, width in enumerate(self._widths(self.size.width - 2 * self.framed)) if width]
        after = [place for place in shown if self.sort is None or place > self.sort.column]
        self.sort = Sort(after[0]) if after else None
        self._resorted()

    def sort_reverse(self) -> None:
        if self.sort is not None:
            self.sort = Sort(self.sort.column, reverse=not self.sort.reverse)
            self._resorted()

    def _resorted(self) -> None:
        self.rearrange()
        self.refresh()

    def draw_fixed(self, y: int, width: int) -> Strip:
        names = []
        for index, column in enumerate(self.columns):
            sorted_here = self.sort is not None and self.sort.column == index
            names.append(column.name + ((" ↑" if self.sort and self.sort.reverse else " ↓") if sorted_here else ""))
        text = " " * _GUTTER + "".join(part for part, _ in self._cells(names, width))
        return self.paint.strip(((text, "head"),), width)

    def draw(self, index: int, width: int) -> Strip:
        row = self.rows[index]
        at_cursor = index == self.cursor
        tone = "head" if row.heading else ""
        line = [("▌" if at_cursor else " ", "accent"), ("●", "second") if row.key in self.marks else (" ", "")]
        line += [
            (text, self._tone(row, column, tone))
            for text, column in self._cells(row.texts(self.columns, self.now), width)
        ]
        over = ("cursor" if self.has_focus else "away") if at_cursor else ""
        return self.paint.strip(tuple(line), width, over=over)

    def _tone(self, row: Row, column: Column, tone: str) -> str:
        return row.tone if column.state and row.tone else tone or column.tone

    def _inner(self, y: int, width: int) -> Strip:
        if y == self.fixed and not self.rows:
            return self.paint.strip(((" " * _GUTTER + self._nothing(), "dim"),), width)
        return super()._inner(y, width)

    def fit_height(self, *, most: int | None) -> None:
        """As high as its rows, up to so many lines; all there is where that is None."""
        wanted = "1fr" if most is None else str(max(4, min(most, len(self.rows) + self.fixed + 2 * self.framed)))
        if self.height_wanted != wanted:  # the same again would be a new layout, which presents again
            self.height_wanted = wanted
            self.styles.height = wanted

    def count(self) -> int:
        return len(self.rows)

    def _seen(self) -> range:
        """Places of the rows on the screen."""
        return range(self.top, min(len(self.rows), self.top + self.room))

    def _nothing(self) -> str:
        if self.all_rows and (self.filter.text or self.among is not None or self.faults_only):
            return f"none of {len(self.all_rows):,} passes the filter (esc clears it)"
        return self.empty

    def _cells(self, cells: Sequence[str], width: int) -> list[tuple[str, Column]]:
        """(text, column) per shown column, each padded and led by a gap but the first."""
        gap = _gap(width)
        parts: list[tuple[str, Column]] = []
        cut = self.paint.text("…")
        for cell, size, column in zip(cells, self._widths(width), self.columns, strict=True):
            if size:
                parts.append(((" " * gap if parts else "") + fit(cell, size, right=column.right, cut=cut), column))
        return parts

    def _widths(self, width: int) -> tuple[int, ...]:
        """How wide each column is, of so many cells in all; 0: it is not shown."""
        return column_widths(self.columns, self._needed(), width - _GUTTER - self.framed, gap=_gap(width))

    def _needed(self) -> tuple[int, ...]:
        """How wide each column would be with all of its cells."""
        if self._sized is not self.rows:
            self._sized = self.rows
            sizes = [max(len(column.name) + 2, column.width if column.at else 0) for column in self.columns]
            for row in self.rows:
                for at, cell in enumerate(row.cells):
                    if len(cell) > sizes[at] and not self.columns[at].at:
                        sizes[at] = len(cell)
            self._sizes = tuple(sizes)
        return self._sizes

    def _place(self, key: str | None) -> int:
        """Where the key stands now; where it went away, the same place as before."""
        if key is not None:
            for index, row in enumerate(self.rows):
                if row.key == key:
                    return index
        return max(0, min(self.cursor, len(self.rows) - 1))


def _gap(width: int) -> int:
    """Blanks between cells."""
    return 2 if width >= _AIRY else 1
