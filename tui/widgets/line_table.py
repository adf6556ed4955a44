"""The list of every screen: a header, rows by key, a cursor that follows its key, marks, sorting and filtering."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Blur, Focus
from textual.message import Message
from textual.strip import Strip

from tui.actions import LIST
from tui.presenters.rows import Column, Filter, Row, Sort, arrange, changed_lines, column_widths
from tui.widgets.keys import pane_bindings
from tui.widgets.paint import REVERSE, TONES, fit, strip_of
from tui.widgets.pane import Pane

_GUTTER = 2


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

    def __init__(self, columns: Sequence[Column], *, empty: str, id: str | None = None):
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.empty = empty  # said where there is no row
        self.all_rows: tuple[Row, ...] = ()
        self.rows: tuple[Row, ...] = ()
        self.cursor = 0
        self.marks: set[str] = set()
        self.filter = Filter()
        self.among: Collection[str] | None = None  # keys that a selection found; None: no selection is set
        self.sort: Sort | None = None
        self.faults_only = False

    def show(self, rows: tuple[Row, ...]) -> None:
        """Replace the rows."""
        self.all_rows = rows
        keys = {row.key for row in rows}
        self.marks &= keys
        self.rearrange()

    def rearrange(self) -> None:
        """Filter and sort again, with the cursor on the key where it stood."""
        key, old = self.key, self.rows
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
            for index in {*changed_lines(old, self.rows), *((was, self.cursor) if was != self.cursor else ())}:
                self.repaint(index)
        if not old or not self.rows:
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

    def targets(self) -> tuple[str, ...]:
        """What an action acts on: the marks that are shown, in order, else the line under the cursor."""
        marked = tuple(row.key for row in self.rows if row.key in self.marks)
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
        """Sort by the next column; after the last one, not at all."""
        column = 0 if self.sort is None else self.sort.column + 1
        self.sort = Sort(column) if column < len(self.columns) else None
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
            names.append(column.name + ((" ^" if self.sort and self.sort.reverse else " v") if sorted_here else ""))
        text = " " * _GUTTER + "".join(part for part, _ in self._cells(names, width))
        return strip_of(((text, ""),), width, over=TONES["head"], ascii_only=self.ascii_only)

    def draw(self, index: int, width: int) -> Strip:
        row = self.rows[index]
        at_cursor = index == self.cursor
        gutter = (">" if at_cursor else " ") + ("*" if row.key in self.marks else " ")
        tone = "head" if row.heading else ""
        parts = self._cells(row.cells, width)
        line = [(gutter, tone), *((text, row.tone if state and row.tone else tone) for text, state in parts)]
        over = REVERSE if at_cursor and self.has_focus else None
        return strip_of(tuple(line), width, over=over, ascii_only=self.ascii_only)

    def render_line(self, y: int) -> Strip:
        if y == self.fixed and not self.rows:
            width = self.size.width
            return strip_of(((" " * _GUTTER + self._nothing(), "dim"),), width, ascii_only=self.ascii_only)
        return super().render_line(y)

    def count(self) -> int:
        return len(self.rows)

    def on_focus(self, event: Focus) -> None:
        self.repaint(self.cursor)

    def on_blur(self, event: Blur) -> None:
        self.repaint(self.cursor)

    def _nothing(self) -> str:
        if self.all_rows and (self.filter.text or self.among is not None or self.faults_only):
            return f"none of {len(self.all_rows):,} passes the filter (esc clears it)"
        return self.empty

    def _cells(self, cells: Sequence[str], width: int) -> list[tuple[str, bool]]:
        """(text, is the state column) per shown column, each padded and led by a blank but the first."""
        widths = column_widths(self.columns, width - _GUTTER)
        parts: list[tuple[str, bool]] = []
        for cell, size, column in zip(cells, widths, self.columns, strict=True):
            if size:
                parts.append(((" " if parts else "") + fit(cell, size, right=column.right), column.state))
        return parts

    def _place(self, key: str | None) -> int:
        """Where the key stands now; where it went away, the same place as before."""
        if key is not None:
            for index, row in enumerate(self.rows):
                if row.key == key:
                    return index
        return max(0, min(self.cursor, len(self.rows) - 1))
