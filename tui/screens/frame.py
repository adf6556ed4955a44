"""The bands that every screen has (status, tabs, breadcrumb, body, message and keys), and how keys become actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, cast

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.containers import Container
from textual.events import DescendantBlur, DescendantFocus, Resize
from textual.geometry import Size
from textual.screen import Screen

from causal_organism.wording.safe_text import safe_text
from tui.actions import APP, LIST, LOG, SCREENS, Action, Context, find, in_scope
from tui.keymap import with_keys
from tui.messages import LogArrived
from tui.polling import Standing
from tui.presenters.bands import CRUMB_GAPS, crumb_end, crumb_line, key_line, status_lines, tab_lines
from tui.presenters.freshness import freshness_line, freshness_of, label_of, lost_words, not_known, silence_text
from tui.presenters.lines import Line, line, plain
from tui.presenters.overview.summary import waiting_for_people
from tui.requests import COUNTED, Request
from tui.screens.console import Console
from tui.source import ConsoleSource, Document
from tui.widgets.band import Band, Prompt, PromptRow
from tui.widgets.log_pane import LogPane
from tui.widgets.pane import Pane
from tui.widgets.small import TALL, WIDE, TooSmall, is_small


class Frame(Screen[None]):
    """A screen of the console. Subclasses give the body, the requests, and `do_…` for the actions of their scope."""

    scope: ClassVar[str] = ""

    def __init__(self) -> None:
        # With its classes from the first, and as styled by what was just parsed: else all is parsed and styled again.
        super().__init__(classes=" ".join(name for name, is_so in _classes(self.app.size).items() if is_so))
        self._css_update_count = self.app._css_update_count
        self.message = ""
        self.has_widgets = False

    @property
    def console(self) -> Console:
        return cast(Console, self.app)

    @property
    def wide(self) -> bool:
        return self.app.size.width >= WIDE

    @property
    def composed(self) -> bool:
        """Whether its widgets are there: not yet before it was mounted, not any more while the console is left."""
        return self.has_widgets and self.app.is_running

    def compose(self) -> ComposeResult:
        yield Band(id="status", whole=True)
        yield Band(id="tabs")
        yield Band(id="crumb")
        with Container(id="body"):
            yield from self.compose_body()
        yield Band(id="flash")
        yield PromptRow()
        yield Band(id="keys")
        yield TooSmall()

    def compose_body(self) -> ComposeResult:
        """The widgets between the crumb and the message row."""
        raise NotImplementedError

    def requests(self) -> Sequence[Request]:
        """The documents that the screen shows now."""
        raise NotImplementedError

    def log_request(self) -> tuple[str, str | None] | None:
        return None

    def on_log_arrived(self, event: LogArrived) -> None:
        """Passed on by the console to the screen that asks for a log."""

    def present(self) -> None:
        """Show the console's documents; then the bands."""
        self.show_bands()

    def crumbs(self) -> tuple[str, ...]:
        """The breadcrumb behind the screen's name."""
        return ()

    def extras(self) -> str:
        """What the breadcrumb says before the time: filter, sort, follow."""
        return ""

    def context_for(self, action: Action) -> Context:
        """What decides whether the action is possible."""
        console = self.console
        silent = console.pulse.lost(action.needs)
        lost = silence_text(silent, console.ticks()) if silent else None
        return Context(read_only=console.place.read_only, lost=lost, unsupported=console.unsupported)

    def show_bands(self) -> None:
        """All five; each sends only what changed."""
        if not self.composed:
            return
        app, now = self.console, self.console.ticks()
        self.query_one("#status", Band).show(*status_lines(app.place, app.documents, app.api_ms, app.now()))
        (asks_help,) = with_keys((find("help", APP),), app.keys)
        waiting = waiting_for_people(app.documents)
        self.query_one("#tabs", Band).show(*tab_lines(SCREENS.index(self.scope), waiting, help_key=asks_help.keys[0]))
        where, extras = crumb_line(app.place.name, self.scope.capitalize(), self.crumbs()), self.extras()
        room = self.size.width - min(len(plain(where)), self.size.width // 2) - len(extras) - CRUMB_GAPS
        self.query_one("#crumb", Band).show(where, crumb_end(extras, self._freshness(now, room)))
        self._show_flash(now)
        self.show_keys()

    def _freshness(self, now: float, room: int) -> Line:
        """Of each source that the screen shows; what was read once and for all counts while it is being read."""
        pulse = self.console.pulse
        names = [name for name, _ in self.requests()]
        names += [each.name for each in pulse.lost(name for name, _ in COUNTED if name not in names)]
        shown = [freshness_of(pulse.question(name), now, paused=pulse.paused) for name in names]
        # That one thing is just being read is said where it will stand.
        shown = [each for each in shown if ":" not in each.name or each.standing is not Standing.READING]
        return freshness_line(shown, paused=pulse.paused, room=room)

    @property
    def fills_body(self) -> bool:
        """Whether only the pane with the focus is seen."""
        return isinstance(self.focused, Pane) and self.focused.size.height == self.query_one("#body").size.height

    def show_keys(self) -> None:
        if not self.composed:
            return
        scopes = (self.scope, LOG if isinstance(self.focused, LogPane) else LIST)
        shown = [
            (action, action.refusal(self.context_for(action)) is None)
            for action in with_keys(in_scope(*scopes), self.console.keys)
            if action.label
        ]
        last = [(action, True) for action in with_keys(in_scope(APP), self.console.keys) if action.label]
        self.query_one("#keys", Band).show(key_line(shown, last, self.size.width))

    @on(Pane.Widened)
    def present_soon(self) -> None:
        """Present once the sizes are known that follow from what was just shown or hidden."""
        self.call_after_refresh(self._present_composed)

    def _present_composed(self) -> None:
        if self.composed:
            self._fit()
            self.present()

    def say(self, text: str) -> None:
        """A message in the flash row, until esc or the next one."""
        self.message = safe_text(text, limit=400)
        self.console.remember(self.message)
        self._show_flash(self.console.ticks())

    def _show_flash(self, now: float) -> None:
        app, flash = self.console, self.query_one("#flash", Band)
        if self.message:
            flash.show(line(" " + self.message), line(("esc dismisses", "dim")))
        elif lost := app.pulse.lost([name for name, _ in self.requests()]):
            flash.show(line((" ! " + lost_words(lost, now), "bad")))
        elif app.notes:
            name, why = next(iter(app.notes.items()))
            flash.show(line((f" ! {label_of(name)}: {why}", "warn")))
        else:
            flash.show(line(f" {app.writing} ..." if app.writing else ""))

    def on_mount(self) -> None:
        self.has_widgets = True
        self._fit()
        self.call_after_refresh(self.on_screen_resume)

    def on_screen_resume(self) -> None:
        """It is seen, again or for the first time: show what is known, and ask."""
        if not self.composed or not self.is_current:
            return
        self._fit()
        self.present()
        self.console.screen_changed()

    def on_resize(self, event: Resize) -> None:
        self.present_soon()

    def _fit(self) -> None:
        """Classes by size; set here too, because a hidden screen gets no event when the terminal changes."""
        self.update_classes(_classes(self.app.size))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self.show_keys()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        self.show_keys()

    def tick(self, now: float) -> None:
        self.show_bands()

    def action_act(self, id: str) -> None:
        """Do an action by its id, or say why not."""
        if isinstance(self.focused, Prompt):
            raise SkipAction  # the key is text there
        if self.has_class("-small") and id not in ("quit", "leave"):
            return
        action = find(id, self.scope, LIST, LOG, APP)
        refusal = action.refusal(self.context_for(action))
        if refusal is not None:
            self.say(f"{action.label or action.id}: {refusal}")
            return
        do: Callable[[], None] = getattr(self, "do_" + id.replace(".", "_"))
        do()
        self.show_bands()

    def write(
        self,
        label: str,
        targets: Sequence[str],
        call: Callable[[ConsoleSource, str], object],
        then: Callable[[Sequence[object]], None],
    ) -> None:
        if not self.console.write(label, targets, call, then):
            self.say(f"{label}: still waiting for: {self.console.writing}")

    def unread(self, name: str) -> str:
        """What is said in place of a document that is not there."""
        question = self.console.pulse.question(name)
        if not question.failures:
            return "reading ..."
        return not_known(question.why)

    def document(self, name: str) -> Document | None:
        return self.console.documents.get(name)

    def do_go_overview(self) -> None:
        self.console.go("overview")

    def do_go_assets(self) -> None:
        self.console.go("assets")

    def do_go_runs(self) -> None:
        self.console.go("runs")

    def do_go_queues(self) -> None:
        self.console.go("queues")

    def do_go_interventions(self) -> None:
        self.console.go("interventions")

    def do_go_last(self) -> None:
        self.console.go_last()

    def do_freeze(self) -> None:
        pulse = self.console.pulse
        pulse.paused = not pulse.paused
        self.say("paused: u goes on, ctrl-r asks once" if pulse.paused else "asking again")

    def do_refresh(self) -> None:
        names = self.console.insist()
        self.say("asked now: " + ", ".join(dict.fromkeys(label_of(name) for name in names)))

    def do_redraw(self) -> None:
        self.console.redraw()

    def do_help(self) -> None:
        self.console.open_help(self.scope, lambda action: action.refusal(self.context_for(action)), self.action_act)

    def do_suspend(self) -> None:
        self.console.action_suspend_process()

    def do_quit(self) -> None:
        self.console.exit()


def _classes(size: Size) -> dict[str, bool]:
    """What styles tell sizes by."""
    width, height = size
    return {
        "-wide": width >= WIDE,
        "-narrow": width < WIDE,
        "-tall": height >= TALL,
        "-small": is_small(size),
    }
