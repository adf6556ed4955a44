"""Covers everything in a terminal that is too small, and says how large it must be."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget

from tui.presenters.lines import line
from tui.widgets.paint import paint_of

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
WIDE = 100
"""Columns from which a terminal is wide: panes stand side by side."""
TALL = 44
"""Lines from which a terminal is tall: the overview says what happened last too."""


class TooSmall(Widget):
    """Shown by the class `-small` of its screen."""

    def render_line(self, y: int) -> Strip:
        width, height = self.app.size
        said = ("terminal too small", f"have {width}x{height}, need {LEAST_WIDTH}x{LEAST_HEIGHT}", "q quits")
        return paint_of(self).strip(line(said[y] if y < len(said) else ""), self.size.width)
