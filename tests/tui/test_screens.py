"""Every screen at both sizes, compared as text. `UPDATE_GOLDENS=1` writes what is there now; look at the difference."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tui.driving import NARROW, WIDE, Driver, drive

pytestmark = pytest.mark.large

GOLDENS = Path(__file__).parent / "goldens"
SIZES = (NARROW, WIDE)
SCREENS = {
    "overview": (("1",), "worker"),
    "assets": (("2",), "betweenness"),
    "asset": (("2", "slash", "b", "e", "t", "w", "enter", "enter"), "v41 *"),
    "runs": (("3",), "full-analysis"),
    "run": (("3", "j", "enter"), "block 79"),
    "queues": (("4",), "dead letters"),
    "interventions": (("5",), "PROPOSED"),
    "intervention": (("5", "enter"), "EVIDENCE"),
    "help": (("3", "question_mark"), "WHAT IT DOES"),
    "json": (("4", "y"), '"pool": "default"'),
    "trigger": (("2", "slash", "b", "e", "t", "w", "enter", "t"), "1 step, 1 certain"),
    "stop": (("3", "s"), "Stays out of date"),
}


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x36"])
@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_looks_as_it_should(name: str, size: tuple[int, int]) -> None:
    keys, seen = SCREENS[name]

    async def scenario(driver: Driver) -> None:
        for key in keys:
            await driver.press(key)
            await driver.settled()
        await driver.until(seen)
        await driver.until(lambda: getattr(driver.app.screen, "armed", True))
        await driver.settled()
        compare(f"{name}-{size[0]}x{size[1]}", driver.text())
        assert all(len(line) == size[0] for line in driver.raw_lines()), "every line fills the terminal exactly"

    drive(scenario, size=size)


def compare(name: str, text: str) -> None:
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(text + "\n")
    assert text + "\n" == path.read_text()
