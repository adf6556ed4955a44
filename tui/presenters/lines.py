"""Lines of a text pane: pieces of safe text, each with a tone. Which tones there are is in widgets/paint.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from causal_organism.wording.safe_text import LINE_LIMIT, safe_text
from tui.presenters.words import tone_of

Piece = tuple[str, str]
Line = tuple[Piece, ...]
EMPTY: Line = ()


def line(*pieces: str | Piece) -> Line:
    """A line of pieces; a bare text has no tone."""
    return tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces)


def heading(text: str) -> Line:
    return ((text, "head"),)


def word(state: str, width: int = 6) -> Piece:
    """A state word in its tone, padded to a column."""
    return (state.ljust(width), tone_of(state))


def plain(of: Line) -> str:
    return "".join(text for text, _ in of)


def fit_left(text: str, width: int) -> str:
    """Padded or cut to a column; a cut shows as `…`."""
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"


def fit_place(text: str, width: int) -> str:
    """Like `fit_left`, but what tells parts of one thing apart stays: `…/orders[day=2026-01-31]`."""
    cut = text.find("[")
    if cut < 0 or len(text) <= width:
        return fit_left(text, width)
    return "…" + text[len(text) - width + 1 :]


def wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Text broken at spaces where possible; further lines are indented, by half of a narrow width at most."""
    out: list[str] = []
    rest, taken = text, 0
    room = max(10, width)
    pad = " " * min(indent, room // 2)
    while len(rest) > room:
        cut = rest.rfind(" ", taken, room + 1)
        cut = cut if cut > max(taken, room // 3) else room
        out.append(rest[:cut])
        rest, taken = pad + rest[cut:].lstrip(), len(pad)
    return [*out, rest]


def indented(text: str, width: int) -> list[Line]:
    """A sentence under a heading, in as many lines as it needs."""
    return [line("   " + part) for part in wrapped(text, width - 3)]


def folded(of: Line, width: int) -> list[Line]:
    """A line in as many as it needs, in the tone that it has at its beginning; as it is where it fits."""
    text = plain(of)
    return [of] if len(text) <= width else [((part, of[0][1]),) for part in wrapped(text, width, 4)]


def json_lines(document: Any) -> tuple[Line, ...]:
    """A document as indented JSON, one safe line each."""
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    return tuple(line(safe_text(each, limit=LINE_LIMIT)) for each in text.split("\n"))


def text_lines(text: str, width: int) -> list[Line]:
    """Foreign text of several lines, safe and wrapped."""
    return [line(part) for each in text.split("\n") for part in wrapped(safe_text(each), width)]


def table_lines(header: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[Line]:
    """A small table inside a pane; the last column is as wide as it is."""

    def put(cells: Sequence[str]) -> str:
        fixed = [fit_left(cell, width) for cell, width in zip(cells, widths, strict=False)]
        return " " + " ".join([*fixed, *cells[len(widths) :]])

    return [((put(header), "head"),), *(line(put(row)) for row in rows)]


def sized_table(header: Sequence[str], rows: Sequence[Sequence[str]], most: Sequence[int], *, text: int) -> list[Line]:
    """A table with columns as wide as their cells, up to `most`; those behind the first `text` stand at the right."""
    widths = [
        min(limit, max(map(len, column))) for limit, column in zip(most, zip(header, *rows, strict=True), strict=True)
    ]

    def put(cells: Sequence[str]) -> str:
        fitted = [fit_left(cell, width) for cell, width in zip(cells, widths, strict=True)]
        return " " + "  ".join(
            cell if at < text else cell.rstrip().rjust(width)
            for at, (cell, width) in enumerate(zip(fitted, widths, strict=True))
        )

    return [((put(header), "head"),), *(line(put(row)) for row in rows)]
