"""From safe text with tones to strips of a terminal line. Few segments: each costs bytes on the wire."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from causal_organism.wording.safe_text import to_ascii
from tui.presenters.lines import Line

PLAIN = Style()
REVERSE = Style(reverse=True)
TONES: Mapping[str, Style] = {
    "": PLAIN,
    "ok": Style(color="green"),
    "warn": Style(color="yellow"),
    "bad": Style(color="red", bold=True),
    "run": Style(color="cyan"),
    "dim": Style(dim=True),
    "head": Style(bold=True),
    "key": Style(bold=True),
    "bar": Style(reverse=True),
    "match": Style(reverse=True),
}


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Exactly `width` cells: padded, or cut with a `~` as the last one."""
    cells = len(text) if text.isascii() else cell_len(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "~" if width > 1 else set_cell_size(text, width)
    pad = " " * (width - cells)
    return pad + text if right else text + pad


def strip_of(line: Line, width: int, *, over: Style | None = None, ascii_only: bool = False) -> Strip:
    """One terminal line. `over` replaces all tones (the cursor's line is one segment)."""
    pieces = [(to_ascii(text), tone) if ascii_only else (text, tone) for text, tone in line]
    if over is not None:
        return Strip([Segment(fit("".join(text for text, _ in pieces), width), over)], width)
    segments: list[Segment] = []
    left = width
    for text, tone in pieces:
        cells = len(text) if text.isascii() else cell_len(text)
        if cells > left:
            text, cells = fit(text, left), left
        if text:
            style = TONES.get(tone, PLAIN)
            if segments and segments[-1].style == style:
                segments[-1] = Segment(segments[-1].text + text, style)
            else:
                segments.append(Segment(text, style))
        left -= cells
        if left <= 0:
            break
    if left > 0:
        if segments and segments[-1].style == PLAIN:
            segments[-1] = Segment(segments[-1].text + " " * left, PLAIN)
        else:
            segments.append(Segment(" " * left, PLAIN))
    return Strip(segments, width)
