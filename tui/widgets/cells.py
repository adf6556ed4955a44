"""What the terminal shows, cell by cell, so that only cells that look different are sent.

Textual sends every line of a widget that it painted; beside that, this costs a third of the bytes for a page, and a
tenth for a cursor that moves. One picture belongs to one terminal; whoever cannot know any more what stands there
(another program wrote, the size changed) forgets it, and the next update is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Cell = tuple[str, str]
"""A character with what was put on top of it, and the codes of its style; an empty text is the right half of a wide
character."""

_BLANK: Cell = (" ", "")
_BRIDGE = 6  # cells that are sent again rather than jumped over: a jump costs as much
_ERASE = 4  # blanks at the end of a line that cost more than erasing it
_BLANK_OUT, _BLANK_OUT_LAST = 12, 6  # blanks within a line that cost more than erasing them and a jump, or just erasing
_CODE = re.compile(r"[345]8;(?:5;\d+|2;\d+;\d+;\d+)|\d+")  # one thing that a style says
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29", "21": "24",
        "51": "54", "52": "54", "53": "55"}  # fmt: skip
"""What is said of letters beside their colours -> the code that takes it back."""
_OFF_NUMBERS = frozenset(map(int, _OFF))
_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})  # codes of underlined, reversed, struck, overlined


class Picture:
    """The cells of a terminal."""

    def __init__(self) -> None:
        self.rows: list[list[Cell] | None] = []  # None: nobody knows what stands there
        self.width = 0

    def forget(self) -> None:
        """Nobody knows what stands there: send all of it the next time."""
        self.rows = []

    def resize(self, width: int, height: int) -> None:
        if width != self.width:
            self.rows, self.width = [], width
        if height != len(self.rows):
            self.rows = [*self.rows[:height], *[None] * (height - len(self.rows))]

    def put(self, spans: Iterable[tuple[int, int, list[Cell]]]) -> str:
        """The sequences that make the terminal show these cells too: (line, column, cells) each, lines ascending."""
        wanted: dict[int, list[Cell]] = {}
        for y, x, cells in spans:
            if 0 <= y < len(self.rows):
                row = wanted.get(y)
                if row is None:
                    row = wanted[y] = list(self.rows[y] or [_BLANK] * self.width)
                row[x : x + len(cells)] = cells[: max(0, self.width - x)]
        pen = Pen()
        for y, row in wanted.items():
            pen.line(y, self.rows[y], row)
            self.rows[y] = row
        return pen.ended()


class Pen:
    """Writes lines with as few codes as possible; the style is the terminal's own at the beginning and at the end."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.style = ""
        self.y: int | None = None  # the line that the terminal's cursor is on

    def line(self, y: int, old: list[Cell] | None, new: list[Cell]) -> None:
        """What changes one line into the other one."""
        if old == new:
            return
        end = len(new)
        while end and new[end - 1] == _BLANK:
            end -= 1
        is_erased = end < len(new) if old is None else sum(cell != _BLANK for cell in old[end:]) >= _ERASE
        at: int | None = None
        for start, stop in _runs(old, new, end if is_erased else len(new)):
            at = self._run(y, at, start, stop, new)
        if is_erased:
            if at != end:
                self._move(y, at, end)
            self._wear("")
            self.out.append("\x1b[K")

    def ended(self) -> str:
        self._wear("")
        return "".join(self.out)

    def _run(self, y: int, at: int | None, start: int, stop: int, new: list[Cell]) -> int:
        if at is not None and start - at <= _BRIDGE and all(text.isascii() for text, _ in new[at:start]):
            start = at
        else:
            self._move(y, at, start)
        x = start
        while x < stop:
            text, style = new[x]
            if new[x] == _BLANK:
                end = next((other for other in range(x, stop) if new[other] != _BLANK), stop)
                self._blank(end - x, is_last=end == stop)
                if end == stop and end - x >= _BLANK_OUT_LAST:
                    return x  # the cursor stays where the blanks begin
                if end - x >= _BLANK_OUT:
                    self._move(y, x, end)
                x = end
                continue
            if text:
                if text != " " or seen_on_blank(self.style) != style:
                    self._wear(style)
                self.out.append(text)
            x += 1
        return stop

    def _blank(self, cells: int, *, is_last: bool) -> None:
        """Blanks look alike in every style that shows nothing on them."""
        if not is_clear(self.style):
            self._wear("")
        is_erased = cells >= (_BLANK_OUT_LAST if is_last else _BLANK_OUT)
        self.out.append(f"\x1b[{cells}X" if is_erased else " " * cells)

    def _move(self, y: int, at: int | None, x: int) -> None:
        """To a column by its number, also one line down: how far the cursor went along a line is the terminal's word,
        where a character is wider there than here."""
        if at is not None:
            self.out.append(f"\x1b[{x + 1}G")
        elif self.y is not None and y == self.y + 1:
            self.out.append(f"\n\x1b[{x + 1}G")
        else:
            self.out.append(f"\x1b[{y + 1};{x + 1}H")
        self.y = y

    def _wear(self, style: str) -> None:
        if style != self.style:
            self.out.append(f"\x1b[{_change(self.style, style)}m")
            self.style = style


