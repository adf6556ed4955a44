"""Every screen of the console as a PNG, at three sizes, from the demonstration: `python -m tests.tui.pictures FOLDER`.

`--theme` paints them in another theme (`terminal`: the 16 colours of a terminal, `mono`: NO_COLOR), `--ascii` without
our signs, `--size 80x24` at that size alone; names of screens choose some of them. What the terminal would show is
painted cell by cell; lines, blocks and dots are drawn, as terminals do it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.cells import get_character_cell_size
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from tests.tui.driving import Clock, Driver
from tui.app import ConsoleApp
from tui.demo.world import WorldSource
from tui.source import Place
from tui.widgets.paint import Paint, Theme

SIZES = ((80, 24), (120, 36), (200, 50))
SCREENS: dict[str, tuple[str, ...]] = {
    "overview": ("1",),
    "assets": ("2",),
    "runs": ("3", *"jjjjjjj"),
    "versions": ("2", "G", "V", "space", "space"),
    "diff": ("2", "G", "V", "D"),
    "queues": ("4",),
    "letters": ("4", "d"),
    "workers": ("4", "W"),
    "pause": ("4", "p"),
    "going": ("3", "g"),
    "person": ("1", *":person p0012", "enter"),
    "log": ("3", *"jjjjjjj", "l"),
    "interventions": ("5",),
    "help": ("1", "question_mark"),
    "trigger": ("2", "G", "t"),
}
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
CELL = (9, 19)
FONT_PX = 15
NORMAL = [
    (30, 34, 42), (224, 108, 117), (152, 195, 121), (229, 192, 123), (97, 175, 239), (198, 120, 221), (86, 182, 194),
    (171, 178, 191),
]  # fmt: skip
BRIGHT = [
    (92, 99, 112), (255, 123, 133), (170, 217, 138), (247, 208, 138), (119, 193, 255), (215, 138, 240), (98, 204, 216),
    (255, 255, 255),
]  # fmt: skip
THEME = TerminalTheme((16, 20, 26), (208, 214, 222), NORMAL, BRIGHT)
LIGHT_THEME = TerminalTheme((250, 250, 248), (40, 44, 52), NORMAL, BRIGHT)


class Painter:
    """Cells into pixels."""

    def __init__(self, theme: TerminalTheme = THEME) -> None:
        import matplotlib

        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self.regular = ImageFont.truetype(str(fonts / "DejaVuSansMono.ttf"), FONT_PX)
        self.bold = ImageFont.truetype(str(fonts / "DejaVuSansMono-Bold.ttf"), FONT_PX)
        self.theme = theme

    def paint(self, lines: list[list[Segment]], width: int) -> Image.Image:
        wide, high = CELL
        image = Image.new("RGB", (width * wide, len(lines) * high), tuple(self.theme.background_color))
        draw = ImageDraw.Draw(image)
        for row, segments in enumerate(lines):
            column = 0
            for text, style, _ in segments:
                front, back = self._colours(style or Style())
                for character in text:
                    cells = get_character_cell_size(character)
                    box = (column * wide, row * high, (column + cells) * wide - 1, (row + 1) * high - 1)
                    if back is not None:
                        draw.rectangle(box, fill=back)
                    self._character(draw, box, character, front, style or Style())
                    column += cells
        return image

    def _colours(self, style: Style) -> tuple[Colour, Colour | None]:
        def triplet(color: Color | None, default: Colour) -> Colour:
            return default if color is None or color.is_default else color.get_truecolor(self.theme)

        ground, ink = self.theme.background_color, self.theme.foreground_color
        front, back = triplet(style.color, ink), triplet(style.bgcolor, ground)
        if style.reverse:
            front, back = back, front
        if style.dim:
            red, green, blue = ((a * 6 + b * 4) // 10 for a, b in zip(front, back, strict=True))
            front = (red, green, blue)
        return front, back if back != ground else None

    def _character(
        self,
        draw: ImageDraw.ImageDraw,
        box: tuple[int, int, int, int],
        character: str,
        ink: tuple[int, int, int],
        style: Style,
    ) -> None:
        left, top, right, bottom = box
        if character != " " and not _drawn(draw, box, character, ink):
            draw.text((left, top + 1), character, font=self.bold if style.bold else self.regular, fill=ink)
        if style.underline:
            draw.line((left, bottom - 1, right, bottom - 1), fill=ink)


SIDES = {
    "─": "lr",
    "━": "lr",
    "╌": "lr",
    "│": "ud",
    "╭": "rd",
    "╮": "ld",
    "╰": "ru",
    "╯": "lu",
    "├": "rud",
    "┤": "lud",
}


def _drawn(draw: ImageDraw.ImageDraw, box: Box, character: str, ink: Colour) -> bool:
    """Lines and blocks fill their cell to its edges; whether this is one of them."""
    left, top, right, bottom = box
    middle, centre, high = (top + bottom) // 2, (left + right) // 2, bottom - top + 1
    code = ord(character)
    if sides := SIDES.get(character):
        ends = {"l": (left, middle), "r": (right, middle), "u": (centre, top), "d": (centre, bottom)}
        for side in sides:
            draw.line((*ends[side], centre, middle), fill=ink)
        if character == "━":
            draw.rectangle((left, middle - 1, right, middle + 1), fill=ink)
    elif 0x2581 <= code <= 0x2588:
        draw.rectangle((left, bottom + 1 - round(high * (code - 0x2580) / 8), right, bottom), fill=ink)
    elif character == "▌":
        draw.rectangle((left, top, centre, bottom), fill=ink)
    elif character in "░▒▓":
        step = {"░": 4, "▒": 3, "▓": 2}[character]
        points = [(x, y) for y in range(top, bottom + 1) for x in range(left, right + 1) if (x + y * 2) % step == 0]
        draw.point(points, fill=ink)
    else:
        return False
    return True


def in_few_colours(image: Image.Image) -> Image.Image:
    """The picture in 96 colours, with the one that it has most of as it is."""
    few = image.quantize(96, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    _, ground = max(image.getcolors(image.width * image.height) or [(0, (0, 0, 0))])
    _, place = max(few.getcolors() or [(0, 0)])
    palette = few.getpalette() or []
    assert isinstance(ground, tuple)
    assert isinstance(place, int)
    palette[3 * place : 3 * place + 3] = [int(channel) for channel in ground]
    few.putpalette(palette)
    return few


async def shoot(folder: Path, size: tuple[int, int], paint: Paint, *, names: Sequence[str] = tuple(SCREENS)) -> None:
    """All screens at one size."""
    painter = Painter(LIGHT_THEME if paint.theme is Theme.LIGHT else THEME)
    look = ("" if paint.theme is Theme.DARK else f"-{paint.theme}") + ("-ascii" if paint.ascii_only else "")
    clock = Clock()
    source = WorldSource(clock)
    place = Place(context="~/.organism", actor="ana@ops")
    app = ConsoleApp(lambda: source, place, now=clock, ticks=clock.ticks, paint=paint)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot, source, clock)
        await driver.until(lambda: app.as_of is not None)
        for name in names:
            for key in SCREENS[name]:
                await pilot.press(key)
            await pilot.pause(0.5)
            await driver.settled()
            await pilot.pause(0.2)
            lines = [list(strip) for strip in app.screen._compositor.render_strips()]
            image = in_few_colours(painter.paint(lines, size[0]))
            image.save(folder / f"{name}-{size[0]}x{size[1]}{look}.png", optimize=True)
            await pilot.press("escape", "escape", "escape")


def main(arguments: Sequence[str] | None = None) -> None:
    sizes = {f"{width}x{height}": (width, height) for width, height in SIZES}
    parser = argparse.ArgumentParser(description="Every screen of the console as a PNG.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="SCREEN", help=f"of {', '.join(SCREENS)}; none: all")
    parser.add_argument("--theme", type=Theme, choices=list(Theme), default=Theme.DARK)
    parser.add_argument("--ascii", action="store_true", help="without our signs")
    parser.add_argument("--size", choices=list(sizes), help="at one size alone")
    given = parser.parse_intermixed_args(arguments)
    if unknown := set(given.names) - set(SCREENS):
        parser.error(f"no screen is called {', '.join(sorted(unknown))}")
    given.folder.mkdir(parents=True, exist_ok=True)
    started = datetime.now(UTC)
    for size in [sizes[given.size]] if given.size else SIZES:
        asyncio.run(shoot(given.folder, size, Paint(given.theme, given.ascii), names=given.names or tuple(SCREENS)))
    print(f"{given.folder}: {(datetime.now(UTC) - started).total_seconds():.0f} s")


if __name__ == "__main__":
    main()
