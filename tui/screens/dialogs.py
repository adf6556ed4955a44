"""Dialogs. No write happens without one: it names the targets, the effect and the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.messages import Came
from tui.presenters.lines import Line, folded, line
from tui.presenters.rows import Column, Row
from tui.screens.console import Console
from tui.screens.once import Once
from tui.source import ConsoleSource
from tui.widgets.band import Band, Choice, Prompt, Rule
from tui.widgets.line_table import LineTable
from tui.widgets.pane import TextPane
from tui.widgets.small import WIDE

SHOWN_TARGETS = 8
MOST_LINES = 16
_OTHER_LINES, _FIELD_LINES = 8, 4  # of a dialog: its frame, title, command and choices; a field with its name
_WIDE_BOX, _NARROW_BOX = 94, 70  # columns of the text in a box
Result = TypeVar("Result")
Found = TypeVar("Found")
"""What the source answers of an act: what it leads to."""


def target_lines(targets: Sequence[str]) -> list[Line]:
    """The first targets, and how many more."""
    lines = [line("  " + safe_name(target)) for target in targets[:SHOWN_TARGETS]]
    if len(targets) > SHOWN_TARGETS:
        lines.append(line(f"  ... and {len(targets) - SHOWN_TARGETS} more"))
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A line to type into. `word`: exactly this has to be typed, else anything but nothing."""

    name: str
    label: str = ""
    word: str | None = None

    @property
    def title(self) -> str:
        return self.label if self.word is None else f"type  {self.word}  to confirm:"

    def is_filled(self, value: str) -> bool:
        return bool(value.strip()) if self.word is None else value.strip() == self.word


@dataclass(frozen=True, slots=True)
class Foreseen(Generic[Found]):
    """What an act leads to: asked of the source while its dialog is open, and told as lines."""

    ask: Callable[[ConsoleSource], Found]
    tell: Callable[[Found], Sequence[Line]]


Answers = Mapping[str, str]
"""Name of a field -> what was typed there."""


def confirming(word: str | None) -> tuple[Field, ...]:
    """The field for a typed word, where one is asked for."""
    return () if word is None else (Field(name="word", word=word),)


