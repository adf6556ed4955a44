"""The whole log of a run: from its first line, paged, searched, by level, saved, copied."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from causal_organism.errors import RequestError
from tests.tui.driving import Clock, Driver, drive
from tui.demo.source import DemoSource
from tui.presenters.lines import plain
from tui.screens.log_page import LogPage, save_log
from tui.widgets.log_pane import LogPane

pytestmark = pytest.mark.large


async def opened(driver: Driver) -> LogPage:
    await driver.press("3")
    await driver.until("81bb90aa")
    await driver.press("l")
    await driver.until("lines 1 to")
    page = driver.app.screen
    assert isinstance(page, LogPage)
    return page


def of_lines(number: int) -> tuple[DemoSource, Clock]:
    clock = Clock()
    source = DemoSource(clock)
    source.lines = number
    return source, clock


def test_it_begins_with_the_first_line_and_reads_on_as_one_scrolls() -> None:
    async def scenario(driver: Driver) -> None:
        page = await opened(driver)
        assert "block 0 of views" in driver.text()
        assert "lines 1 to 2,000, more follow" in driver.text()
        assert len(page.buffer) == 2_000
        await driver.press("G")
        await driver.until("block 6999 of views")
        assert len(page.buffer) <= 5_000, "it holds no more than so many"
        assert "lines 2,001 to 7,000" in driver.text()
        await driver.press("g")
        await driver.until("block 0 of views")

    source, clock = of_lines(7_000)
    drive(scenario, source=source, clock=clock)


def test_a_search_goes_on_behind_what_was_read() -> None:
    async def scenario(driver: Driver) -> None:
        await opened(driver)
        await driver.type("/block 4321")
        await driver.press("enter")
        await driver.until("/block 4321: 1 of 1")
        assert "block 4321 of views" in driver.text()
        await driver.press("c")
        await driver.until("copied: 1 line")

    source, clock = of_lines(5_000)
    drive(scenario, source=source, clock=clock)


def test_levels_narrow_it() -> None:
    async def scenario(driver: Driver) -> None:
        page = await opened(driver)
        await driver.press("L", "L", "L")
        await driver.until("of 80 lines  level ERROR and above")
        assert len(page.pane.lines) == 4, "one of seventeen"
        await driver.press("L")
        await driver.until(lambda: len(page.pane.lines) == 80)

    source, clock = of_lines(80)
    drive(scenario, source=source, clock=clock)


def test_it_is_saved_whole_and_writes_over_nothing(tmp_path: Path) -> None:
    source, _ = of_lines(4_100)
    path = tmp_path / "run.log"
    assert save_log(source, "81bb90aa-demo", path) == f"saved: 4,100 lines to {path}"
    lines = path.read_text().splitlines()
    assert len(lines) == 4_100
    assert lines[4_099].startswith("2026-02-16T12:")
    assert "block 4099 of views" in lines[4_099]
    with pytest.raises(RequestError, match=r"there is a file .* already"):
        save_log(source, "81bb90aa-demo", path)


def test_a_line_that_steers_the_terminal_is_text_in_the_file_too(tmp_path: Path) -> None:
    clock = Clock()
    save_log(DemoSource(clock, hostile=True), "81bb90aa-demo", tmp_path / "run.log")
    assert "\x1b" not in (tmp_path / "run.log").read_text()


def test_a_level_that_no_line_has_says_so() -> None:
    source, clock = of_lines(10)

    async def scenario(driver: Driver) -> None:
        await opened(driver)
        await driver.press("L", "L", "L")
        await driver.until("none of the 10 lines that were read is ERROR or above")

    drive(scenario, source=source, clock=clock)


def test_a_search_misses_no_match_where_lines_had_to_go() -> None:
    async def scenario(driver: Driver) -> None:
        page = await opened(driver)
        await driver.type("/000 of views")
        await driver.press("enter")
        found = []
        for number in range(1_000, 9_000, 1_000):
            await driver.until(partial(is_at, page, number))
            found.append(at_mark(page))
            await driver.press("n")
        assert page.buffer.dropped
        assert len(found) == 8

    source, clock = of_lines(8_500)
    drive(scenario, source=source, clock=clock)


def test_what_is_seen_stays_while_lines_before_it_go() -> None:
    async def scenario(driver: Driver) -> None:
        page = await opened(driver)
        for first in (1_950, 3_950, 5_950):
            page.pane.move_to(first - page.buffer.dropped + bool(page.buffer.dropped))  # a line says how many went
            await driver.until(partial(has_read, page, first + 50))
            assert f"block {first} of views" in plain(page.pane.lines[page.pane.top])
        assert page.buffer.dropped

    source, clock = of_lines(8_500)
    drive(scenario, source=source, clock=clock)


def test_the_log_beside_a_run_stays_where_one_scrolled_to_while_lines_before_it_go() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("81bb90aa")
        log = driver.app.screen.query_one(LogPane)
        log.clear()
        for first in range(0, 5_000, 500):
            log.add(driver.source.logs("x", after=str(first))["lines"])
        log.move_to(3_000)
        assert not log.follow
        log.add(driver.source.logs("x", after="5000")["lines"])
        assert log.buffer.dropped == 500
        assert "block 3000 of views" in plain(log.lines[log.top])

    source, clock = of_lines(8_500)
    drive(scenario, source=source, clock=clock)


def test_a_level_is_of_the_whole_log() -> None:
    async def scenario(driver: Driver) -> None:
        page = await opened(driver)
        await driver.press("L", "L", "L")
        await driver.until("of 2,000 lines, more follow  level ERROR and above")
        await driver.press("G")
        await driver.until("of 8,500 lines  level ERROR and above")
        assert len(page.buffer) == 8_500 // 17, "one of seventeen"

    source, clock = of_lines(8_500)
    drive(scenario, source=source, clock=clock)


def is_at(page: LogPage, number: int) -> bool:
    return f"block {number} of views" in at_mark(page)


def has_read(page: LogPage, lines: int) -> bool:
    return page.read > lines


def at_mark(page: LogPage) -> str:
    """The match that the search stands at."""
    pane = page.pane
    return plain(pane.lines[pane.current]) if 0 <= pane.current < pane.count() else ""
