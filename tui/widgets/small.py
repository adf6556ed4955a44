"""Covers everything in a terminal that is too small, and says how large it must be."""

from __future__ import annotations

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.presenters.lines import line
from tui.widgets.paint import paint_of

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
WIDE = 100
"""Columns from which a terminal is wide: panes stand side by side."""
TALL = 44
"""Lines from which a terminal is tall: the overview says what happened last too."""


def is_small(size: Size) -> bool:
    return size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT


class TooSmall(Widget):
    """Shown by the class `-small` of its screen. `leave`: the key that still does something, and what."""

    def __init__(self, leave: str = "q quits"):
        super().__init__()
        self.leave = leave

    def render_line(self, y: int) -> Strip:
        width, height = self.app.size
        said = ("terminal too small", f"have {width}x{height}, need {LEAST_WIDTH}x{LEAST_HEIGHT}", self.leave)
        return paint_of(self).strip(line(said[y] if y < len(said) else ""), self.size.width)
