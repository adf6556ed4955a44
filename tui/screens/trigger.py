"""The trigger dialog: what a run would do, from a dry run by the source, before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.messages import Planned
from tui.presenters.commands import refresh_command, selection_of
from tui.presenters.lines import line, text_lines
from tui.presenters.plan import plan_lines
from tui.screens.once import Once
from tui.source import Document, Place
from tui.widgets.band import Band, Choice, Prompt, Rule
from tui.widgets.pane import TextPane


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to run. `upstream`: also everything that the keys depend on."""

    keys: tuple[str, ...]
    upstream: bool = False
    force: bool = False
    full: bool = False

    @property
    def selection(self) -> str:
        return selection_of(self.keys, upstream=self.upstream)

    def typed(self, *, production: bool) -> str | None:
        """The word to type before it starts: with force, on several targets, and in production."""
        if self.force or production or len(self.keys) > 1:
            return f"trigger {len(self.keys)}"
        return None


class TriggerDialog(ModalScreen[Wish | None], Once[Wish | None]):
    """Shows the plan of a wish, which its keys change. The answer is the wish to run, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", show=False),
        Binding("ctrl+c", "app.quit", show=False),
        Binding("plus,u", "option('upstream')", show=False),
        Binding("F", "option('force')", show=False),
        Binding("A", "option('full')", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("ctrl+f,pagedown", "scroll(8)", show=False),
        Binding("ctrl+b,pageup", "scroll(-8)", show=False),
    ]

    def __init__(self, keys: Sequence[str], place: Place):
        super().__init__()
        self.wish = Wish(keys=tuple(keys))
        self.place = place
        self.plan: Document | None = None
        self.serial = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="tall"):
            yield Band(id="question")
            yield Band(id="command")
            yield Band(id="options")
            yield Rule()
            yield TextPane(id="plan")
            yield Rule()
            yield Band(id="field-name")
            yield Prompt(id="field")
            with Horizontal(id="choices"):
                yield Choice("Cancel", id="cancel")
                yield Choice("Trigger", id="act")

    def on_mount(self) -> None:
        self.query_one("#plan", TextPane).can_focus = False
        self.query_one("#cancel", Choice).focus()
        self.ask()

    def ask(self) -> None:
        """Show the wish, and ask for its plan."""
        self.serial += 1
        self.plan = None
        keys, wish = self.wish.keys, self.wish
        title = f"TRIGGER {safe_name(keys[0])}" if len(keys) == 1 else f"TRIGGER {len(keys)} ASSETS"
        mode = "[RO]" if self.place.read_only else "[RW]"
        self.query_one("#question", Band).show(
            line((title, "head")), line(f"{safe_name(self.place.context, limit=30)} {mode}")
        )
        command = refresh_command(wish.selection, force=wish.force, full=wish.full)
        self.query_one("#command", Band).show(line((safe_text(command), "dim")))
        options = (
            ("u", "upstream too", wish.upstream),
            ("F", "force", wish.force),
            ("A", "all from nothing", wish.full),
        )
        self.query_one("#options", Band).show(
            line("  ".join(f"{key} [{'x' if chosen else ' '}] {name}" for key, name, chosen in options))
        )
        self.query_one("#plan", TextPane).show((line("planning ... (this changes nothing)"),))
        self._enable()
        self.app.ask_plan(self, wish.selection, force=wish.force, full=wish.full)  # type: ignore[attr-defined]

    def on_planned(self, event: Planned) -> None:
        if event.serial != self.serial:
            return
        pane = self.query_one("#plan", TextPane)
        width = max(40, pane.size.width)
        if event.plan is None:
            pane.show(tuple(text_lines("There is no plan: " + (event.error or "unknown error"), width)))
        else:
            pane.show(plan_lines(event.plan, width))
        self.plan = event.plan
        self._enable()

    def action_option(self, option: str) -> None:
        current = self.wish
        values = {"upstream": current.upstream, "force": current.force, "full": current.full}
        values[option] = not values[option]
        self.wish = Wish(keys=current.keys, **values)
        self.query_one("#field", Prompt).value = ""
        self.ask()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#plan", TextPane).move_by(lines)

    @on(Prompt.GivenUp)
    def action_cancel(self) -> None:
        self.dismiss(None)

    @on(Input.Changed, "#field")
    def _typed(self) -> None:
        self._enable()

    @on(Input.Submitted, "#field")
    def _submitted(self) -> None:
        choice = self.query_one("#act", Choice)
        (self.query_one("#cancel", Choice) if choice.disabled else choice).focus()

    @on(Choice.Chosen)
    def _chosen(self, event: Choice.Chosen) -> None:
        if event.choice.id == "cancel":
            self.dismiss(None)
        elif not event.choice.disabled:
            self.dismiss(self.wish)

    def _enable(self) -> None:
        """The action's choice works once there is something to do and the word is typed."""
        typed = self.wish.typed(production=self.place.production)
        ready = self.plan is not None and bool(self.plan.get("steps"))
        field, name = self.query_one("#field", Prompt), self.query_one("#field-name", Band)
        field.display = name.display = ready and typed is not None
        name.show(line(f"type  {typed}  to confirm:"))
        act = self.query_one("#act", Choice)
        act.disabled = not ready or (typed is not None and field.value.strip() != typed)
        act.refresh()
