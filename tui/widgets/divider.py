"""The line between two panes that stand side by side."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.paint import strip_of


class Divider(Widget):
    """A column of bars."""

    def render_line(self, y: int) -> Strip:
        return strip_of((("| ", ""),), self.size.width)
