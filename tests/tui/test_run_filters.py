"""Runs are asked of the server by a line of words, and failures are grouped by what made them fail."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.errors import RequestError
from causal_organism.wording.run_filters import ALL, RunsAsked
from tests.tui.driving import NARROW, Clock, Driver, drive
from tui.demo.world import Scale, WorldSource
from tui.source import Document

pytestmark = pytest.mark.large

SINGULAR = "LinAlgError: the design matrix is singular: team and manager say the same"


class Asked(WorldSource):
    """Remembers what was asked for, beside the newest."""

    def __init__(self, clock: Clock, **more: Any):
        super().__init__(clock, **more)
        self.wanted: list[RunsAsked] = []

    def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Document:
        if asked != ALL and asked not in self.wanted:
            self.wanted.append(asked)
        if asked.deployment == "nightly":
            raise RequestError("there is no deployment 'nightly'")
        return super().runs(limit=limit, asked=asked)


def on_runs(scenario: Any, *, size: tuple[int, int] = (120, 36), runs: int = 1_000) -> Asked:
    async def opened(driver: Driver) -> None:
        await driver.press("3")
        await driver.until(lambda: hasattr(driver.app.frame, "table") and len(listed(driver)) == 100)
        await driver.settled()
        await scenario(driver)

    source = Asked(clock := Clock(), scale=Scale(runs=runs))
    drive(opened, source=source, clock=clock, size=size)
    return source


def listed(driver: Driver) -> list[str]:
    return [row.key for row in driver.app.frame.table.rows]  # type: ignore[union-attr]


async def ask(driver: Driver, text: str) -> None:
    await driver.type("/" + text)
    await driver.press("enter")
    await driver.settled()


@pytest.mark.parametrize("size", [NARROW, (120, 36)])
def test_a_line_of_words_lists_runs_that_the_newest_do_not_hold(size: tuple[int, int]) -> None:
    async def scenario(driver: Driver) -> None:
        newest = listed(driver)
        await ask(driver, "state=FAIL actor=scheduler refused")
        await driver.until(lambda: listed(driver) and listed(driver) != newest)
        every = [
            str(run["id"]) for run in source_of(driver).runs(limit=10_000)["runs"] if "refused" in str(run["error"])
        ]
        assert listed(driver) == every
        assert not set(every) <= set(newest)
        await driver.until(f"{len(every)} found")
        await driver.press("escape")
        await driver.until(lambda: listed(driver) == newest)

    source = on_runs(scenario, size=size)
    assert source.wanted == [RunsAsked(states=("failed", "crashed", "timedout"), actor="scheduler", text="refused")]


def source_of(driver: Driver) -> Asked:
    return driver.source  # type: ignore[return-value]


def test_what_was_asked_for_is_turned_page_by_page() -> None:
    async def scenario(driver: Driver) -> None:
        await ask(driver, "deployment=incremental-updates")
        await driver.until("100+ found")
        first = listed(driver)
        await driver.press("right_square_bracket")
        await driver.until(lambda: listed(driver) and listed(driver) != first)
        assert [asked.deployment for asked in source_of(driver).wanted] == ["incremental-updates"] * 2
        assert set(listed(driver)).isdisjoint(first)
        await driver.press("Y")
        await driver.until("copied: organism runs --deployment incremental-updates")

    on_runs(scenario)


def test_what_there_is_not_is_said_and_nothing_is_listed() -> None:
    async def scenario(driver: Driver) -> None:
        await ask(driver, "colour=red")
        await driver.until("runs have no 'colour' to ask for")
        await driver.press("escape")
        await ask(driver, "deployment=nightly")
        await driver.until("there is no deployment 'nightly'")
        assert listed(driver) == []
        await driver.press("escape")
        await driver.until(lambda: len(listed(driver)) == 100)

    on_runs(scenario)


def test_filters_of_the_lines_that_are_listed_ask_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        for text in ("!schedule", "trigger=console", "c1d0*"):
            await ask(driver, text)
            assert 0 < len(listed(driver)) < 20
            await driver.press("escape")

    assert on_runs(scenario).wanted == []


def test_runs_with_one_reason_are_one_line_and_enter_lists_them() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("C")
        await driver.until("runs that failed since")
        (line,) = [each for each in driver.text().split("\n") if SINGULAR[:40] in each]
        assert line.split()[1:4] == ["2", "12m", "18m"]
        assert "causal/effects +1" in line
        await driver.press("enter")
        await driver.until("2 found")
        failed = [run for run in source_of(driver).runs(limit=10_000)["runs"] if run["error"] == SINGULAR]
        assert listed(driver) == [str(run["id"]) for run in failed]
        await driver.press("r")
        await driver.dialog("RETRY 1 RUN")
        await driver.press("escape", "space", "space", "r")
        await driver.dialog("RETRY 2 RUNS")

    source = on_runs(scenario)
    assert [asked.text for asked in source.wanted] == [None, SINGULAR]
    assert {asked.states for asked in source.wanted} == {("failed", "crashed")}


def test_a_state_is_shown_as_it_was_asked_for_and_not_as_the_servers_names() -> None:
    async def scenario(driver: Driver) -> None:
        await ask(driver, "state=fail deployment=full-analysis")
        await driver.until("/state=FAIL deployment=full-analysis ")
        await driver.press("slash")
        await driver.until(" /  state=FAIL deployment=full-analysis")

    on_runs(scenario)
