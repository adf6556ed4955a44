"""Keys that are typed faster than the console works: each comes to the screen that the one before it led to."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste

from tests.tui.driving import Driver, drive
from tui.screens.log_page import LogPage

pytestmark = pytest.mark.large

NAMES = {"/": "slash", ":": "colon", "?": "question_mark", "=": "equals_sign", "\r": "enter", " ": "space"}


async def typed(driver: Driver, *keys: str) -> None:
    """All of these are there before the console takes the first; text is a key per character."""
    for key in keys:
        for each in (key,) if len(key) == 1 or key in ("enter", "escape", "tab", "space") else key:
            driver.app.post_message(Key(NAMES.get(each, each), each if len(each) == 1 else None))
    await driver.pilot.pause()
    await driver.app.keyboard.rested()
    await driver.settled()


@pytest.mark.parametrize("digit", ["2", "3", "4", "5"])
def test_a_filter_typed_right_behind_a_screens_digit_is_of_that_screen(digit: str) -> None:
    async def scenario(driver: Driver) -> None:
        await typed(driver, digit, "/", "nothing is like this")
        assert driver.app.screen.query_one("#prompt").value == "nothing is like this"  # type: ignore[attr-defined]
        assert driver.app.current_mode == driver.app.frame.scope != "overview"  # type: ignore[union-attr]

    drive(scenario)


def test_a_key_typed_behind_one_that_opens_a_run_is_of_that_run() -> None:
    async def scenario(driver: Driver) -> None:
        table = driver.app.frame.table  # type: ignore[union-attr]
        place = next(place for place, row in enumerate(table.rows) if row.key.startswith("run:"))
        table.move_to(place)
        run = table.rows[place].key.removeprefix("run:")
        await typed(driver, "enter", "l")
        assert isinstance(driver.app.screen, LogPage)
        assert driver.app.screen.run == run

    drive(scenario)


def test_what_is_typed_behind_a_command_comes_to_where_it_leads() -> None:
    async def scenario(driver: Driver) -> None:
        await typed(
            driver, ":", "queues", "enter", "/", "exp", "enter", "d", "escape", "?", "/", "dead", "enter", "enter"
        )
        assert driver.app.current_mode == "queues"
        assert driver.app.frame.table.filter.text == "exp"  # type: ignore[union-attr]
        await driver.until("Queues ▸ Dead letters")

    drive(scenario)


def test_a_paste_keeps_its_place_among_keys() -> None:
    async def scenario(driver: Driver) -> None:
        for event in (Key("3", "3"), Key("slash", "/"), Paste("views"), Key("x", "x")):
            driver.app.post_message(event)
        await driver.pilot.pause()
        await driver.app.keyboard.rested()
        assert driver.app.screen.query_one("#prompt").value == "viewsx"  # type: ignore[attr-defined]

    drive(scenario)
