"""A pane of lines in a frame with a title, that scrolls by itself and repaints only the lines that changed.

A plain widget with its own scroll offset and not a ScrollView: there, a change of the number of lines is a new layout
of the whole screen, which a log would cause twice a second. Keys of movement are bound here and nowhere else.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Blur, Focus, Resize
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.presenters.lines import Line, line, plain
from tui.widgets.paint import PLAIN, Paint, paint_of

_MOVES = {
    "line.down": "j,down",
    "line.up": "k,up",
    "top": "g,home",
    "bottom": "G,end",
    "half.down": "ctrl+d",
    "half.up": "ctrl+u",
    "page.down": "ctrl+f,pagedown",
    "page.up": "ctrl+b,pageup",
}


class Pane(Widget, can_focus=True):
    """Lines `0..count()`, of which those from `top` on are seen, below `fixed` lines that stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(keys, f"move('{move}')", show=False) for move, keys in _MOVES.items()
    ]
    fixed = 0

    def __init__(self, *, id: str | None = None, title: str = "", framed: bool = True):
        super().__init__(id=id)
        self.top = 0
        self.width_shown = 0  # that what it shows was made for
        self.framed = framed
        self.name_line: Line = line((title, "")) if title else ()  # in the frame above
        self.side_line: Line = ()  # in the frame above, at the right

    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def draw(self, index: int, width: int) -> Strip:
        """The line as it looks now."""
        raise NotImplementedError

    def draw_fixed(self, y: int, width: int) -> Strip:
        """One of the lines that do not scroll."""
        return Strip.blank(width)

    @property
    def room(self) -> int:
        """Lines that are seen at once."""
        return max(1, self.size.height - self.fixed - 2 * self.framed)

    @property
    def text_width(self) -> int:
        """Cells of a line of text."""
        return max(1, self.size.width - 4 * self.framed)

    @property
    def paint(self) -> Paint:
        return paint_of(self)

    @property
    def is_seen(self) -> bool:
        """Whether neither it nor what it is in is hidden."""
        return all(each.display for each in self.ancestors_with_self if isinstance(each, Widget))

    def entitle(self, name: Line, side: Line = ()) -> None:
        """Say something else in the frame."""
        if (name, side) != (self.name_line, self.side_line):
            self.name_line, self.side_line = name, side
            self.refresh(Region(0, 0, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        if not self.framed:
            return self._inner(y, width)
        tone = "focus" if self.has_focus else "line"
        if y in (0, height - 1):
            return self.paint.strip(self._edge(y, width, tone), width)
        side = Segment(self.paint.text("│"), self.paint.tones[tone])
        return Strip([side, *self._inner(y - 1, width - 2), side], width)

    def _inner(self, y: int, width: int) -> Strip:
        if y < self.fixed:
            return self.draw_fixed(y, width)
        index = self.top + y - self.fixed
        return self.draw(index, width) if index < self.count() else Strip([Segment(" " * width, PLAIN)], width)

    def _edge(self, y: int, width: int, tone: str) -> Line:
        """The frame above, with the title; below, with where one is in what does not fit."""
        first, last = ("╭─", "─╮") if y == 0 else ("╰─", "─╯")
        if y == 0:
            mark = "accent" if self.has_focus else "head"
            name = tuple((text, own or mark) for text, own in self.name_line)
            side = self.side_line
        else:
            seen = self.place()
            name, side = (), line((seen, "dim")) if seen else ()
        name = (*line(" "), *name, *line(" ")) if name else ()
        side = (*line(" "), *side, *line(" ")) if plain(side) else ()
        rest = width - 4 - len(plain(name)) - len(plain(side))
        if rest < 0:
            side, rest = (), width - 4 - len(plain(name))
        if rest < 0:
            name, rest = ((plain(name)[: width - 5] + "…", "head"),), 0
        return ((first, tone), *name, ("─" * rest, tone), *side, (last, tone))

    def place(self) -> str:
        """Where one is in what does not fit: there are no scrollbars."""
        count = self.count()
        return f"{min(count, self.top + self.room):,}/{count:,}" if count > self.room else ""

    def on_focus(self, event: Focus) -> None:
        self.refresh()

    def on_blur(self, event: Blur) -> None:
        self.refresh()

    def repaint(self, index: int) -> None:
        """Draw one line again, if it is seen."""
        y = index - self.top + self.fixed + self.framed
        if self.fixed + self.framed <= y < self.size.height - self.framed:
            self.refresh(Region(0, y, self.size.width, 1))

    class Scrolled(Message):
        """Other lines are seen."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Pane.Scrolled)

    class Widened(Message):
        """It is another number of cells wide: what is broken to its width has to be shown anew."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Pane.Widened)

    def scroll_to_line(self, top: int) -> None:
        """Make `top` the first line seen, as far as there are lines."""
        top = max(0, min(top, self.count() - self.room))
        if top != self.top:
            self.top = top
            self.refresh()
            self.post_message(self.Scrolled())

    def show_line(self, index: int) -> None:
        """Scroll just so far that the line is seen."""
        if index < self.top:
            self.scroll_to_line(index)
        elif index >= self.top + self.room:
            self.scroll_to_line(index - self.room + 1)

    def action_move(self, move: str) -> None:
        step = {"line": 1, "half": max(1, self.room // 2), "page": max(1, self.room - 1)}.get(move.partition(".")[0])
        if step is None:
            self.move_to(0 if move == "top" else self.count() - 1)
        else:
            self.move_by(step if move.endswith("down") else -step)

    def move_to(self, index: int) -> None:
        self.scroll_to_line(index)

    def move_by(self, lines: int) -> None:
        self.scroll_to_line(self.top + lines)

    def on_resize(self, event: Resize) -> None:
        if self.size.width != self.width_shown:
            self.width_shown = self.size.width
            self.post_message(self.Widened())
        self.scroll_to_line(self.top)


class TextPane(Pane):
    """Lines of text. Setting the same lines again sends nothing."""

    def __init__(self, *, id: str | None = None, title: str = "", framed: bool = True):
        super().__init__(id=id, title=title, framed=framed)
        self.lines: tuple[Line, ...] = ()
        self.wanted = ""
        self.current = -1

    def count(self) -> int:
        return len(self.lines)

    def show(self, lines: tuple[Line, ...], *, gone: int = 0) -> None:
        """Replace the lines; only those that differ are painted.

        `gone`: so many of the first lines went away; those that are seen stay where they are.
        """
        old, self.lines = self.lines[gone:], lines
        self.top, self.current = max(0, self.top - gone), max(-1, self.current - gone)
        if self.framed and (len(old) > self.room or len(lines) > self.room) and len(old) != len(lines):
            self.refresh(Region(0, self.size.height - 1, self.size.width, 1))
        if self.top > max(0, len(lines) - self.room):
            self.scroll_to_line(self.top)
            return
        for index in range(self.top, min(max(len(old), len(lines)), self.top + self.room)):
            if index >= len(old) or index >= len(lines) or old[index] != lines[index]:
                self.repaint(index)

    def search(self, wanted: str) -> None:
        """Mark the lines that contain the text; an empty one ends the search."""
        self.wanted, self.current = wanted, self.top - 1
        self.refresh()

    def go_to_match(self, index: int) -> None:
        """Make a match the current one, in the middle of the pane."""
        self.current = index
        self.scroll_to_line(index - self.room // 2)
        self.refresh()

    def draw(self, index: int, width: int) -> Strip:
        shown = self.lines[index]
        if self.wanted:
            shown = _marked(shown, self.wanted.lower(), current=index == self.current)
        return self.paint.strip((*line(" "), *shown) if self.framed else shown, width, margin=self.framed)


def _marked(shown: Line, low: str, *, current: bool) -> Line:
    """The line with every hit as a piece of its own; the current match starts with `>`."""
    out = []
    for text, tone in shown:
        rest, place = text, text.lower().find(low)
        while place >= 0 and len(rest.lower()) == len(rest):
            out += [(rest[:place], tone), (rest[place : place + len(low)], "match")]
            rest = rest[place + len(low) :]
            place = rest.lower().find(low)
        out.append((rest, tone))
    return ((">", "match"), *out) if current else tuple(out)
