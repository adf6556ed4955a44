"""The trigger dialog: what a run would do, from a dry run by the source, before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from causal_organism.wording.safe_text import LINE_LIMIT, safe_name, safe_text
from tui.messages import Planned
from tui.presenters.assets.config import typed_config
from tui.presenters.assets.plan import plan_lines
from tui.presenters.commands import refresh_command, selection_of
from tui.presenters.lines import Line, line, text_lines
from tui.screens.dialogs import Dialog
from tui.source import Document, Place
from tui.widgets.band import Band, Choice, Prompt, Rule
from tui.widgets.pane import TextPane

_RANGE = "partitions, as day=2026-01-01..2026-01-31; empty: all out of date:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to run. `upstream`: also everything that the keys depend on."""

    keys: tuple[str, ...]
    upstream: bool = False
    force: bool = False
    full: bool = False
    partition: str | None = None  # a partition or range of them, as `--partition` takes it; None: all that are stale
    config: tuple[str, ...] = ()  # `NAME=VALUE`, each, as `--set` takes it

    @property
    def selection(self) -> str:
        return selection_of(self.keys, upstream=self.upstream)

    @property
    def options(self) -> dict[str, Any]:
        """What a plan and a trigger are given besides the selection."""
        return {"partition": self.partition, "force": self.force, "full": self.full, "config": self.config}

    def typed(self, *, production: bool) -> str | None:
        """The word to type before it starts: with force, on several targets, and in production."""
        if self.force or production or len(self.keys) > 1:
            return f"trigger {len(self.keys)}"
        return None


