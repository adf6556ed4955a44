"""Versions of an asset: compared, restored, held, and their numbers as lines of blocks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui.driving import NARROW, Driver, drive
from tui.presenters.assets.versions import diff_lines, number_lines
from tui.presenters.drawing import spark
from tui.presenters.lines import plain
from tui.screens.versions import VersionsPage

pytestmark = pytest.mark.large


async def opened(driver: Driver) -> None:
    await driver.press("2")
    await driver.until("clustering")
    await driver.settled()
    await driver.press("V")
    await driver.until("v36")


def writes(driver: Driver) -> list[tuple[Any, ...]]:
    return [what for what in driver.source.done if what[0] != "close"]


def test_two_marked_versions_are_compared_the_older_first() -> None:
    async def scenario(driver: Driver) -> None:
        await opened(driver)
        await driver.press("space", "j", "space", "D")
        await driver.until("network v39 > v41")
        assert "2 added   1 removed   112 values changed" in driver.text()
        assert "... 94 more" in driver.text()
        await driver.press("escape")
        await driver.until("v36")

    drive(scenario)


def test_without_marks_a_version_is_compared_with_the_one_before_it() -> None:
    async def scenario(driver: Driver) -> None:
        await opened(driver)
        await driver.press("j", "D")
        await driver.until("network v39 > v40")
        await driver.press("escape")
        await driver.press("G", "D")
        await driver.until("compare: there is none before it")

    drive(scenario)


def test_a_version_is_restored_and_held_after_a_dialog() -> None:
    async def scenario(driver: Driver) -> None:
        await opened(driver)
        await driver.press("j", "r")
        await driver.dialog("RESTORE network@40")
        assert "organism restore network@40" in driver.text()
        await driver.press("tab", "enter")
        await driver.until("restore: 1 done")
        await driver.press("p")
        await driver.dialog("PIN network@40")
        await driver.press("tab", "enter")
        await driver.until("pin: 1 done")
        await driver.press("u")
        await driver.dialog("UNPIN network")
        await driver.press("tab", "enter")
        await driver.until("unpin: 1 done")
        assert writes(driver) == [("restore", "network", 40), ("pin", "network", 40), ("pin", "network", None)]

    drive(scenario)


def test_numbers_of_versions_are_drawn_old_to_new() -> None:
    versions = [
        {"version": 3, "rows": 30, "metadata": {"mean": 0.5, "note": "x"}},
        {"version": 2, "rows": 20, "metadata": {}},
        {"version": 1, "rows": 10, "metadata": {"mean": 0.25}},
    ]
    head, rows, mean, *_ = (plain(each) for each in number_lines(versions, 80))
    assert head == "NUMBERS over 3 versions"
    assert "▁▅█  30  10 to 30" in rows
    assert "▁·█  0.5  0.25 to 0.5" in mean


def test_one_value_is_no_line_of_blocks() -> None:
    assert number_lines([{"version": 1, "rows": 10, "metadata": {"name": "x", "is": True}}], 80) == []


def test_a_number_that_never_moved_is_a_flat_line() -> None:
    assert spark([2.0, 2.0, None], 5) == "▄▄·"


def test_the_same_content_is_said_to_be_the_same() -> None:
    assert [plain(each) for each in diff_lines({"same": True}, 80)] == ["the same content"]


def test_foreign_text_in_a_difference_is_text() -> None:
    diff = {"added": ["\x1b]0;x\x07"], "removed": [], "same": False,
            "changed": [{"id": "a\x1b[2J", "column": "c", "was": "\x9b2J", "now": 1}]}  # fmt: skip
    assert not set("\x1b\x07\x9b") & set("".join(plain(each) for each in diff_lines(diff, 80)))


def test_what_a_check_rejected_is_listed_with_the_reason() -> None:
    async def scenario(driver: Driver) -> None:
        await opened(driver)
        await driver.press("x")
        await driver.until("▸ Rejected")
        await driver.until("row_count: 12 rows, at least 100")
        await driver.press("enter")
        await driver.until('"rejected_at"')
        await driver.press("escape", "x")
        await driver.until("v41 head")

    drive(scenario, size=NARROW)


def test_esc_takes_the_marks_away_before_it_leads_back() -> None:
    async def scenario(driver: Driver) -> None:
        await opened(driver)
        await driver.press("space", "escape")
        page = driver.app.screen
        assert isinstance(page, VersionsPage)
        assert not page.table.marks
        await driver.press("escape")
        await driver.until(lambda: driver.app.screen is not page)

    drive(scenario)
