"""The console's app: screens as modes, where one was before, messages, exit. The source is asked in tui/asking.py."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from rich.segment import Segments
from textual import constants
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from causal_organism.wording.amounts import clock
from causal_organism.wording.safe_text import safe_text
from tui.actions import Action
from tui.asking import BEAT_S
from tui.clipboard import osc52
from tui.keyboard import Keyboard
from tui.keymap import Keymap
from tui.link import words
from tui.messages import Found, LogArrived, Written
from tui.polling import Standing
from tui.presenters.freshness import label_of
from tui.screens.commanding import Commanding
from tui.screens.listing import ListScreen
from tui.screens.modes import SCREENS
from tui.source import ConsoleSource, Document, Place
from tui.threads import HastyExecutor
from tui.widgets.cells import Difference, Picture
from tui.widgets.paint import Paint, Theme
from tui.widgets.small import WIDE

_REMEMBERED = 200


class ConsoleApp(Commanding):
    """`organism tui`."""

    CSS_PATH = "console.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "suspend_process", show=False, priority=True),  # also on a page, in a dialog, while typing
    ]
    ENABLE_COMMAND_PALETTE = False
    MODES: ClassVar[dict[str, Any]] = dict(SCREENS)
    DEFAULT_MODE = "overview"  # from the first: no empty screen is made before it
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  (Textual declares it so)

    def __init__(
        self,
        connect: Callable[[], ConsoleSource],
        place: Place,
        *,
        now: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] = time.monotonic,
        paint: Paint | None = None,
        tmux: bool = False,
        screen: bool = False,
        keys: Keymap | None = None,
    ):
        super().__init__(connect, place, now=now, ticks=ticks)
        self.keys = keys or {}
        self.set_keymap({name: ",".join(each) for name, each in self.keys.items()})
        if constants.DEFAULT_THEME == "textual-dark":  # nobody asked for another one (TEXTUAL_THEME)
            self.set_reactive(App.theme, "ansi-dark")  # before there are styles that it would change
        self.keyboard = Keyboard(self)
        self.picture = Picture()
        self.paint = paint or Paint()
        if self.no_color:
            self.paint = replace(self.paint, theme=Theme.MONO)
        self.set_class(self.paint.ascii_only, "-ascii")
        self.multiplexers = {"tmux": tmux, "screen": screen}
        self.before: tuple[str, str | None] | None = None  # the last place: screen and key
        self.faults: set[str] = set()  # that were said

    def get_driver_class(self) -> type[Driver]:
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from tui.driver import SturdyDriver  # there is none to import on Windows

        return SturdyDriver

    def get_loading_widget(self) -> Widget:
        """Words; Textual's own indicator repaints the whole pane fifteen times a second."""
        return Static("loading ...", markup=False)

    def on_mount(self) -> None:
        self.animation_level = "none"
        asyncio.get_running_loop().set_default_executor(HastyExecutor(thread_name_prefix="console"))
        self.set_interval(BEAT_S, self.beat)

    def on_unmount(self) -> None:
        self.keyboard.close()
        self.link.close()

    async def on_event(self, event: Event) -> None:
        is_typed = isinstance(event, Key | Paste) and not event.is_forwarded
        if not is_typed or self.keyboard.passes(cast(Key | Paste, event)):
            await super().on_event(event)

    @property
    def is_behind(self) -> bool:
        return self.keyboard.is_behind

    def on_app_blur(self) -> None:
        """Another window is looked at: ask more rarely, but go on."""
        self.pulse.away = True

    def on_app_focus(self) -> None:
        self.pulse.away = False
        self.ask_now()

    def action_help_quit(self) -> None:
        """ctrl+c also leaves from a dialog or a page."""
        self.exit()

    def redraw(self) -> None:
        """Send the whole screen again: another program had the terminal."""
        self.picture.forget()
        self.screen.refresh()
        self.ask_now()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Send the cells that differ from what the terminal shows."""
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            self.picture.resize(*self.size)
            super()._display(screen, cast(RenderableType, Difference(renderable, self.picture)))
        else:
            super()._display(screen, renderable)

    def on_resize(self) -> None:
        """Terminals move or cut what they show as they like."""
        self.picture.forget()

    def go(self, screen: str, key: str | None = None, *, say: str = "") -> None:
        """Show a screen, and open a thing there."""
        here = self._place()
        if screen != self.current_mode or key is not None:
            self.before = here
        self.switch_mode(screen)
        frame = cast(ListScreen, self.screen_stack[0])

        def arrive() -> None:
            if key is not None:
                frame.go_to(key, open=bool(frame.details))
            if say:
                frame.say(say)

        frame.call_after_refresh(arrive)

    def go_last(self) -> None:
        if self.before is not None:
            self.go(*self.before)

    def _place(self) -> tuple[str, str | None]:
        frame = self.frame
        key = frame.table.key if isinstance(frame, ListScreen) and frame.has_class("-detail") else None
        return (frame.scope if frame else "overview", key)

    def open_help(self, scope: str, refusal: Callable[[Action], str | None], run: Callable[[str], None]) -> None:
        from tui.screens.pages import HelpPage, help_rows  # read when one is opened, as screens are

        def chosen(id: str | None) -> None:
            if id is not None:
                run(id)

        self.push_screen(HelpPage(scope, help_rows(scope, refusal, self.keys)), chosen)

    def open_json(self, title: str, document: Document) -> None:
        from tui.screens.pages import JsonPage

        self.push_screen(JsonPage(title, document))

    def on_log_arrived(self, event: LogArrived) -> None:
        if self.frame is not None:
            self.frame.on_log_arrived(event)

    def on_found(self, event: Found) -> None:
        """A part of an id stands for one thing, and the console goes there; or for none, and it stays."""
        frame = self.frame
        if event.key is not None:
            if frame is not None:
                frame.message = ""
            self.go(event.screen_name, event.key)
        elif frame is not None:
            frame.say(event.error)

    def went(self, name: str, standing: Standing, why: str) -> None:
        said = f"{label_of(name)} {'answers again' if standing is Standing.LIVE else standing}"
        self.remember(f"{said}: {why}" if why else said)

    def noticed(self, fault: str) -> None:
        if fault not in self.faults:
            self.faults.add(fault)
            self.remember(fault)

    def failed_to_show(self, error: Exception) -> None:
        self.remember(f"not shown: {words(error)}")
        if self.frame is not None:
            self.frame.message = "a document could not be shown; :errors says more"
            self.frame.show_bands()

    def on_written(self, event: Written) -> None:
        if event.write not in (0, self._writes):
            self.remember(f"{event.label}, late: {len(event.results)} done; {'; '.join(event.errors)}")
            return
        self.writing = None
        self._writes += 1
        event.then(event.results)
        if event.errors and self.frame is not None:
            self.frame.say(f"{event.label}: {'; '.join(event.errors)}")
            if self.screen is not self.frame and (say := getattr(self.screen, "say", None)) is not None:
                done = f"{len(event.results)} done; " if event.results else ""
                say(f"{event.label}: {done}{'; '.join(event.errors)}")  # a page has a message row of its own
        self.ask_now()

    def remember(self, message: str) -> None:
        """Keep a message for `:errors`."""
        stamped = f"{clock(self.now())} {message}"
        if not self.said or self.said[-1] != stamped:
            self.said = (*self.said[-_REMEMBERED:], stamped)

    def copy(self, text: str) -> None:
        """Set the clipboard of the operator's terminal, where it allows that."""
        sequence = osc52(text, **self.multiplexers)
        if sequence is not None and self._driver is not None:
            self._driver.write(sequence)

    def _fatal_error(self) -> None:
        """A programming error ends the console with a plain traceback: Textual's shows local variables, secrets too."""
        self.bell()
        text = "".join(traceback.format_exception(*sys.exc_info()))
        lines = "\n".join(safe_text(each) for each in text.splitlines())
        self._exit_renderables.append(
            Segments(self.console.render_str(lines, markup=False, emoji=False).render(self.console))
        )
        self._close_messages_no_wait()