class TriggerDialog(Dialog[Wish]):
    """Shows the plan of a wish, which its keys change. The answer is the wish to run, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "cancel", show=False),
        Binding("plus,u", "option('upstream')", show=False),
        Binding("F", "option('force')", show=False),
        Binding("A", "option('full')", show=False),
        Binding("c", "config", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("ctrl+f,pagedown", "scroll(8)", show=False),
        Binding("ctrl+b,pageup", "scroll(-8)", show=False),
    ]

    def __init__(self, keys: Sequence[str], place: Place, *, partitioned: bool = False, config: str = ""):
        """`config`: what may be set for one run, as a question; empty: nothing."""
        super().__init__()
        self.config = config
        self.partitioned = partitioned
        self.is_ranged = False  # the question for a range was answered
        self.wish = Wish(keys=tuple(keys))
        self.place = place
        self.plan: Document | None = None
        self.serial = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="tall"):
            yield Band(id="question")
            yield Band(id="command")
            yield Band(id="options")
            if self.partitioned:
                yield Band(id="range-name")
                yield Prompt(id="range", classes="boxed")
            if self.config:
                yield Band(id="config-name")
                yield Prompt(id="config", classes="boxed")
            yield Rule()
            yield TextPane(id="plan", framed=False)
            yield Rule()
            yield Band(id="field-name")
            yield Prompt(id="field", classes="boxed")
            with Horizontal(id="choices"):
                yield Choice("Cancel", id="cancel")
                yield Choice("Trigger", id="act")

    def on_mount(self) -> None:
        self.query_one("#plan", TextPane).can_focus = False
        if self.partitioned:
            self.query_one("#range-name", Band).show(line(_RANGE))
        if self.config:
            self.query_one("#config-name", Band).show(line(safe_text(self.config, limit=LINE_LIMIT)))
        super().on_mount()
        self.ask()

    def command_line(self) -> str:
        return refresh_command(self.wish.selection, **self.wish.options)

    def first_focus(self) -> Widget:
        if self.partitioned and not self.is_ranged:
            return self.query_one("#range", Prompt)
        field = self.query_one("#field", Prompt)
        return field if field.display else super().first_focus()

    @on(Input.Changed, "#range, #config")
    def _changed(self) -> None:
        """What is typed has no plan yet: nothing can be chosen until it was left, by enter or for another place."""
        if self._typed_wish() != self.wish:
            self.serial += 1
            self._show_plan(None, (line(("enter shows what this would do", "dim")),))

    @on(Input.Submitted, "#range, #config")
    def _left_by_enter(self) -> None:
        self.query_one("#cancel", Choice).focus()

    @on(Input.Blurred, "#range, #config")
    def _left(self, event: Input.Blurred) -> None:
        """Plan with what was typed; a value that is not one stands in place of the plan."""
        self.is_ranged = self.is_ranged or event.input.id == "range"
        wish = self._typed_wish()
        if self.is_current and (wish != self.wish or self.plan is None):
            self.wish = wish
            self.ask()

    def _typed_wish(self) -> Wish:
        """The wish with what stands in the fields."""
        wish = self.wish
        if self.partitioned:
            wish = replace(wish, partition=self.query_one("#range", Prompt).value.strip() or None)
        return replace(wish, config=typed_config(self.query_one("#config", Prompt).value)) if self.config else wish

    def action_config(self) -> None:
        if self.config:
            self.query_one("#config", Prompt).focus()

    def ask(self) -> None:
        """Show the wish, and ask for its plan."""
        self.serial += 1
        keys, wish = self.wish.keys, self.wish
        title = f"TRIGGER {safe_name(keys[0])}" if len(keys) == 1 else f"TRIGGER {len(keys)} ASSETS"
        mode = "[RO]" if self.place.read_only else "[RW]"
        self.query_one("#question", Band).show(
            line((title, "head")), line(f"{safe_name(self.place.context, limit=30)} {mode}")
        )
        self.query_one("#command", Band).show(line((safe_text(self.command_line()), "dim")), line("Y copies "))
        options = (
            ("u", "upstream too", wish.upstream),
            ("F", "force", wish.force),
            ("A", "all from nothing", wish.full),
        )
        self.query_one("#options", Band).show(
            line("  ".join(f"{key} [{'x' if chosen else ' '}] {name}" for key, name, chosen in options))
        )
        self._show_plan(None, (line("planning ... (this changes nothing)"),))
        self.app.ask_plan(self, lambda source: source.plan(wish.selection, **wish.options))  # type: ignore[attr-defined]

    def on_planned(self, event: Planned) -> None:
        if event.serial != self.serial:
            return
        width = max(40, self.query_one("#plan", TextPane).size.width)
        if event.plan is None:
            self._show_plan(None, tuple(text_lines("There is no plan: " + (event.error or "unknown error"), width)))
        else:
            self._show_plan(event.plan, plan_lines(event.plan, width))

    def _show_plan(self, plan: Document | None, lines: Sequence[Line]) -> None:
        """`plan`: what may be chosen now; None: nothing."""
        self.query_one("#plan", TextPane).show(tuple(lines))
        self.plan = plan
        self._enable()

    def action_option(self, option: str) -> None:
        current = self.wish
        match option:
            case "upstream":
                self.wish = replace(current, upstream=not current.upstream)
            case "force":
                self.wish = replace(current, force=not current.force)
            case "full":
                self.wish = replace(current, full=not current.full)
        self.query_one("#field", Prompt).value = ""
        self.ask()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#plan", TextPane).move_by(lines)

    @on(Input.Changed, "#field")
    def _typed(self) -> None:
        self._enable()

    @on(Input.Submitted, "#field")
    def _submitted(self) -> None:
        """Enter in the field goes on to the choice that it opened; it never acts."""
        choice = self.query_one("#act", Choice)
        if not choice.disabled:
            choice.focus()

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
        was_there = field.display
        field.display = name.display = ready and typed is not None
        name.show(line(f"type  {typed}  to confirm:"))
        is_typing = self.focused is not None and self.focused.id in ("range", "config")
        if self.armed and field.display != was_there and not is_typing:
            self.first_focus().focus()
        act = self.query_one("#act", Choice)
        act.disabled = not ready or (typed is not None and field.value.strip() != typed)
        act.refresh()
