"""Before runs are tried again or stopped and versions restored or pinned, a dialog says what follows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from causal_organism.errors import StoreError
from tests.tui.driving import NARROW, WIDE, Clock, Driver, drive
from tui.demo.source import DemoSource
from tui.presenters.lines import Line, plain
from tui.source import Document
from tui.widgets.pane import TextPane

pytestmark = pytest.mark.large


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
        await driver.until("the next run")

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


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize(
    ("key", "state", "told"),
    [
        ("a", "proposed", "It is proposed and becomes approved."),
        ("a", "proposed", "It expires if it is not started within 30 days."),
        ("x", "proposed", "It is proposed again after 90 days"),
        ("s", "approved", "Lots are drawn among its 8 teams, and kept: 4 are held out."),
        ("s", "approved", "Out of date by it: 2 (interventions/results, interventions/proposals)"),
    ],
)
def test_a_decision_says_what_becomes_of_it(size: tuple[int, int], key: str, state: str, told: str) -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("5")
        await driver.until(state.upper())
        await driver.press(key)
        await driver.dialog("1 PROPOSAL")
        await driver.settled()
        pane = driver.app.screen.query_one("#lines", TextPane)
        await driver.until(lambda: told in text_of(pane.lines))
        if pane.count() > pane.size.height:
            await driver.until("shift+tab, j and k: more")

    source = DemoSource(clock := Clock())
    source.proposal_state = state
    drive(scenario, size=size, source=source, clock=clock)


def text_of(lines: Sequence[Line]) -> str:
    """The lines, however they are folded."""
    return " ".join(" ".join(map(plain, lines)).split())
