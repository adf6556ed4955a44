"""The console's app: screens as modes, where one was before, messages, exit. The source is asked in tui/asking.py."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, cast

from rich.segment import Segments
from textual import constants
from textual.driver import Driver
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from causal_organism.wording.amounts import clock
from causal_organism.wording.safe_text import safe_text
from tui.actions import Action
from tui.asking import BEAT_S
from tui.clipboard import osc52
from tui.messages import LogArrived, Written
from tui.screens.assets import AssetsScreen
from tui.screens.console import Console
from tui.screens.frame import WIDE, Frame
from tui.screens.interventions import InterventionsScreen
from tui.screens.listing import ListScreen
from tui.screens.overview import OverviewScreen
from tui.screens.pages import HelpPage, JsonPage, TextPage, help_rows
from tui.screens.queues import QueuesScreen
from tui.screens.runs import RunsScreen
from tui.source import ConsoleSource, Document, Place
from tui.threads import HastyExecutor, end_process

SCREENS: dict[str, Callable[[], Screen[None]]] = {
    "overview": OverviewScreen,
    "assets": AssetsScreen,
    "runs": RunsScreen,
    "queues": QueuesScreen,
    "interventions": InterventionsScreen,
}
_REMEMBERED = 200


class ConsoleApp(Console):
    """`organism tui`."""

    CSS_PATH = "console.tcss"
    ENABLE_COMMAND_PALETTE = False
    MODES: ClassVar[dict[str, Any]] = dict(SCREENS)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012  (Textual declares it so)

    def __init__(
        self,
        connect: Callable[[], ConsoleSource],
        place: Place,
        *,
        now: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] = time.monotonic,
        ascii_only: bool = False,
        tmux: bool = False,
        screen: bool = False,
    ):
        super().__init__(connect, place, now=now, ticks=ticks)
        self.ascii_only = ascii_only
        self.multiplexers = {"tmux": tmux, "screen": screen}
        self.before: tuple[str, str | None] | None = None  # the last place: screen and key
        self.said: list[str] = []

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
        if constants.DEFAULT_THEME == "textual-dark":  # nobody asked for another one (TEXTUAL_THEME)
            self.theme = "ansi-dark"
        self.animation_level = "none"
        asyncio.get_running_loop().set_default_executor(HastyExecutor(thread_name_prefix="console"))
        self._exit_on_hangup()
        self.set_interval(BEAT_S, self.beat)
        self.switch_mode("overview")

    def on_unmount(self) -> None:
        self.link.close()

    def on_app_blur(self) -> None:
        self.blurred = True

    def on_app_focus(self) -> None:
        self.blurred = False
        self.ask_now()

    def action_help_quit(self) -> None:
        """ctrl+c also leaves from a dialog or a page."""
        self.exit()

    def _exit_on_hangup(self) -> None:
        """The terminal went away: leave in order. Without this, a process may stay behind and burn a core."""
        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.exit)
        except (NotImplementedError, RuntimeError, ValueError):  # not the main thread, or a platform without it
            return

    @property
    def frame(self) -> Frame | None:
        """The screen of the current mode, also while a page or dialog covers it."""
        screen = self.screen_stack[0] if self.screen_stack else None
        return screen if isinstance(screen, Frame) else None

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
        def chosen(id: str | None) -> None:
            if id is not None:
                run(id)

        self.push_screen(HelpPage(scope, help_rows(scope, refusal)), chosen)

    def open_json(self, title: str, document: Document) -> None:
        self.push_screen(JsonPage(title, document))

    def command(self, text: str) -> None:
        """`:` of the key table."""
        name, _, rest = text.partition(" ")
        frame, rest = self.frame, rest.strip()
        screens = [screen for screen in SCREENS if name and screen.startswith(name)]
        if name in ("q", "quit"):
            self.exit()
        elif name == "errors":
            self.push_screen(TextPage("Messages of this session", tuple(self.said) or ("none",)))
        elif name == "help" and frame is not None:
            frame.do_help()
        elif name == "refresh" and rest.isdecimal() and int(rest) >= 1:
            self.pulse.interval_s = float(rest)
        elif name in ("run", "asset") and rest:
            self.go(f"{name}s", rest)
        elif len(screens) == 1:
            self.go(screens[0])
        elif name and frame is not None:
            frame.say(
                f":{text} is no command; overview assets runs queues interventions, run ID, asset KEY, errors, quit"
            )

    def on_log_arrived(self, event: LogArrived) -> None:
        frame = self.frame
        if isinstance(frame, RunsScreen):
            frame.on_log_arrived(event)

    def on_written(self, event: Written) -> None:
        self.writing = None
        event.then(event.results)
        if event.errors and self.frame is not None:
            self.frame.say(f"{event.label}: {'; '.join(event.errors)}")
        self.ask_now()

    def remember(self, message: str) -> None:
        """Keep a message for `:errors`."""
        stamped = f"{clock(self.now())} {message}"
        if not self.said or self.said[-1] != stamped:
            self.said = [*self.said[-_REMEMBERED:], stamped]

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


def run_console(
    connect: Callable[[], ConsoleSource],
    place: Place,
    *,
    ascii_only: bool = False,
    tmux: bool = False,
    screen: bool = False,
) -> int:
    """Run the console until it is left; the exit code. Ends the process where a thread cannot be waited for."""
    app = ConsoleApp(connect, place, ascii_only=ascii_only, tmux=tmux, screen=screen)
    app.run(mouse=False)
    return end_process(app.return_code or 0)
