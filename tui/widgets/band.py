"""One-line parts of the frame: bands of text, rules, the prompt, and the choices of a dialog."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from causal_organism.wording.safe_text import LINE_LIMIT, safe_text
from tui.presenters.lines import Line, line, plain
from tui.widgets.paint import REVERSE, strip_of


class Band(Widget):
    """A line with a left and a right part. Only the span that changed is sent again."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
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
        before = self._composed()
        self._left, self._right = left, right
        self._repaint(before, self._composed())

    def render_line(self, y: int) -> Strip:
        return strip_of(self._composed(), self.size.width, ascii_only=bool(getattr(self.app, "ascii_only", False)))

    def _composed(self) -> Line:
        """The right part at the right edge; it wins where both do not fit."""
        if not self._right:
            return self._left
        room = self.size.width - len(plain(self._right))
        pieces, used = [], 0
        for text, tone in self._left:
            text = text[: max(0, room - 1 - used)]
            used += len(text)
            pieces.append((text, tone))
        return (*pieces, (" " * max(0, room - used), ""), *self._right)

    def _repaint(self, before: Line, after: Line) -> None:
        old, new = _cells(before, self.size.width), _cells(after, self.size.width)
        if not (plain(before).isascii() and plain(after).isascii()):
            self.refresh()  # cells and characters are not the same there
            return
        differing = [index for index, (was, now) in enumerate(zip(old, new, strict=True)) if was != now]
        if differing:
            self.refresh(Region(differing[0], 0, differing[-1] - differing[0] + 1, 1))


class Rule(Widget):
    """A line of dashes."""

    def render_line(self, y: int) -> Strip:
        return strip_of((("-" * self.size.width, ""),), self.size.width)


class Prompt(Input):
    """Where filters, searches and commands are typed. Nothing blinks; pasted text is made safe."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False),
        Binding("ctrl+c", "app.quit", show=False),
    ]

    class GivenUp(Message):
        """Esc was pressed: nothing is to change."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        return safe_text(value, limit=LINE_LIMIT)

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
        Binding("enter,space", "choose", show=False),
        Binding("left,up,h", "screen.focus_previous", show=False),
        Binding("right,down,l", "screen.focus_next", show=False),
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
        if self.has_focus:
            return strip_of(line(f">[ {self.label} ]<"), self.size.width, over=REVERSE)
        tone = "dim" if self.disabled else ""
        return strip_of(line((f" [ {self.label} ] ", tone)), self.size.width)

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self))


def _cells(of: Line, width: int) -> list[tuple[str, str]]:
    """A character with its tone per cell, padded to the width."""
    cells = [(character, tone) for text, tone in of for character in text]
    return [*cells[:width], *[(" ", "")] * (width - len(cells))]