class Dialog(ModalScreen[Result | None], Once[Result | None]):
    """A box that asks before something is changed. It takes no keys until it was seen, so that none that were typed
    before it decide; then the first field has the focus, or else Cancel.

    `command`: the command line that does the same; `Y` copies it, ctrl+y also out of a field.
    """

    AUTO_FOCUS = ""  # the screen's own way would give it before anything was seen
    GUARD_S = 0.3  # after it was painted: what a hand already on its way may still type
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("ctrl+c", "app.quit", show=False),
        Binding("Y,ctrl+y", "copy", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.armed = False

    def on_mount(self) -> None:
        self.set_focus(None)
        self.call_after_refresh(self._guard)

    def command_line(self) -> str:
        """The `organism` command that does the same; empty: there is none."""
        return ""

    def first_focus(self) -> Widget:
        return self.query_one("#cancel", Choice)

    def _guard(self) -> None:
        self.set_timer(self.GUARD_S, self._arm)

    def _arm(self) -> None:
        if cast(Console, self.app).is_behind or self.has_class("-small"):
            self._guard()  # what waits was typed before anybody saw this
        elif self.is_attached and not self.armed:
            self.armed = True
            self.first_focus().focus()

    def action_copy(self) -> None:
        if command := self.command_line():
            cast(Console, self.app).copy(command)
            self.query_one("#command", Band).show(line((safe_text(command), "dim")), line("copied "))

    @on(Prompt.GivenUp)
    def action_cancel(self) -> None:
        self.dismiss(None)


class Ask(Dialog[Answers]):
    """A question. The answer is None for Cancel, else what stands in the fields."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        *,
        action: str,
        fields: Sequence[Field] = (),
        context: str = "",
        command: str = "",
        guarded: bool = True,
        foreseen: Foreseen[Any] | None = None,
    ):
        super().__init__()
        self.question = title
        self.lines = tuple(lines)
        self.action = action
        self.fields = tuple(fields)
        self.context = context
        self.command = command
        self.foreseen = foreseen
        self.armed = not guarded

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Band(id="question")
            yield Rule()
            yield TextPane(id="lines", framed=False)
            if self.command:
                yield Band(id="command")
            for field in self.fields:
                yield Band(id=f"name-{field.name}")
                yield Prompt(id=f"field-{field.name}", classes="boxed")
            with Horizontal(id="choices"):
                yield Choice("Cancel", id="cancel")
                yield Choice(self.action, id="act")

    def on_mount(self) -> None:
        self.query_one("#question", Band).show(line((self.question, "head")), line(self.context))
        self._show(self.lines if self.foreseen is None else (*self.lines, line(("looking what follows ...", "dim"))))
        if self.foreseen is not None:
            cast(Console, self.app).ask_once(self, "what follows", self.foreseen.ask)
        if self.command:
            self.query_one("#command", Band).show(line((safe_text(self.command), "dim")), line("Y copies "))
        for field in self.fields:
            self.query_one(f"#name-{field.name}", Band).show(line(field.title))
        self._enable()
        if self.armed:
            self.first_focus().focus()
        else:
            super().on_mount()

    def _show(self, lines: Sequence[Line]) -> None:
        pane = self.query_one("#lines", TextPane)
        width = _WIDE_BOX if self.app.size.width >= WIDE else _NARROW_BOX
        shown = tuple(part for each in lines for part in folded(each, width))
        room = max(3, min(MOST_LINES, self.app.size.height - _OTHER_LINES - _FIELD_LINES * len(self.fields)))
        pane.styles.height = max(1, min(len(shown), room))
        pane.show(shown)
        pane.can_focus = len(shown) > room
        self.query_one(Rule).say("shift+tab, j and k: more" if len(shown) > room else "")

    def on_came(self, event: Came) -> None:
        """What follows; where that cannot be known, the act is still possible."""
        if self.foreseen is not None:
            unknown = (line((f"What follows is not known: {safe_text(event.error, limit=200)}", "warn")),)
            self._show((*self.lines, *(unknown if event.error else self.foreseen.tell(event.result))))

    def command_line(self) -> str:
        return self.command

    def first_focus(self) -> Widget:
        return self.query_one(f"#field-{self.fields[0].name}", Prompt) if self.fields else super().first_focus()

    @on(Input.Changed)
    def _enable(self) -> None:
        act = self.query_one("#act", Choice)
        act.disabled = not all(field.is_filled(self._value(field)) for field in self.fields)
        act.refresh()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter in a field only goes on: to the next one that is not filled, else to the choices; it never acts."""
        empty = next((field for field in self.fields if not field.is_filled(self._value(field))), None)
        if empty is not None and event.input.id != f"field-{empty.name}":
            self.query_one(f"#field-{empty.name}", Prompt).focus()
        elif empty is None:
            self.query_one("#act", Choice).focus()

    @on(Choice.Chosen)
    def _chosen(self, event: Choice.Chosen) -> None:
        if event.choice.id == "cancel":
            self.dismiss(None)
        elif not event.choice.disabled:
            self.dismiss({field.name: self._value(field) for field in self.fields})

    def _value(self, field: Field) -> str:
        return self.query_one(f"#field-{field.name}", Prompt).value.strip()


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
            yield LineTable(self.columns, empty="nothing", id="list", framed=False)

    def on_mount(self) -> None:
        self.query_one("#question", Band).show(line((self.question, "head")), line("enter goes there, esc back"))
        table = self.query_one("#list", LineTable)
        table.styles.height = min(len(self.rows) + 1, 14)
        table.show(self.rows, cast(Console, self.app).now())
        table.focus()

    def action_pick(self) -> None:
        self.dismiss(self.query_one("#list", LineTable).key)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_act(self, id: str) -> None:
        """Actions of lists have no place in a dialog."""