@lru_cache(maxsize=2048)
def _change(old: str, new: str) -> str:
    """The fewest codes that make one style the other: all of it anew, or only what differs."""
    anew = f"0;{new}" if new and old else new
    (was, colours_were), (flags, colours) = _parts(old), _parts(new)
    off = {_OFF[flag] for flag in was - flags}
    if not off <= {"22", "23", "24", "27"}:
        return anew  # not every terminal knows the others
    on = flags - {flag for flag in was if _OFF[flag] not in off}  # 22 takes away bold and dim
    changed = [
        colour or default
        for colour, colour_was, default in zip(colours, colours_were, ("39", "49"), strict=True)
        if colour != colour_was
    ]
    differing = ";".join([*sorted(off), *sorted(on, key=int), *changed])
    return min(anew, differing, key=len) if differing else anew


def _parts(style: str) -> tuple[frozenset[str], tuple[str, str]]:
    """The flags of a style (1: bold), and the colours of its letters and of what is behind them."""
    flags, colours = set(), ["", ""]
    for code in _CODE.findall(style):
        number = int(code.partition(";")[0])
        if number in _OFF_NUMBERS:
            flags.add(code)
        else:
            colours[40 <= number <= 49 or number >= 100] = code
    return frozenset(flags), (colours[0], colours[1])


def _runs(old: list[Cell] | None, new: list[Cell], end: int) -> Iterator[tuple[int, int]]:
    """From where to before where the line looks different, up to `end`."""
    if old is None:
        if end:
            yield 0, end
        return
    x = 0
    while x < end:
        if old[x] == new[x]:
            x += 1
            continue
        start = x
        while x < end and (old[x] != new[x] or _is_amid_blanks(old, new, x, end)):
            x += 1
        yield start, x


def _is_amid_blanks(old: list[Cell], new: list[Cell], x: int, end: int) -> bool:
    """Whether a blank that stays stands between two that are to be sent: one stretch is erased by one code."""
    if new[x] != _BLANK or new[x - 1] != _BLANK:
        return False
    after = next((at for at in range(x, end) if old[at] != new[at]), end)
    return after < end and all(cell == _BLANK for cell in new[x : after + 1])


@lru_cache(maxsize=512)
def seen_on_blank(codes: str) -> str:
    """What of a style is seen on a blank: what is behind it and drawn on it; all of it where it is reversed."""
    flags, (_, behind) = _parts(codes)
    return codes if "7" in flags else ";".join([*sorted(flags & _SEEN_ON_BLANKS, key=int), *filter(None, (behind,))])


def is_clear(codes: str) -> bool:
    """Whether a blank in this style looks as one without any."""
    return not seen_on_blank(codes)


def cells_of(segments: Iterable[Segment], system: ColorSystem) -> list[Cell]:
    """One cell per column. Text is one character per column where it is ASCII, which is the usual case."""
    cells: list[Cell] = []
    for text, style, control in segments:
        if control or not text:
            continue
        codes = Strip.render_ansi(style, system) if style else ""
        blank = (" ", seen_on_blank(codes))
        if text.isascii():
            cells += [blank if character == " " else (character, codes) for character in text]
            continue
        for character in text:
            width = get_character_cell_size(character)
            if width == 0:
                under = -2 if cells and not cells[-1][0] else -1
                if cells:
                    cells[under] = (cells[under][0] + character, cells[under][1])
                continue
            cells.append(blank if character == " " else (character, codes))
            if width > 1:
                cells.append(("", codes))
    return cells


class Difference(CompositorUpdate):
    """An update of Textual's compositor that sends what differs from a picture."""

    def __init__(self, update: ChopsUpdate | LayoutUpdate, picture: Picture):
        self.update = update
        self.picture = picture

    def render_segments(self, console: Console) -> str:
        system = console._color_system or ColorSystem.TRUECOLOR
        return self.picture.put((y, x, cells_of(strip, system)) for y, x, strip in self._strips())

    def _strips(self) -> Iterator[tuple[int, int, Iterable[Segment]]]:
        if isinstance(self.update, LayoutUpdate):
            for y, line in enumerate(self.update.strips, self.update.region.y):
                yield y, self.update.region.x, (segment for strip in line for segment in strip)
            return
        for y, x1, x2 in self.update.spans:
            for end, (x, strip) in zip(self.update.chop_ends[y], self.update.chops[y].items(), strict=False):
                if strip is not None and x <= x2 and end > x1:
                    yield y, x, strip
