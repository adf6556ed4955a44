"""Runs are read in pages, to the first one; no page holds more than it shows."""

from __future__ import annotations

import pytest

from tests.tui.driving import Clock, Driver, drive
from tui.demo.world import Scale, WorldSource

pytestmark = pytest.mark.large


def listed(driver: Driver) -> list[str]:
    return [row.key for row in driver.app.frame.table.all_rows]  # type: ignore[union-attr]


async def opened(driver: Driver) -> list[str]:
    await driver.press("3")
    await driver.until(lambda: hasattr(driver.app.frame, "table") and len(listed(driver)) == 100)
    await driver.settled()
    return listed(driver)


def test_older_runs_are_a_page_of_their_own_and_none_is_left_out() -> None:
    async def scenario(driver: Driver) -> None:
        newest = await opened(driver)
        await driver.press("right_square_bracket")
        await driver.until(lambda: listed(driver) and listed(driver) != newest)
        older = listed(driver)
        assert len(older) == 100
        every = [str(run["id"]) for run in source.runs(limit=200)["runs"]]
        assert [*newest, *(run for run in older if run not in newest)] == every
        assert "[ newer" in driver.text()
        await driver.press("left_square_bracket")
        await driver.until(lambda: listed(driver) == newest)
        await driver.press("left_square_bracket")
        await driver.until("newer: these are the newest")

    source = WorldSource(clock := Clock(), scale=Scale(runs=1_000))
    drive(scenario, source=source, clock=clock)


def test_a_day_is_jumped_to_and_the_first_run_has_nothing_before_it() -> None:
    async def scenario(driver: Driver) -> None:
        await opened(driver)
        first = str(source.runs(limit=10_000)["runs"][-1]["id"])
        await driver.type(":runs 2026-02-13")
        await driver.press("enter")
        await driver.until("until Feb 13 23:59")
        for _ in range(9):
            await driver.settled()
            if first in listed(driver):
                break
            before = listed(driver)
            await driver.press("right_square_bracket")
            await driver.until(lambda: listed(driver) not in ([], before))  # noqa: B023
        await driver.press("G", "right_square_bracket")
        await driver.until("older: there are none")
        assert driver.app.frame.table.key == first  # type: ignore[union-attr]
        await driver.type(":runs yesterday")
        await driver.press("enter")
        await driver.until("write a day as 2026-01-31")

    source = WorldSource(clock := Clock(), scale=Scale(runs=1_000))
    drive(scenario, source=source, clock=clock)
