"""`t` on an asset: the plan is shown, Cancel has the focus, and one confirmation starts one run."""

from __future__ import annotations

from typing import Any

from causal_organism.errors import RefusedError, StoreError
from tests.tui.driving import NARROW, Clock, Driver, drive
from tui.demo import DemoSource
from tui.presenters.words import run_word
from tui.screens.trigger import TriggerDialog
from tui.source import Document


def writes(driver: Driver) -> list[tuple[Any, ...]]:
    return [what for what in driver.source.done if what[0] != "close"]


async def open_dialog(driver: Driver, letters: str) -> None:
    await driver.press("2")
    await driver.until("pagerank")
    await driver.press("slash", *letters, "enter", "t")
    await driver.until(lambda: isinstance(driver.app.screen, TriggerDialog))


def test_a_confirmed_trigger_starts_one_run_and_shows_it_queue_run_and_finish() -> None:
    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("network changed: 40 -> 41")
        assert ">[ Cancel ]<" in driver.text()
        assert writes(driver) == []
        await driver.press("tab", "enter")
        await driver.until("[3 Runs]")
        await driver.until("no step has begun")
        assert writes(driver) == [("trigger", "views/betweenness", False, False)]
        for seconds, seen in ((4.0, "RUN  try 1"), (20.0, "OK  try 1")):
            driver.clock.advance(seconds)
            driver.app.ask_now()
            await driver.until(seen)
        assert len(writes(driver)) == 1
        await driver.press("minus")
        await driver.until("[2 Assets]")

    drive(scenario, size=NARROW)


def test_enter_on_the_focused_cancel_starts_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("1 step")
        await driver.press("enter")
        await driver.until(lambda: not isinstance(driver.app.screen, TriggerDialog))
        assert writes(driver) == []

    drive(scenario)


def test_nothing_to_do_cannot_be_confirmed_but_force_can_after_a_typed_word() -> None:
    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "clust")
        await driver.until("Nothing to do")
        await driver.press("tab")
        assert ">[ Cancel ]<" in driver.text(), "there is nothing else to choose"
        await driver.press("F")
        await driver.until("type  trigger 1  to confirm:")
        await driver.press("tab", *"trigger", "space", "1", "enter", "enter")
        await driver.until(lambda: writes(driver) != [])
        assert writes(driver) == [("trigger", "views/clustering", True, False)]

    drive(scenario)


def test_options_change_the_selection_and_the_plan() -> None:
    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("1 step")
        await driver.press("u")
        await driver.until("organism refresh +views/betweenness")
        await driver.until("2 steps, 1 certain, about 12s")
        await driver.press("A")
        await driver.until("--full")
        await driver.until("full        perhaps")

    drive(scenario)


def test_marks_are_triggered_together_after_a_typed_word() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.press("G", *"kkkkkk", "space", "space")
        await driver.until("2 marked")
        await driver.press("t")
        await driver.until("TRIGGER 2 ASSETS")
        await driver.until("type  trigger 2  to confirm:")
        await driver.press("tab", "x", "enter")
        assert ">[ Cancel ]<" in driver.text(), "the word was not typed"
        assert writes(driver) == []
        await driver.press("escape")
        await driver.until("2 marked")

    drive(scenario)


def test_a_plan_that_cannot_be_made_says_why_and_cannot_be_confirmed() -> None:
    class Planless(DemoSource):
        def plan(self, selection: str, *, force: bool = False, full: bool = False) -> Document:
            raise StoreError("the ledger is down\x1b[2J")

    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("There is no plan: the ledger is down␛[2J")
        await driver.press("tab", "enter")
        assert writes(driver) == []

    drive(scenario, source=Planless(Clock()))


def test_a_trigger_that_is_refused_says_why() -> None:
    class Refusing(DemoSource):
        def trigger(self, selection: str, *, force: bool = False, full: bool = False) -> str:
            raise RefusedError("views/betweenness is being made by ana@ops", hint="wait [/]")

    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("1 step")
        await driver.press("tab", "enter")
        await driver.until("trigger views/betweenness: views/betweenness is being made by ana@ops; wait [/]")
        assert "[2 Assets]" in driver.text()

    drive(scenario, source=Refusing(Clock()))


def test_a_read_only_console_says_why_and_starts_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        assert "[RO]" in driver.text()
        await driver.press("t")
        await driver.until("trigger: read-only context (--read-only)")
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("s")
        await driver.until("stop: read-only context (--read-only)")
        assert writes(driver) == []

    drive(scenario, read_only=True)


def test_in_production_a_single_stop_needs_the_typed_word() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("s")
        await driver.until("type  stop 1  to confirm:")
        await driver.press("tab", *"stop", "space", "1", "enter", "enter")
        await driver.until(lambda: writes(driver) == [("cancel", "81bb90aa-demo")])

    drive(scenario, production=True)


def test_retry_is_for_what_has_ended_badly() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("r")
        await driver.until("retry: possible for CXL, FAIL; this is RETRY")
        await driver.press("j", "r")
        await driver.until("RETRY 1 RUN")
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver) == [("retry", "7f3a2c00-demo")])
        await driver.until(lambda: run_word("Scheduled") in driver.text())

    drive(scenario)


def test_queues_are_paused_resumed_and_limited() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("4")
        await driver.until("expensive")
        await driver.press("p")
        await driver.until("PAUSE 1 QUEUE")
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver) == [("pause", "default", "default")])
        await driver.until(lambda: driver.app.writing is None)
        await driver.press("j", "p")
        await driver.until("RESUME 1 QUEUE")
        await driver.press("tab", "enter")
        await driver.until(lambda: ("resume", "default", "expensive") in writes(driver))
        await driver.until(lambda: driver.app.writing is None)
        await driver.press("L")
        await driver.until("LIMIT default/expensive")
        await driver.press("tab", *"many", "enter", "enter")
        await driver.until("limit: many is neither a number nor -")
        await driver.press("L")
        await driver.until("LIMIT default/expensive")
        await driver.press("tab", "4", "enter", "enter")
        await driver.until(lambda: ("limit", "default", "expensive", 4) in writes(driver))

    drive(scenario)


def test_what_the_source_cannot_do_says_why() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("4")
        await driver.until("expensive")
        await driver.press("L")
        await driver.until("limit: limits are fixed here")
        await driver.press("5")
        await driver.until("p0000")
        await driver.press("a")
        await driver.until("approve: proposals are decided elsewhere")
        assert writes(driver) == []

    drive(scenario, refused={"limit": "limits are fixed here", "approve": "proposals are decided elsewhere"})
