"""When the console asks, and what it shows while a server is away."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from textual import events

from causal_organism.errors import GraphError, StoreError
from tests.tui.driving import NARROW, Clock, Driver, asked, beats, drive
from tests.waiting import PATIENCE_S
from tui.demo import DemoSource


def test_only_the_screen_that_is_seen_asks() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("4")
        await driver.until("expensive")
        before = asked(driver)
        await beats(driver, 3)
        after = asked(driver)
        assert after["queues"] == before["queues"] + 3
        assert {name: after[name] for name in ("status", "assets")} == {
            name: before[name] for name in ("status", "assets")
        }

    drive(scenario)


def test_it_asks_nothing_under_a_dialog_a_page_or_when_another_window_is_looked_at() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.until(lambda: driver.app.pulse.asked_at is None)
        await driver.press("s")
        await driver.until("STOP 1 RUN")
        under_dialog = asked(driver)
        await beats(driver, 3)
        assert asked(driver) == under_dialog
        await driver.press("escape", "question_mark")
        await driver.until("WHAT IT DOES")
        await driver.until(lambda: driver.app.pulse.asked_at is None)
        under_help = asked(driver)
        await beats(driver, 3)
        assert asked(driver) == under_help
        await driver.press("escape")
        await driver.until("[3 Runs]")
        await driver.until(lambda: driver.app.pulse.asked_at is None)
        driver.app.post_message(events.AppBlur())
        await driver.until(lambda: driver.app.blurred)
        blurred = asked(driver)
        await beats(driver, 3)
        assert asked(driver) == blurred
        driver.app.post_message(events.AppFocus())
        await driver.until(lambda: driver.source.asked["runs"] > blurred["runs"])

    drive(scenario)


def test_a_lost_link_keeps_the_data_says_since_when_and_refuses_writes() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.until(lambda: driver.app.pulse.asked_at is None)
        driver.source.fail_with = "the ledger at 127.0.0.1 does not answer\x1b]0;x\x07"
        await beats(driver, 1)
        await driver.until("link lost - showing data as of 12:03:41Z, try 2 in")
        assert "pagerank" in driver.text()
        assert "does not answer␛]0;x␇" in driver.text()
        await driver.press("slash", *"betw", "enter", "t")
        assert not any(what[0] == "trigger" for what in driver.source.done)
        assert "TRIGGER" not in driver.text()
        driver.source.fail_with = None
        await beats(driver, 1)
        await driver.until(lambda: "link lost" not in driver.text())

    drive(scenario)


def test_what_cannot_be_read_is_not_asked_for_without_a_pause() -> None:
    class Versionless(DemoSource):
        def versions(self, key: str) -> Any:
            self._count("versions")
            raise GraphError("no versions today")

    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("versions:network: no versions today")
        await driver.settled()
        before = asked(driver)
        for _ in range(20):
            driver.app.frame.present()  # type: ignore[union-attr]
            await driver.pilot.pause()
        await beats(driver, 1)
        assert asked(driver)["versions"] <= before["versions"] + 2
        driver.source.fail_with = "down"
        await beats(driver, 1)
        await driver.until("link lost")
        lost = asked(driver)
        for _ in range(20):
            driver.app.frame.present()  # type: ignore[union-attr]
            await driver.pilot.pause()
        assert asked(driver)["assets"] <= lost["assets"] + 1

    drive(scenario, source=Versionless(Clock()))


def test_a_console_that_never_connects_stays_and_says_so() -> None:
    class Nowhere:
        def __getattr__(self, name: str) -> Any:
            raise OSError("connection refused")

    async def scenario(driver: Driver) -> None:
        await driver.until("link lost - nothing was read yet")
        await driver.press("3")
        await driver.until("[3 Runs]")

    drive(scenario, source=Nowhere())


def test_one_server_that_is_gone_leaves_what_the_others_know() -> None:
    class Orchestratorless(DemoSource):
        def runs(self, *, limit: int = 100) -> Any:
            raise StoreError("Prefect does not answer")

    async def scenario(driver: Driver) -> None:
        await driver.until("link lost")
        await driver.until("runs: Prefect does not answer")
        assert "ASSETS 13" in driver.text()
        assert "worker FAIL" in driver.text()

    drive(scenario, source=Orchestratorless(Clock()))


def test_one_document_that_cannot_be_given_leaves_the_others() -> None:
    class Half(DemoSource):
        def queues(self) -> Any:
            raise GraphError("the graph is broken [/]")

        def status(self) -> Any:
            raise ZeroDivisionError("a mistake in a reader")

    async def scenario(driver: Driver) -> None:
        await driver.until("! queues: the graph is broken [/]")
        assert "ASSETS 13" in driver.text()
        assert driver.app.notes["status"] == "ZeroDivisionError: a mistake in a reader"

    drive(scenario, source=Half(Clock()))


def test_the_first_frame_is_painted_before_anything_is_connected() -> None:
    class Slow(DemoSource):
        gate = threading.Event()

        def unsupported(self) -> Any:
            self.gate.wait(PATIENCE_S)
            return super().unsupported()

    source = Slow(Clock())

    async def run() -> None:
        from tui.app import ConsoleApp
        from tui.source import Place

        clock = Clock()
        app = ConsoleApp(lambda: source, Place(context="home", actor="a"), now=clock, ticks=clock.ticks)
        async with app.run_test(size=NARROW) as pilot:
            driver = Driver(app, pilot, source, clock)
            await driver.until("[1 Overview]")
            await driver.until("loading ...")
            await pilot.press("2")
            await driver.until("[2 Assets]")
            source.gate.set()
            await driver.until("pagerank")

    asyncio.run(run())


def test_frozen_it_asks_for_nothing() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.until(lambda: driver.app.pulse.asked_at is None)
        await driver.press("u")
        await driver.until("FROZEN as of")
        before = asked(driver)
        await beats(driver, 3)
        assert asked(driver) == before
        await driver.press("ctrl+r")
        await driver.until(lambda: driver.source.asked["runs"] == before["runs"] + 1)

    drive(scenario)


def test_data_that_grows_old_is_called_stale() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.until("as of 12:03:41Z")
        await driver.until(lambda: driver.app.pulse.asked_at is None)
        driver.app.pulse.ask(driver.clock.ticks())
        driver.clock.advance(9.5)
        driver.app.beat()
        await driver.until("STALE DATA 9s")

    drive(scenario)
