"""One-line parts of the frame: bands of text, rules, the prompt, and the choices of a dialog."""

from __future__ import annotations

from typing import ClassVar

from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from causal_organism.wording.safe_text import LINE_LIMIT, safe_text
from tui.presenters.lines import Line, line, plain
from tui.widgets.paint import paint_of


class Band(Widget):
    """A line with a left and a right part. `whole`: pieces of the left one are shown whole or not at all."""

    def __init__(self, *, id: str | None = None, whole: bool = False):
        super().__init__(id=id)
        self.whole = whole
        self._left: Line = ()
        self._right: Line = ()

    @property
    def text(self) -> str:
        """What it says, without tones."""
        return plain(self._composed())

    def show(self, left: Line, right: Line = ()) -> None:
        """Say something else; saying the same sends nothing."""
        if (left, right) == (self._left, self._right):
            return
        self._left, self._right = left, right
        self.refresh()

    def render_line(self, y: int) -> Strip:
        return paint_of(self).strip(self._composed(), self.size.width)

    def _composed(self) -> Line:
        """The right part at the right edge; it wins where both do not fit."""
        if not self._right:
            return self._left
        room = self.size.width - len(plain(self._right))
        pieces, left = [], room - 1
        for text, tone in self._left:
            if len(text) > left:
                if left > 0 and not self.whole:
                    pieces.append((text[: left - 1] + "…", tone))
                break
            left -= len(text)
            pieces.append((text, tone))
        used = len(plain(tuple(pieces)))
        return (*pieces, (" " * max(0, room - used), ""), *self._right)


class Rule(Widget):
    """A line across, with a few words at its right where something is to be said."""

    text = ""

    def say(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.refresh()

    def render_line(self, y: int) -> Strip:
        said = f" {self.text} " if self.text else ""
        rule = "─" * max(0, self.size.width - len(said) - bool(said))
        end = ((said, "dim"), ("─", "line")) if said else ()
        return paint_of(self).strip(((rule, "line"), *end), self.size.width)


class Prompt(Input):
    """Where filters, searches and commands are typed. Nothing blinks; pasted text is made safe."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False),
        Binding("tab", "complete", show=False),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    class Completed(Message):
        """Tab was pressed, where that does not lead to another field."""

    class GivenUp(Message):
        """Esc was pressed: nothing is to change."""

    def __init__(self, *, id: str | None = None, classes: str | None = None):
        super().__init__(id=id, classes=classes, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        return safe_text(value, limit=LINE_LIMIT)

    def action_complete(self) -> None:
        if not isinstance(self.parent, PromptRow):
            raise SkipAction  # in a dialog, tab leads on
        self.post_message(self.Completed())

    def action_give_up(self) -> None:
        self.post_message(self.GivenUp())


class PromptRow(Horizontal):
    """A name and the prompt behind it, in one line that is there only while something is asked for."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.display = False

    def compose(self) -> ComposeResult:
        yield Band(id="prompt-name")
        yield Prompt(id="prompt")

    @property
    def prompt(self) -> Prompt:
        return self.query_one("#prompt", Prompt)

    def ask(self, name: str, value: str = "") -> None:
        """Show it, with the focus in the prompt."""
        band = self.query_one("#prompt-name", Band)
        band.styles.width = len(name) + 1
        band.show(line((name, "head")))
        self.display = True
        self.prompt.value = value
        self.prompt.cursor_position = len(value)
        self.screen.set_focus(self.prompt)  # now, not soon: the next key may be waiting


class Choice(Widget, can_focus=True):
    """One of a dialog's answers: `[ Cancel ]`. The one that has the focus is reversed and stands between > and <."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", show=False),  # not space, which is typed in words
        Binding("left,h", "app.focus_previous", show=False),
        Binding("right,l", "app.focus_next", show=False),
    ]

    class Chosen(Message):
        """This answer was given."""

        def __init__(self, choice: Choice):
            super().__init__()
            self.choice = choice

    def __init__(self, label: str, *, id: str):
        super().__init__(id=id)
        self.label = label
        self.styles.width = len(label) + 6

    def render_line(self, y: int) -> Strip:
        paint = paint_of(self)
        if self.has_focus:
            return paint.strip(line((f">[ {self.label} ]<", "tab")), self.size.width)
        return paint.strip(line((f" [ {self.label} ] ", "dim" if self.disabled else "chip")), self.size.width)

    def action_choose(self) -> None:
        """Where the focus is: a key right behind one that moves it still comes to the choice that had it."""
        if self.has_focus:
            self.post_message(self.Chosen(self))
