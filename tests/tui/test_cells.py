"""What is sent makes a terminal show the wanted cells, whatever it showed before, and is little."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from tui.widgets.cells import Cell, Picture, cells_of, is_clear, seen_on_blank

WIDTH, HEIGHT = 30, 3
RED = Style(color="red")
ON_GREY = Style(bgcolor="bright_black")
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([HGKXm])|(.)", re.DOTALL)
STYLES = [
    *(None, RED, ON_GREY, Style(bold=True, color="blue"), Style(dim=True, color="blue"), Style(dim=True, bold=True)),
    *(Style(italic=True, underline=True, bgcolor="red"), Style(reverse=True), Style(color="color(183)", bold=True)),
    Style(color="color(183)", bgcolor="color(238)", strike=True),
]
CODE = re.compile(r"[34]8;5;\d+|\d+")
TEXTS = st.one_of(
    st.text(alphabet="ab │█é漢" + "e\u0301", min_size=1, max_size=8), st.integers(5, 14).map(lambda size: " " * size)
)
PIECES = st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), min_size=1, max_size=5)
LINES = st.lists(st.tuples(st.integers(0, HEIGHT - 1), PIECES), max_size=4)


class Shown:
    """A terminal that knows the few sequences that are used."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.rows = [[("#", "?")] * width for _ in range(height)]
        self.x = self.y = 0
        self.style = ""

    def feed(self, text: str) -> None:
        for codes, what, character in SEQUENCE.findall(text):
            match what:
                case "H":
                    self.y, self.x = (int(each) - 1 for each in codes.split(";"))
                case "G":
                    self.x = int(codes) - 1
                case "K":
                    assert self.style == "", "it would be erased in a colour"
                    self.rows[self.y][self.x :] = [(" ", "")] * (len(self.rows[self.y]) - self.x)
                case "X":
                    assert is_clear(self.style), "it would be erased in a colour"
                    self.rows[self.y][self.x : self.x + int(codes)] = [(" ", "")] * int(codes)
                case "m":
                    self.style = worn(self.style, codes)
                case _:
                    self._write(character)

    def _write(self, character: str) -> None:
        if character == "\n":  # the column is told after it: whether it stays is up to the terminal's settings
            self.y, self.x = self.y + 1, -99
            return
        cells = cells_of([Segment("x"), Segment(character)], ColorSystem.STANDARD)
        if len(cells) == 1:  # it stands on the character before
            before = self.x - 1 if self.rows[self.y][self.x - 1][0] else self.x - 2
            text, style = self.rows[self.y][before]
            self.rows[self.y][before] = (text + character, style)
            return
        for text, _ in cells[1:]:
            self.rows[self.y][self.x] = (text, seen_on_blank(self.style) if text == " " else self.style)
            self.x += 1


def worn(style: str, codes: str) -> str:
    """The style that these codes make of another one, as Textual writes it: flags, letters, background."""
    flags, letters, behind = set[int](), "", ""
    for code in CODE.findall(f"{style};{codes or 0}"):
        match int(code.partition(";")[0]):
            case 0:
                flags, letters, behind = set(), "", ""
            case 22:
                flags -= {1, 2}
            case 23 | 24 | 27 as off:
                flags.discard(off - 20)
            case 39:
                letters = ""
            case 49:
                behind = ""
            case on if on < 10:
                flags.add(on)
            case colour if 40 <= colour < 50 or colour >= 100:
                behind = code
            case _:
                letters = code
    return ";".join(filter(None, (*map(str, sorted(flags)), letters, behind)))


def cells(pieces: list[tuple[str, Style | None]]) -> list[Cell]:
    return cells_of([Segment(text, style) for text, style in pieces], ColorSystem.STANDARD)


@given(st.lists(LINES, min_size=1, max_size=5))
def test_the_terminal_shows_what_was_put(updates: list[list[tuple[int, list[tuple[str, Style | None]]]]]) -> None:
    picture, terminal = Picture(), Shown()
    picture.resize(WIDTH, HEIGHT)
    terminal.feed(picture.put((y, 0, [(" ", "")] * WIDTH) for y in range(HEIGHT)))
    assert terminal.rows == [[(" ", "")] * WIDTH] * HEIGHT, "what stood there before is gone"
    for update in updates:
        terminal.feed(picture.put((y, 0, whole_line(pieces)) for y, pieces in update))
        assert terminal.rows == picture.rows
        assert terminal.style == ""


def whole_line(pieces: list[tuple[str, Style | None]]) -> list[Cell]:
    """As Textual's strips are: as wide as the line, and no half of a wide character."""
    line = cells(pieces)[:WIDTH]
    line += [(" ", "")] * (WIDTH - len(line))
    return [*line[:-1], (" ", "")] if line[-1][0] else [*line[:-2], (" ", ""), (" ", "")]


