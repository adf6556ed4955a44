"""The log of one run: follows its end until somebody scrolls up, wraps, searches, shows only what matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Resize

from tui.actions import LOG
from tui.presenters.runs.logs import LogBuffer, matches, next_match
from tui.source import Document
from tui.widgets.keys import pane_bindings
from tui.widgets.pane import TextPane


class LogPane(TextPane):
    """A text pane over a bounded buffer of entries."""

    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(LOG)

    def __init__(self, *, id: str | None = None, title: str = ""):
        super().__init__(id=id, title=title)
        self.buffer = LogBuffer()
        self.follow = True
        self.wrap = False
        self.stamps = True
        self.only = ""

    def clear(self) -> None:
        """Another run: start empty, following."""
        self.buffer, self.follow, self.wanted, self.only, self.top = LogBuffer(), True, "", "", 0
        self.show(())
        self.refresh()

    def add(self, entries: Sequence[Document]) -> None:
        """Append entries. Off the end of what is seen, that sends nothing."""
        before, dropped = len(self.buffer), self.buffer.dropped
        added = self.buffer.add(entries)
        if not added:
            return
        if self.buffer.dropped != dropped:
            lines = tuple(self._lines(0))
            new = len(self._lines(max(0, len(self.buffer) - added)))
            self._put(lines, gone=max(0, self.count() + new - len(lines)))
            return
        self._put((*self.lines, *self._lines(before)))

    def rebuild(self) -> None:
        """Lay out all entries again: another width, or another way to show them."""
        self._put(tuple(self._lines(0)))
        self.refresh()

    def toggle(self, what: str) -> bool:
        """Switch `follow`, `wrap` or `stamps`; what it is now."""
        value = not getattr(self, what)
        setattr(self, what, value)
        if what != "follow":
            self.rebuild()
        elif value:
            self.move_to(self.count())
        return value

    def show_only(self, text: str) -> None:
        """Only lines that contain the text; all with an empty one."""
        self.only = text
        self.rebuild()

    def find(self, *, forward: bool) -> tuple[int, int]:
        """Go to the next or previous match; (which, of how many), from 1; (0, 0) if there is none."""
        found = matches(self.lines, self.wanted)
        place = next_match(found, self.current, forward=forward)
        if place is None:
            return (0, 0)
        self.follow = False
        self.go_to_match(place)
        return (found.index(place) + 1, len(found))

    def move_by(self, lines: int) -> None:
        super().move_by(lines)
        self.follow = self.top >= self.count() - self.room

    def move_to(self, index: int) -> None:
        super().move_to(index)
        self.follow = self.top >= self.count() - self.room

    def on_resize(self, event: Resize) -> None:
        if self.wrap:
            self.rebuild()
        elif self.follow:
            super().move_to(self.count())
        else:
            super().on_resize(event)

    def _lines(self, start: int) -> list[tuple[tuple[str, str], ...]]:
        return self.buffer.lines(
            max(20, self.text_width), wrap=self.wrap, stamps=self.stamps, only=self.only, start=start
        )

    def _put(self, lines: tuple[tuple[tuple[str, str], ...], ...], *, gone: int = 0) -> None:
        following = self.follow
        self.show(lines, gone=gone)
        if following:
            super().move_to(self.count())
