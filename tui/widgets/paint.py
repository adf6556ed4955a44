"""From safe text with tones to strips of a terminal line: the palettes, and the signs where there is only ASCII."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from causal_organism.wording.safe_text import to_ascii
from tui.presenters.lines import Line

PLAIN = Style()


class Theme(StrEnum):
    """What the tones look like. `terminal`: the terminal's own sixteen colours, on whatever background."""

    DARK = "dark"
    LIGHT = "light"
    COLOUR_BLIND = "colour-blind"  # states differ in blue, orange and brightness: safe for the common kinds
    TERMINAL = "terminal"
    MONO = "mono"


def _styles(**colours: str) -> dict[str, Style]:
    return {tone: Style.parse(text) for tone, text in colours.items()}


_SHARED = {"": "none", "match": "reverse", "bar": "reverse"}
PALETTES: Mapping[Theme, Mapping[str, Style]] = {
    Theme.DARK: _styles(
        **_SHARED,
        ok="color(114)", warn="color(221)", bad="bold color(210)", run="color(117)", dim="color(245)",
        head="bold color(110)", key="bold color(183)", accent="bold color(80)", second="color(183)",
        line="color(240)", focus="color(80)", tab="bold color(233) on color(80)", chip="color(252) on color(238)",
        faint="color(238)", cursor="on color(238)", away="on color(235)",
    ),
    Theme.LIGHT: _styles(
        **_SHARED,
        ok="color(28)", warn="color(130)", bad="bold color(160)", run="color(25)", dim="color(242)",
        head="bold color(24)", key="bold color(90)", accent="bold color(30)", second="color(90)",
        line="color(249)", focus="color(30)", tab="bold color(231) on color(30)", chip="color(236) on color(253)",
        faint="color(252)", cursor="on color(253)", away="on color(255)",
    ),
    Theme.COLOUR_BLIND: _styles(
        **_SHARED,
        ok="color(75)", warn="color(222)", bad="bold color(208)", run="bold color(231)", dim="color(245)",
        head="bold color(110)", key="bold color(189)", accent="bold color(153)", second="color(189)",
        line="color(240)", focus="color(153)", tab="bold color(233) on color(153)", chip="color(252) on color(238)",
        faint="color(238)", cursor="on color(238)", away="on color(235)",
    ),
    Theme.TERMINAL: _styles(
        **_SHARED,
        ok="green", warn="yellow", bad="bold red", run="cyan", dim="dim", head="bold", key="bold magenta",
        accent="bold cyan", second="magenta", line="dim", focus="cyan", tab="reverse bold cyan", chip="bold",
        faint="dim", cursor="reverse", away="underline",
    ),
    Theme.MONO: _styles(
        **_SHARED,
        ok="none", warn="none", bad="bold", run="none", dim="dim", head="bold", key="bold", accent="bold",
        second="none", line="dim", focus="bold", tab="reverse bold", chip="bold", faint="dim", cursor="reverse",
        away="underline",
    ),
}  # fmt: skip
_SIGNS = {
    "─": "-", "│": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "├": "+", "┤": "+", "└": "`", "▌": ">", "▐": "<",
    "▾": "v", "▸": ">", "●": "*", "○": "o", "◆": "#", "·": ".", "…": "~", "→": ">", "↑": "^", "↓": "v", "✗": "x",
    "▁": ".", "▂": ".", "▃": ":", "▄": "=", "▅": "=", "▆": "+", "▇": "*", "█": "#", "░": ".", "▒": "%", "▓": "#",
    "▏": ".", "▎": ":", "▍": "-", "▋": "=", "▊": "+", "▉": "*", "━": "=", "╌": "-", "×": "x", "✓": "+", "■": "#",
    "⠂": ".", "⣿": "#",
}  # fmt: skip
_TO_SIGNS = str.maketrans(_SIGNS)


@dataclass(frozen=True, slots=True)
class Paint:
    """How the console looks: chosen once, when it starts."""

    theme: Theme = Theme.TERMINAL
    ascii_only: bool = False
    tones: Mapping[str, Style] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tones", PALETTES[self.theme])

    def text(self, text: str) -> str:
        """Our own signs as the nearest ASCII, foreign characters by their number, where there is only ASCII."""
        return to_ascii(text.translate(_TO_SIGNS)) if self.ascii_only and not text.isascii() else text

    def strip(self, line: Line, width: int, *, over: str = "", margin: int = 0) -> Strip:
        """One terminal line. `over`: a tone added to those of the pieces: the cursor's line keeps its states.
        `margin`: cells at the end that stay empty."""
        segments: list[Segment] = []
        left, base = width - margin, self.tones.get(over, PLAIN) if over else PLAIN
        for piece, tone in line:
            text = self.text(piece)
            cells = len(text) if text.isascii() else cell_len(text)
            if cells > left:
                text, cells = fit(text, left, cut=self.text("…")), left
            if text:
                segments += _segments(text, self.tones.get(tone, PLAIN), base)
            left -= cells
            if left <= 0:
                break
        if left + margin > 0:
            segments.append(Segment(" " * (max(0, left) + margin), base))
        return Strip(segments, width)


def _segments(text: str, style: Style, base: Style) -> list[Segment]:
    """A piece over its line's style. Where that is reversed, a colour fills no blanks around its text."""
    if not base.reverse or style == PLAIN:
        return [Segment(text, style + base if base else style)]
    inner = text.strip(" ")
    begin = text.index(inner) if inner else 0
    parts = ((text[:begin], base), (inner, style + base), (text[begin + len(inner) :], base))
    return [Segment(part, each) for part, each in parts if part]


DEFAULT = Paint()


def paint_of(widget: Widget) -> Paint:
    """The paint of the console that a widget belongs to."""
    return getattr(widget.app, "paint", DEFAULT)


def fit(text: str, width: int, *, right: bool = False, cut: str = "…") -> str:
    """Exactly `width` cells: padded, or cut with a sign as the last one."""
    cells = len(text) if text.isascii() else cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + cut if width > 1 else set_cell_size(text, width)
    pad = " " * (width - cells)
    return pad + text if right else text + pad