def test_the_same_again_sends_nothing_and_one_changed_cell_sends_one() -> None:
    picture = Picture()
    picture.resize(WIDTH, HEIGHT)
    picture.put([(0, 0, cells([("abc def ghi", None)]))])
    assert picture.put([(0, 0, cells([("abc def ghi", None)]))]) == ""
    assert picture.put([(0, 0, cells([("abc dxf ghi", None)]))]) == "\x1b[1;6Hx"
    assert picture.put([(0, 0, cells([("abc d", None), ("x", RED), ("f", None)]))]) == "\x1b[1;6H\x1b[31mx\x1b[m"


def test_a_line_that_becomes_empty_is_erased() -> None:
    picture = Picture()
    picture.resize(WIDTH, HEIGHT)
    picture.put([(1, 0, cells([("abcdef ghijk", RED)]))])
    assert picture.put([(1, 0, [*cells([("abc", RED)]), *[(" ", "")] * 9])]) == "\x1b[2;4H\x1b[K"


def test_blanks_within_a_line_are_erased_and_cost_no_style() -> None:
    picture = Picture()
    picture.resize(40, 1)
    picture.put([(0, 0, cells([("a" * 40, RED)]))])
    shown = picture.put([(0, 0, cells([("a" * 10, RED), (" " * 20, RED), ("a", None), ("a" * 9, RED)]))])
    assert shown == "\x1b[1;11H\x1b[20X\x1b[31Ga"
    assert picture.put([(0, 5, cells([("bb", RED), (" ", None), ("bb", RED)]))]) == "\x1b[1;6H\x1b[31mbb bb\x1b[m"


@pytest.mark.parametrize(
    ("codes", "clear"),
    [("", True), ("31", True), ("1;38;5;48", True), ("38;2;4;7;100", True), ("58;5;4;31", True), ("41", False),
     ("38;5;1;48;5;2", False), ("4", False), ("1;7", False), ("103", False), ("38;5;4;4", False)],
)  # fmt: skip
def test_a_blank_shows_backgrounds_and_lines_only(codes: str, *, clear: bool) -> None:
    assert is_clear(codes) is clear


def test_the_next_line_is_one_further_down_and_another_one_is_named() -> None:
    picture = Picture()
    picture.resize(WIDTH, HEIGHT)
    picture.put((y, 0, cells([("abc", None)])) for y in range(3))
    changed = cells([("abd", None)])
    assert picture.put([(0, 0, changed), (1, 0, changed)]) == "\x1b[1;3Hd\n\x1b[3Gd"
    assert picture.put([(0, 0, cells([("abc", None)])), (2, 0, changed)]) == "\x1b[1;3Hc\x1b[3;3Hd"


def test_blanks_are_the_same_whatever_letters_in_their_style_would_look_like() -> None:
    picture = Picture()
    picture.resize(WIDTH, HEIGHT)
    behind = Style(bgcolor="color(238)")
    line = [Segment("a", Style(color="color(114)") + behind), Segment(" ", Style(bold=True) + behind)]
    shown = picture.put([(0, 0, cells_of([*line, Segment("b", behind)], ColorSystem.EIGHT_BIT))])
    assert shown == "\x1b[1;1H\x1b[38;5;114;48;5;238ma \x1b[39mb\x1b[m\x1b[K"
    assert picture.put([(0, 1, cells_of([Segment(" ", behind)], ColorSystem.EIGHT_BIT))]) == ""


def test_after_it_was_forgotten_or_the_size_changed_all_is_sent() -> None:
    picture = Picture()
    picture.resize(WIDTH, HEIGHT)
    first = picture.put([(0, 0, cells([("abc", None)]))])
    picture.forget()
    picture.resize(WIDTH, HEIGHT)
    assert picture.put([(0, 0, cells([("abc", None)]))]) == first != ""
    picture.resize(WIDTH - 1, HEIGHT)
    assert picture.put([(0, 0, cells([("abc", None)]))]) == first


@pytest.mark.parametrize(
    ("was", "then", "sent"),
    [
        (Style(bold=True, color="color(183)", bgcolor="color(238)"), Style(color="color(114)", bgcolor="color(238)"),
         "22;38;5;114"),
        (Style(color="color(114)", bgcolor="color(238)"), Style(bgcolor="color(238)"), "39"),
        (Style(bold=True, dim=True), Style(dim=True), "0;2"),
        (Style(color="color(114)"), Style(bold=True, color="color(114)"), "1"),
        (Style(strike=True, color="color(114)"), Style(color="color(114)"), "0;38;5;114"),
        (Style(bold=True), None, ""),
    ],
)  # fmt: skip
def test_of_a_style_only_what_differs_is_sent(was: Style, then: Style | None, sent: str) -> None:
    picture = Picture()
    picture.resize(WIDTH, HEIGHT)
    line = cells_of([Segment("a", was), Segment("b", then)], ColorSystem.EIGHT_BIT)
    shown = picture.put([(0, 0, line)])
    assert shown.partition("a")[2].startswith(f"\x1b[{sent}mb")
