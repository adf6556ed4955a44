"""`a` and `x` on a proposal: one confirmation decides it, a rejection with its reason; read-only decides nothing."""

from __future__ import annotations

from typing import Any

from tests.tui.driving import Driver, drive
from tui.widgets.band import Choice


def writes(driver: Driver) -> list[tuple[Any, ...]]:
    return [what for what in driver.source.done if what[0] != "close"]


async def open_first(driver: Driver) -> str:
    await driver.press("5")
    await driver.until(lambda: getattr(driver.app.screen, "table", None) and driver.app.screen.table.key is not None)
    return str(driver.app.screen.table.key)


def test_an_approval_is_confirmed_first() -> None:
    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        await driver.press("a")
        await driver.until("APPROVE 1 PROPOSAL")
        assert ">[ Cancel ]<" in driver.text()
        assert writes(driver) == []
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [("approve", key, None)]

    drive(scenario)


def test_keys_typed_before_a_dialog_is_gone_answer_it_once() -> None:
    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        await driver.press("a")
        await driver.until("APPROVE 1 PROPOSAL")
        choice = driver.app.screen.query_one("#act", Choice)
        for _ in range(3):  # as they come over a slow line
            choice.post_message(Choice.Chosen(choice))
        await driver.until(lambda: writes(driver))
        await driver.settled()
        assert writes(driver) == [("approve", key, None)]
        await driver.press("q")
        await driver.until("QUIT")
        cancel = driver.app.screen.query_one("#cancel", Choice)
        for _ in range(3):
            cancel.post_message(Choice.Chosen(cancel))
        await driver.until(lambda: "QUIT" not in driver.text())
        await driver.settled()

    drive(scenario)


def test_a_rejection_needs_a_reason() -> None:
    async def scenario(driver: Driver) -> None:
        key = await open_first(driver)
        await driver.press("x")
        await driver.until("REJECT 1 PROPOSAL")
        await driver.press("shift+tab", *"no", "enter", "enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [("reject", key, "no")]

    drive(scenario)


def test_a_read_only_console_says_why_and_decides_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        await open_first(driver)
        for key, action in (("a", "approve"), ("x", "reject")):
            await driver.press(key)
            await driver.until(f"{action}: read-only context (--read-only)")
        assert writes(driver) == []

    drive(scenario, read_only=True)
