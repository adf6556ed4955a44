"""A run's whole log on a page of its own: from its first line on, read as one scrolls; search, levels, save, copy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from causal_organism.wording.identities import short_id
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.messages import Came
from tui.presenters.bands import hints, trail
from tui.presenters.lines import line, plain
from tui.presenters.runs.logs import LEVELS, LogBuffer, log_text, matches, more_lines, next_match
from tui.screens.console import Console
from tui.screens.once import Once
from tui.source import FIRST_LINE, ConsoleSource, Document
from tui.widgets.band import Band, Prompt, PromptRow
from tui.widgets.pane import TextPane

_PAGE = 2_000  # lines that are read at once
KEYS = "/ search  n N  L level  w wrap  t times  c copy  s save  g G ends  esc back"


class EndedPane(TextPane):
    """A pane that says when somebody wants its very beginning or end, which may not have been read yet."""

    class Ended(Message):
        """Its top or bottom was gone to."""

        def __init__(self, *, at_top: bool):
            super().__init__()
            self.at_top = at_top

    def action_move(self, move: str) -> None:
        super().action_move(move)
        if move in ("top", "bottom"):
            self.post_message(self.Ended(at_top=move == "top"))


class LogPage(Once[None]):
    """Holds some pages of the log; those that were left behind are read again where one goes back to the first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,l", "close", show=False),
        Binding("slash", "search", show=False),
        *(
            Binding(key, action, show=False)
            for key, action in {
                "n": "find(1)", "N": "find(-1)", "L": "level", "w": "switch('wrap')", "t": "switch('stamps')",
                "c": "copy", "s": "save",
            }.items()
        ),
    ]  # fmt: skip

    def __init__(self, run: str):
        super().__init__()
        self.run = run
        self.buffer = LogBuffer()
        self.cursor: str | None = FIRST_LINE
        self.reading = False
        self.is_whole = False  # nothing came behind what was read
        self.to_end = False  # read on until nothing comes any more
        self.least = 0
        self.wrap = False
        self.stamps = True
        self.is_searching = False  # a search goes on when more was read

    def compose(self) -> ComposeResult:
        yield Band(id="crumb")
        yield EndedPane(id="text", title="Log")
        yield Band(id="flash")
        yield PromptRow()
        yield Band(id="keys")

    @property
    def console(self) -> Console:
        return cast(Console, self.app)

    @property
    def pane(self) -> TextPane:
        return self.query_one("#text", TextPane)

    def on_mount(self) -> None:
        self.query_one("#keys", Band).show(hints(KEYS))
        self.pane.focus()
        self._read()
        self._show()

    def _read(self) -> None:
        """The lines behind those that are held."""
        if self.reading or self.is_whole:
            return
        self.reading = True
        run, cursor = self.run, self.cursor
        self.console.ask_once(self, "log", lambda source: source.logs(run, after=cursor, limit=_PAGE))

    def on_came(self, event: Came) -> None:
        if event.about == "saved":
            self._say(f"save: {event.error}" if event.error else str(event.result))
            return
        self.reading = False
        if event.error:
            self._say(event.error)
            return
        lines = event.result.get("lines") or ()
        self.cursor = event.result.get("cursor") or self.cursor
        self.is_whole = event.result.get("behind") == 0
        self.buffer.add(lines)
        self._show()
        if self.to_end:
            self._go_to_last()
        elif self.is_searching:
            self.action_find(1)

    def _show(self) -> None:
        pane = self.pane
        lines = self.buffer.lines(max(20, pane.text_width), wrap=self.wrap, stamps=self.stamps, least=self.least)
        held = len(self.buffer)
        none = line((f"none of the {held:,} lines that were read is {LEVELS[self.least]} or above", "dim"))
        pane.show(tuple(lines) if lines or not self.least or not held else (none,))
        first = self.buffer.dropped + 1
        place = f"lines {first:,} to {first + held - 1:,}"
        more = "" if self.is_whole else ", more follow"
        level = f"  level {LEVELS[self.least]} and above" if self.least else ""
        said = "reading ..." if self.reading and not held else f"{place}{more}{level}" if held else "no lines"
        self.query_one("#crumb", Band).show(trail("Runs", short_id(self.run), "Log"), line((said + " ", "dim")))

    @on(TextPane.Scrolled)
    def _scrolled(self) -> None:
        pane = self.pane
        if pane.top + 2 * pane.room >= pane.count():
            self._read()

    def action_close(self) -> None:
        self.dismiss(None)

    @on(EndedPane.Ended)
    def _ended(self, event: EndedPane.Ended) -> None:
        if event.at_top:
            self._go_to_first()
        else:
            self._go_to_last()

    def _go_to_first(self) -> None:
        self.to_end = False
        if self.buffer.dropped:
            self.buffer, self.cursor, self.is_whole = LogBuffer(), FIRST_LINE, False
            self._read()
            self._show()
        self.pane.move_to(0)

    def _go_to_last(self) -> None:
        self.to_end = not self.is_whole
        self.pane.move_to(self.pane.count())
        self._read()

    def action_switch(self, what: str) -> None:
        setattr(self, what, not getattr(self, what))
        self._show()

    def action_level(self) -> None:
        """The next higher level; after the highest, all lines."""
        levels = list(LEVELS)
        self.least = levels[(levels.index(self.least) + 1) % len(levels)]
        self._show()

    def action_copy(self) -> None:
        """The line that was found, else those that are seen."""
        pane = self.pane
        is_found = pane.wanted and 0 <= pane.current < pane.count()
        lines = (pane.lines[pane.current],) if is_found else pane.lines[pane.top : pane.top + pane.room]
        self.console.copy("\n".join(plain(each) for each in lines))
        self._say(f"copied: {len(lines)} line{'s' if len(lines) != 1 else ''}")

    def action_save(self) -> None:
        run, path = self.run, Path.cwd() / f"run-{short_id(self.run)}.log"
        self._say(f"saving to {safe_text(path)} ...")
        self.console.ask_once(self, "saved", lambda source: save_log(source, run, path))

    def action_search(self) -> None:
        self.query_one(PromptRow).ask(" /", self.pane.wanted)

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        self._end()
        self.pane.search(event.value)
        if event.value:
            self.action_find(1)

    @on(Prompt.GivenUp)
    def _end(self) -> None:
        self.query_one(PromptRow).display = False
        self.pane.focus()

    def action_find(self, step: int) -> None:
        """The next match, also in lines that are still to be read; backwards among those that are held."""
        pane = self.pane
        found = matches(pane.lines, pane.wanted)
        ahead = [place for place in found if place > pane.current]
        self.is_searching = bool(step > 0 and pane.wanted and not ahead and not self.is_whole)
        if self.is_searching:
            self._say(f"/{safe_name(pane.wanted)}: reading on ...")
            self._read()
            return
        place = next_match(found, pane.current, forward=step > 0)
        if place is None:
            self._say(f"/{safe_name(pane.wanted)}: not found" if pane.wanted else "/ asks for a text")
            return
        pane.go_to_match(place)
        self._say(f"/{safe_name(pane.wanted)}: {found.index(place) + 1} of {len(found)}")

    def _say(self, text: str) -> None:
        self.query_one("#flash", Band).show(line(" " + safe_text(text, limit=400)))


def save_log(source: ConsoleSource, run: str, path: Path) -> str:
    """Write the whole log to a file that is not there yet; what was done, in words. Raises OSError."""
    cursor: str | None = FIRST_LINE
    number = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        while True:
            page = source.logs(run, after=cursor, limit=_PAGE)
            for entry in page.get("lines") or ():
                file.writelines(f"{each}\n" for each in _text_lines(entry))
                number += 1
            if page.get("behind") == 0 or not page.get("lines"):
                return f"saved: {number:,} lines to {path}"
            cursor = page.get("cursor")


def _text_lines(entry: Mapping[str, Any] | Document) -> tuple[str, ...]:
    return (log_text(entry, stamps=False, dated=True)[0], *more_lines(entry))
