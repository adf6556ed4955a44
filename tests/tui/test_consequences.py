"""Before runs are tried again or stopped and versions restored or pinned, a dialog says what follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from causal_organism.errors import StoreError
from tests.tui.driving import NARROW, WIDE, Clock, Driver, drive
from tui.demo.source import DemoSource
from tui.presenters.consequences import cancel_lines, retry_lines, version_lines
from tui.presenters.lines import plain
from tui.source import Document


async def on_run(driver: Driver, state: str) -> None:
    await driver.press("3")
    await driver.until(state)
    await driver.settled()
    table = driver.app.frame.table  # type: ignore[union-attr]
    assert table.go_to(next(row.key for row in table.rows if row.cells[2] == state))
    await driver.settled()


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_a_retry_says_what_it_makes_and_who_is_before_it(size: tuple[int, int]) -> None:
    async def scenario(driver: Driver) -> None:
        await on_run(driver, "FAIL")
        await driver.press("r")
        await driver.dialog("RETRY 1 RUN")
        await driver.until("Makes 1 (causal/effects): 1 step, 1 certain, about 12s.")
        await driver.until("causal/effects was unchanged in 8 of 10")
        await driver.until("Queue expensive: 5 wait before it, 2 of 2 run, and it is paused.")
        await driver.until("[ Cancel ]")

    drive(scenario, size=size)


def test_a_stop_says_what_stays_out_of_date() -> None:
    async def scenario(driver: Driver) -> None:
        await on_run(driver, "RETRY")
        await driver.press("s")
        await driver.dialog("STOP 1 RUN")
        await driver.until("Stays out of date, if nothing else makes it: 1 (causal/effects).")
        await driver.until("Queue expensive: 5 wait, 2 of 2 run")

    drive(scenario)


def test_a_version_says_what_is_out_of_date_by_it() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("clustering")
        await driver.settled()
        await driver.press("V")
        await driver.until("v36")
        for key, title in (("r", "RESTORE"), ("p", "PIN")):
            await driver.press(key)
            await driver.dialog(title)
            await driver.until("Out of date by it: ")
            await driver.press("escape")
        await driver.press("u")
        await driver.dialog("UNPIN")
        assert driver.source.asked["after_version"] == 2, "nothing follows of letting go"

    drive(scenario)


def test_where_it_is_not_known_that_is_said_and_the_act_is_possible() -> None:
    class Silent(DemoSource):
        def after_runs(self, runs: Sequence[str]) -> Document:
            raise StoreError("Prefect does not answer")

    async def scenario(driver: Driver) -> None:
        await on_run(driver, "FAIL")
        await driver.press("r")
        await driver.dialog("RETRY 1 RUN")
        await driver.until("What follows is not known: Prefect does not answer")
        await driver.press("tab", "enter")
        await driver.until(lambda: any(what[0] == "retry" for what in driver.source.done))

    drive(scenario, source=Silent(clock := Clock()), clock=clock)


def said(lines: Any) -> list[str]:
    return [plain(each) for each in lines]


def test_where_nothing_follows_that_is_said() -> None:
    none: Document = {"steps": [], "stale_after": [], "queues": []}
    assert said(retry_lines(none)) == ["Makes nothing: all that they are about is up to date."]
    assert said(cancel_lines(none)) == ["Nothing is left for them to make."]
    assert said(version_lines({**none, "making": "run 7"})) == [
        "Nothing is out of date by it: the newest version has this content, or nothing reads it.",
        "It waits for run 7, which makes this asset now.",
    ]


def test_how_long_it_takes_to_make_again_is_what_is_known() -> None:
    steps = [{"key": "a", "estimate_s": 4.0, "makes": 10, "unchanged": 8}, {"key": "b", "estimate_s": None}]
    assert said(version_lines({"steps": steps, "stale_after": ["a", "b"], "making": None})) == [
        "Out of date by it: 2 (a, b); to make again: at least 4.0s.",
        "a was unchanged in 8 of 10: then nothing after it is made.",
    ]
