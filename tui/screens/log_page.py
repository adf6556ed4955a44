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

from causal_organism.errors import RequestError
from causal_organism.wording.identities import short_id
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.messages import Came
from tui.presenters.bands import hints_with_cli, trail
from tui.presenters.commands import about
from tui.presenters.lines import Line, line, plain
from tui.presenters.runs.logs import LEVELS, LogBuffer, level_number, log_text, matches, more_lines, next_match
from tui.screens.console import Console
from tui.screens.once import Once
from tui.source import FIRST_LINE, ConsoleSource, Document
from tui.widgets.band import Band, Prompt, PromptRow
from tui.widgets.pane import TextPane

_PAGE = 2_000  # lines that are read at once
_AGAIN = "g reads them again"
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
    """Holds some pages of the log; those that were left behind are read again where one goes back to the first.

    Narrowed to a level, it holds the lines of that level, of as much of the log as they were looked for in.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,l", "close", show=False),
        Binding("slash", "search", show=False),
        *(
            Binding(key, action, show=False)
            for key, action in {
                "n": "find(1)", "N": "find(-1)", "L": "level", "w": "switch('wrap')", "t": "switch('stamps')",
                "c": "copy", "s": "save", "Y": "cli",
            }.items()
        ),
    ]  # fmt: skip

    def __init__(self, run: str):
        super().__init__()
        self.run = run
        self.buffer = LogBuffer(again=_AGAIN)
        self.cursor: str | None = FIRST_LINE
        self.serial = 0  # how often it was read from the first line on
        self.read = 0  # lines, from the first one on
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
        self.query_one("#keys", Band).show(hints_with_cli(KEYS, self.app.size.width))
        self.pane.focus()
        self._read()
        self._show()

    def _read(self) -> None:
        """The lines behind those that are held."""
        if self.reading or self.is_whole:
            return
        self.reading = True
        run, cursor = self.run, self.cursor
        self.console.ask_once(self, f"log {self.serial}", lambda source: source.logs(run, after=cursor, limit=_PAGE))

    def _read_anew(self) -> None:
        """From the first line on; what is still being read was asked for by another one."""
        self.buffer, self.cursor, self.is_whole, self.to_end = LogBuffer(again=_AGAIN), FIRST_LINE, False, False
        self.reading, self.read, self.serial = False, 0, self.serial + 1
        self._read()
        self._show()
        self.pane.move_to(0)

    def on_came(self, event: Came) -> None:
        if event.about == "saved":
            self._say(f"save: {event.error}" if event.error else str(event.result))
            return
        if event.about != f"log {self.serial}":
            return
        self.reading = False
        if event.error:
            self._say(event.error)
            self._show()
            return
        lines = event.result.get("lines") or ()
        self.cursor = event.result.get("cursor") or self.cursor
        self.is_whole = event.result.get("behind") == 0
        self.read += len(lines)
        self._show(self.buffer.add([each for each in lines if self._is_wanted(each)]))
        if self.to_end:
            self._go_to_last()
        elif self.is_searching:
            self.action_find(1)
        else:
            self._scrolled()

    def _is_wanted(self, entry: Document) -> bool:
        return not self.least or level_number(entry.get("level")) >= self.least

    def _show(self, added: int = 0) -> None:
        """`added`: entries that have just come; where others had to go for them, the lines that are seen stay."""
        pane = self.pane
        lines, gone = self._lines(0), 0
        if added:
            gone = max(0, pane.count() + len(self._lines(max(0, len(self.buffer) - added))) - len(lines))
        if not len(self.buffer) and self.least and self.read:
            none = f"none of the {self.read:,} lines that were read is {LEVELS[self.least]} or above"
            lines = (line((none, "dim")),)
        pane.show(lines, gone=gone)
        self.query_one("#crumb", Band).show(
            trail("Runs", short_id(self.run), "Log"), line((self._place() + " ", "dim"))
        )

    def _lines(self, start: int) -> tuple[Line, ...]:
        width = max(20, self.pane.text_width)
        return tuple(self.buffer.lines(width, wrap=self.wrap, stamps=self.stamps, start=start))

    def _place(self) -> str:
        """Which lines are held, of those that were read."""
        if not self.read:
            return "reading ..." if self.reading else "no lines" if self.is_whole else "not known"
        more = "" if self.is_whole else ", more follow"
        if self.least:
            return f"{len(self.buffer):,} of {self.read:,} lines{more}  level {LEVELS[self.least]} and above"
        first = self.buffer.dropped + 1
        return f"lines {first:,} to {first + len(self.buffer) - 1:,}{more}"

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
            self._read_anew()
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
        self._read_anew()

    def action_cli(self) -> None:
        self.console.copy(command := about("logs", self.run))
        self._say(f"copied: {command}")

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
        part = f" in {self._place()}" if self.buffer.dropped or not self.is_whole else ""
        self._say(f"/{safe_name(pane.wanted)}: {found.index(place) + 1} of {len(found)}{part}")

    def _say(self, text: str) -> None:
        self.query_one("#flash", Band).show(line(" " + safe_text(text, limit=400)))


def save_log(source: ConsoleSource, run: str, path: Path) -> str:
    """Write the whole log to a file that is not there yet; what was done, in words. Raises RequestError, OSError."""
    cursor: str | None = FIRST_LINE
    number = 0
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise RequestError(f"there is a file {path} already, and nothing is written over it") from error
    with os.fdopen(opened, "w", encoding="utf-8") as file:
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
