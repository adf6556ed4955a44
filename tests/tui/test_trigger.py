"""`t` on an asset: the plan is shown, Cancel has the focus, and one confirmation starts one run."""

from __future__ import annotations

from typing import Any

import pytest

from causal_organism.errors import RefusedError, StoreError
from causal_organism.wording.run_filters import ALL, RunsAsked
from tests.tui.driving import NARROW, Clock, Driver, beats, drive
from tui.demo.source import DemoSource
from tui.presenters.words import run_word
from tui.screens.trigger import TriggerDialog
from tui.source import Document
from tui.widgets.band import Choice

pytestmark = pytest.mark.large


def writes(driver: Driver) -> list[tuple[Any, ...]]:
    return [what for what in driver.source.done if what[0] != "close"]


async def open_dialog(driver: Driver, letters: str) -> None:
    await driver.press("2")
    await driver.until("pagerank")
    await driver.press("slash", *letters, "enter", "t")
    await driver.until(lambda: isinstance(driver.app.screen, TriggerDialog))
    await driver.dialog("TRIGGER")


def test_a_confirmed_trigger_starts_one_run_and_shows_it_queue_run_and_finish() -> None:
    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("network changed: 40 -> 41")
        assert ">[ Cancel ]<" in driver.text()
        assert writes(driver) == []
        await driver.press("tab", "enter")
        await driver.until("▸ Runs")
        await driver.until("STEPS 0 of 1, about 12s left")
        assert writes(driver) == [("trigger", "views/betweenness", False, False)]
        for seconds, seen in ((4.0, "RUN  try 1"), (20.0, "OK  try 1")):
            driver.clock.advance(seconds)
            driver.app.ask_now()
            await driver.until(seen)
        assert len(writes(driver)) == 1
        await driver.press("minus")
        await driver.until("▸ Assets")

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
        await driver.press(*"trigger", "space", "1", "enter", "enter")
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
        await driver.dialog("TRIGGER 2 ASSETS")
        await driver.until("type  trigger 2  to confirm:")
        await driver.press("x", "enter", "enter")
        assert "TRIGGER 2 ASSETS" in driver.text(), "the word was not typed"
        assert writes(driver) == []
        await driver.press("escape")
        await driver.until("2 marked")

    drive(scenario)


def test_a_plan_that_cannot_be_made_says_why_and_cannot_be_confirmed() -> None:
    class Planless(DemoSource):
        def plan(self, selection: str, **how: Any) -> Document:
            raise StoreError("the ledger is down\x1b[2J")

    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("There is no plan: the ledger is down␛[2J")
        await driver.press("tab", "enter")
        assert writes(driver) == []

    drive(scenario, source=Planless(Clock()))


def test_a_trigger_that_is_refused_says_why() -> None:
    class Refusing(DemoSource):
        def trigger(self, selection: str, **how: Any) -> str:
            raise RefusedError("views/betweenness is being made by ana@ops", hint="wait [/]")

    async def scenario(driver: Driver) -> None:
        await open_dialog(driver, "betw")
        await driver.until("1 step")
        await driver.press("tab", "enter")
        await driver.until("trigger views/betweenness: views/betweenness is being made by ana@ops; wait [/]")
        assert "▸ Assets" in driver.text()

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
        await driver.dialog("type  stop 1  to confirm:")
        await driver.press(*"stop", "space", "1", "enter", "enter")
        await driver.until(lambda: writes(driver) == [("cancel", "81bb90aa-demo")])

    drive(scenario, production=True)


def test_retry_is_for_what_has_ended_badly() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press("r")
        await driver.until("retry: possible for CXL, FAIL; this is RETRY")
        await driver.press("j", "r")
        await driver.dialog("RETRY 1 RUN")
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver) == [("retry", "7f3a2c00-demo")])
        await driver.until(lambda: run_word("Scheduled") in driver.text())

    drive(scenario)


