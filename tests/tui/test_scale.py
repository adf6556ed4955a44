"""A console over very much costs what one over little costs: nothing is worked out again while nothing is new."""

from __future__ import annotations

import pytest

from tests.tui.driving import Clock, Driver, beats, drive
from tests.tui.terminal import Terminal, terminal
from tui.demo.world import Scale, WorldSource

pytestmark = pytest.mark.large

LARGE = Scale(assets=5_000, runs=100_000, partitions=50_000)
ARGUMENTS = ("-m", "tui.demo", "--assets", "5000", "--runs", "100000", "--partitions", "50000")
MOST_KEY_BYTES, ALIKE_BYTES = 1_536, 600


def test_nothing_is_built_again_while_nothing_is_new() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("network")
        await driver.settled()
        table, known = driver.app.frame.table, driver.app.documents["assets"]  # type: ignore[union-attr]
        rows, arranged = table.all_rows, table.rows
        assert len(rows) > 5_000
        before = driver.source.asked["assets"]
        driver.clock.advance(60)
        await beats(driver, 3)
        assert driver.source.asked["assets"] > before
        assert driver.app.documents["assets"] is known
        assert table.all_rows is rows
        assert table.rows is arranged

    drive(scenario, source=WorldSource(clock := Clock(), scale=LARGE), clock=clock)


def test_ages_go_on_though_nothing_is_new() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("network")
        await driver.settled()
        assert age_of("network", driver) == "1m"
        driver.clock.advance(120)
        await beats(driver, 1)
        assert age_of("network", driver) == "3m"

    drive(scenario, source=WorldSource(clock := Clock()), clock=clock)


def age_of(key: str, driver: Driver) -> str:
    rows = [line.split("│")[1].split() for line in driver.text().split("\n") if "│" in line]
    cells = next(cells for cells in rows if key in cells[:2])
    return cells[cells.index(key) + 2]


def test_a_run_and_a_page_of_partitions_are_all_that_is_held() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("a041b7e0")
        assert len(driver.app.documents["runs"]["runs"]) <= 100  # type: ignore[index]
        await driver.press("2")
        await driver.until("network")
        await driver.type("/weeks")
        await driver.press("enter", "enter")
        await driver.until("PARTITIONS 50,000")
        assert len(driver.app.documents["partitions:interactions/weeks"]["listed"]) <= 100  # type: ignore[index]

    drive(scenario, source=WorldSource(clock := Clock(), scale=LARGE), clock=clock)


@pytest.mark.parametrize(("screen", "seen"), [(b"2", b"READ BY"), (b"3", b"TASKS")])
def test_no_key_sends_more_than_its_bytes(screen: bytes, seen: bytes) -> None:
    """Among 5,000 assets and 100,000 runs, with all that a step opens beside the list."""
    with terminal(ARGUMENTS) as console:
        console.until(b"all 2s")
        console.type(screen)
        console.until(seen)
        console.quiet(1.5)
        sent = [sent_for(b"j", console) for _ in range(12)]
        assert max(sent) <= MOST_KEY_BYTES, sent
        console.type(b"G")
        console.quiet(1.5)
        assert min(sent_for(b"k", console) for _ in range(3)) <= ALIKE_BYTES


def sent_for(key: bytes, console: Terminal) -> int:
    before = len(console.written)
    console.type(key)
    console.more(before)
    console.quiet(1.5)
    return len(console.written) - before
