"""Dialogs. No write happens without one: it names the targets, says the effect, and has Cancel focused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from causal_organism.wording.safe_text import safe_name
from tui.presenters.lines import Line, line
from tui.presenters.rows import Column, Row
from tui.screens.once import Once
from tui.widgets.band import Band, Choice, Prompt, Rule
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane

SHOWN_TARGETS = 8


def target_lines(targets: Sequence[str]) -> list[Line]:
    """The first targets, and how many more."""
    lines = [line("  " + safe_name(target)) for target in targets[:SHOWN_TARGETS]]
    if len(targets) > SHOWN_TARGETS:
        lines.append(line(f"  ... and {len(targets) - SHOWN_TARGETS} more"))
    return lines


class Ask(ModalScreen[str | None], Once[str | None]):
    """A question. The answer is None for Cancel, else the text of the field (empty where there is none).

    `typed`: a word that has to be typed before the action's choice works. `field`: asks for a value under this name.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        *,
        action: str,
        typed: str | None = None,
        field: str | None = None,
        context: str = "",
    ):
        super().__init__()
        self.question = title
        self.lines = tuple(lines)
        self.action = action
        self.typed = typed
        self.field = field
        self.context = context

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Band(id="question")
            yield Rule()
            yield TextPane(id="lines")
            if self.typed or self.field:
                yield Band(id="field-name")
                yield Prompt(id="field")
            with Horizontal(id="choices"):
                yield Choice("Cancel", id="cancel")
                yield Choice(self.action, id="act")

    def on_mount(self) -> None:
        self.query_one("#question", Band).show(line((self.question, "head")), line(self.context))
        pane = self.query_one("#lines", TextPane)
        pane.styles.height = max(1, min(len(self.lines), 12))
        pane.show(self.lines)
        pane.can_focus = len(self.lines) > 12
        if self.typed or self.field:
            said = f"type  {self.typed}  to confirm:" if self.typed else self.field or ""
            self.query_one("#field-name", Band).show(line(said))
            self.query_one("#act", Choice).disabled = True
        self.query_one("#cancel", Choice).focus()

    @on(Input.Changed, "#field")
    def _typed(self, event: Input.Changed) -> None:
        given = event.value.strip()
        act = self.query_one("#act", Choice)
        act.disabled = given != self.typed if self.typed else not given
        act.refresh()

    @on(Input.Submitted, "#field")
    def _submitted(self) -> None:
        """Enter in the field only goes on to the choices; it never acts."""
        choice = self.query_one("#act", Choice)
        (self.query_one("#cancel", Choice) if choice.disabled else choice).focus()

    @on(Prompt.GivenUp)
    def action_cancel(self) -> None:
        self.dismiss(None)

    @on(Choice.Chosen)
    def _chosen(self, event: Choice.Chosen) -> None:
        if event.choice.id == "cancel":
            self.dismiss(None)
        elif not event.choice.disabled:
            self.dismiss(self.query_one("#field", Prompt).value if self.typed or self.field else "")


class Pick(ModalScreen[str | None], Once[str | None]):
    """One of several keys, for `<` and `>` where there is more than one way."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "cancel", show=False),
        Binding("ctrl+c", "app.quit", show=False),
        Binding("enter", "pick", show=False),
    ]

    def __init__(self, title: str, rows: Sequence[Row], columns: Sequence[Column]):
        super().__init__()
        self.question = title
        self.rows = tuple(rows)
        self.columns = tuple(columns)

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Band(id="question")
            yield Rule()
            yield LineTable(self.columns, empty="nothing", id="list")

    def on_mount(self) -> None:
        self.query_one("#question", Band).show(line((self.question, "head")), line("enter goes there, esc back"))
        table = self.query_one("#list", LineTable)
        table.styles.height = min(len(self.rows) + 1, 14)
        table.show(self.rows)
        table.focus()

    def action_pick(self) -> None:
        self.dismiss(self.query_one("#list", LineTable).key)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_act(self, id: str) -> None:
        """Actions of lists have no place in a dialog."""