def test_queues_are_paused_resumed_and_limited() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("4")
        await driver.until("expensive")
        await driver.press("p")
        await driver.dialog("PAUSE 1 QUEUE")
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver) == [("pause", "default", "default")])
        await driver.until(lambda: driver.app.writing is None)
        await driver.press("j", "p")
        await driver.dialog("RESUME 1 QUEUE")
        await driver.press("tab", "enter")
        await driver.until(lambda: ("resume", "default", "expensive") in writes(driver))
        await driver.until(lambda: driver.app.writing is None)
        await driver.press("L")
        await driver.dialog("LIMIT default/expensive")
        await driver.press(*"many", "enter", "enter")
        await driver.until("limit: many is neither a number nor -")
        await driver.press("L")
        await driver.dialog("LIMIT default/expensive")
        await driver.press("4", "enter", "enter")
        await driver.until(lambda: ("limit", "default", "expensive", 4) in writes(driver))

    drive(scenario)


def test_a_marked_action_lists_what_it_touches_and_what_it_leaves_out_and_why() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.press(*["space"] * 5)
        await driver.until("5 marked")
        await driver.press("r")
        await driver.dialog("RETRY 2 RUNS")
        await driver.until("left out: 2 (90aa01ff, 90a9f7ee): it is Completed; only what failed or was cancelled")
        await driver.until("left out: 1 (81bb90aa): it is")
        await driver.press(*"retry 2", "enter", "enter")
        await driver.until(lambda: len(writes(driver)) == 2)
        assert {run for _, run in writes(driver)} == {"7f3a2c00-demo", "90a9e2dd-demo"}

    drive(scenario)


def test_an_action_is_refused_when_what_stood_under_the_cursor_is_gone() -> None:
    class Shrinking(DemoSource):
        missing = ""

        def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Document:
            found = super().runs(limit=limit, asked=asked)
            return {**found, "runs": [run for run in found["runs"] if run["id"] != self.missing]}

    source = Shrinking(Clock())

    async def scenario(driver: Driver) -> None:
        await driver.press("3", "j")
        await driver.until("full-analysis")
        source.missing = str(driver.app.screen.table.key)  # type: ignore[attr-defined]
        await beats(driver, 1)
        assert driver.app.screen.table.key != source.missing  # type: ignore[attr-defined]
        await driver.press("s")
        await driver.until(f"{source.missing} is gone from the list: move to choose another")
        await driver.press("k", "s")
        await driver.dialog("STOP 1 RUN")
        assert writes(driver) == []

    drive(scenario, source=source)


def test_what_the_source_cannot_do_says_why() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("4")
        await driver.until("expensive")
        await driver.press("L")
        await driver.until("limit: limits are fixed here")
        await driver.press("5")
        await driver.until("PROPOSED")
        await driver.press("a")
        await driver.until("approve: proposals are decided elsewhere")
        assert writes(driver) == []

    drive(scenario, refused={"limit": "limits are fixed here", "approve": "proposals are decided elsewhere"})


def test_partitions_are_shown_as_a_map_and_a_range_of_them_is_triggered() -> None:
    class Daily(DemoSource):
        def assets(self) -> Document:
            found = super().assets()
            first, *rest = found["assets"]
            counts = {"fresh": 14, "stale": 0, "missing": 2}
            return {**found, "assets": [{**first, "partitions": counts}, *rest]}

    async def scenario(driver: Driver) -> None:
        await driver.press("2", "enter")
        await driver.until("PARTITIONS 16: 14 fresh, 2 missing")
        await driver.until("   ##############..")
        await driver.settled()
        await driver.press("t")
        await driver.dialog("TRIGGER network")
        await driver.press(*"day=2026-02-15..2026-02-16", "enter")
        await driver.until("organism refresh network --partition day=2026-02-15..2026-02-16")
        await driver.until("1 step")
        await driver.press("tab", "enter")
        await driver.until(lambda: writes(driver))
        assert writes(driver) == [("trigger", "network", "day=2026-02-15..2026-02-16", False, False)]
        await driver.press("minus")
        await driver.until("PARTITIONS 16: 14 fresh, 2 missing")
        await driver.press("t")
        await driver.dialog("TRIGGER network")
        await driver.until("organism refresh network")
        await driver.settled()
        await driver.press(*"day=2026-02-16")
        await driver.until("enter shows what this would do")
        assert driver.app.screen.query_one("#act", Choice).disabled, "no plan of it was seen"
        await driver.press("tab")
        await driver.until("organism refresh network --partition day=2026-02-16")
        await driver.until("1 step")
        await driver.press("tab", "enter")
        await driver.until(lambda: len(writes(driver)) == 2)
        assert writes(driver)[1] == ("trigger", "network", "day=2026-02-16", False, False)

    drive(scenario, source=Daily(Clock()))
