"""Numbers as blocks: bars, and rows of columns of which each may have its own tone."""

from __future__ import annotations

from collections.abc import Sequence

from tui.presenters.lines import Line, Piece

_LEVELS = "▁▂▃▄▅▆▇█"


def bar(share: float, width: int, tone: str) -> Line:
    """A line over that share of the width; something that is there shows at least a little, the rest is faint."""
    cells = round(min(1.0, max(0.0, share)) * width)
    cells = max(1, cells) if share > 0 else 0
    return (("━" * cells, tone), ("─" * (width - cells), "faint"))


def parts_bar(parts: Sequence[tuple[int, str]], width: int) -> Line:
    """One bar of several parts, (number, tone) each; whoever is there has at least one cell."""
    total = sum(number for number, _ in parts)
    there = [(number, tone) for number, tone in parts if number]
    if not total:
        return (("·" * width, "faint"),)
    cells = [max(1, round(width * number / total)) for number, _ in there]
    while sum(cells) > width and max(cells) > 1:
        cells[cells.index(max(cells))] -= 1
    cells[cells.index(max(cells))] += max(0, width - sum(cells))
    return tuple(("▄" * size, tone) for size, (_, tone) in zip(cells, there, strict=True))


def columns(values: Sequence[tuple[float | None, str]], width: int) -> Line:
    """The last values as columns of up to eight levels, (value, tone) each; a dot where there is none."""
    shown = values[-width:]
    known = sorted(value for value, _ in shown if value is not None)
    most = known[min(len(known) - 1, int(len(known) * 0.95))] if known else 0.0
    pieces: list[Piece] = []
    for value, tone in shown:
        sign = "·" if value is None else _LEVELS[min(7, int(8 * value / most)) if most > 0 else 0]
        if pieces and pieces[-1][1] == tone:
            pieces[-1] = (pieces[-1][0] + sign, tone)
        else:
            pieces.append((sign, tone))
    return tuple(pieces)


def spark(values: Sequence[float | None], width: int) -> str:
    """The last values between their least and their greatest, a block each; a dot where there is none."""
    shown = values[-width:]
    known = [value for value in shown if value is not None]
    low, size = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)

    def sign(value: float | None) -> str:
        if value is None:
            return "·"
        return _LEVELS[min(7, int(8 * (value - low) / size))] if size else _LEVELS[3]

    return "".join(map(sign, shown))
