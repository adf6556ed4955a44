"""When the console asks, and what it shows while a server is away."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from textual import events

from causal_organism.errors import GraphError, StoreError
from causal_organism.wording.run_filters import ALL, RunsAsked
from tests.tui.driving import NARROW, Clock, Driver, asked, beats, drive
from tests.waiting import PATIENCE_S
from tui.demo.source import DemoSource

pytestmark = pytest.mark.large


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


def test_it_goes_on_asking_under_a_dialog_and_a_page_and_what_is_behind_them_is_new() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        for keys, seen in ((("s",), "STOP 1 RUN"), (("escape", "question_mark"), "WHAT IT DOES")):
            await driver.press(*keys)
            await driver.until(seen)
            before = asked(driver)["runs"]
            await beats(driver, 3)
            assert asked(driver)["runs"] == before + 3
        await driver.press("escape", "s")
        await driver.dialog("STOP 1 RUN")
        driver.source.trigger("behind/it")
        await beats(driver, 1)
        await driver.until("behind/it")
        assert "STOP 1 RUN" in driver.text()

    drive(scenario)


def test_when_another_window_is_looked_at_it_asks_a_third_as_often_and_calls_nothing_stale() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.settled()
        driver.app.post_message(events.AppBlur())
        await driver.until(lambda: driver.app.pulse.away)
        await beats(driver, 1)
        driver.clock.advance(4.0)
        before = asked(driver)["runs"]
        driver.app.beat()
        await driver.settled()
        assert asked(driver)["runs"] == before, "not due for another two seconds"
        assert "runs 6s" in driver.text()
        driver.clock.advance(2.0)
        driver.app.beat()
        await driver.settled()
        assert asked(driver)["runs"] == before + 1
        driver.app.post_message(events.AppFocus())
        await driver.until(lambda: driver.source.asked["runs"] > before + 1)

    drive(scenario)


def test_a_lost_link_keeps_the_data_says_since_when_and_refuses_writes() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("pagerank")
        await driver.settled()
        driver.source.fail_with = "the ledger at 127.0.0.1 does not answer\x1b]0;x\x07"
        await beats(driver, 1)
        await driver.until("assets lost, asked again in 1s: the ledger")
        await driver.until("assets lost 2s")
        assert "pagerank" in driver.text()
        assert "(t trigger)" in driver.text()
        assert "does not answer␛]0;x␇" in driver.text()
        await driver.press("slash", *"betw", "enter", "t")
        assert not any(what[0] == "trigger" for what in driver.source.done)
        assert "TRIGGER" not in driver.text()
        driver.source.fail_with = None
        await beats(driver, 1)
        await driver.until(lambda: "assets 2s" in driver.text() and "(t trigger)" not in driver.text())

    drive(scenario)


def test_what_cannot_be_read_is_not_asked_for_without_a_pause() -> None:
    class Versionless(DemoSource):
        def versions(self, key: str) -> Any:
            self._count("versions")
            raise GraphError("no versions today")

    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("versions: no versions today")
        await driver.settled()
        before = asked(driver)
        for _ in range(20):
            driver.app.frame.present()  # type: ignore[union-attr]
            await driver.pilot.pause()
        await beats(driver, 1)
        assert asked(driver)["versions"] <= before["versions"] + 2
        driver.source.fail_with = "down"
        await beats(driver, 1)
        await driver.until("assets lost")
        lost = asked(driver)
        for _ in range(20):
            driver.app.frame.present()  # type: ignore[union-attr]
            await driver.pilot.pause()
        assert asked(driver)["assets"] <= lost["assets"] + 1

    drive(scenario, source=Versionless(Clock()))


class Away(DemoSource):
    """A source whose ledger does not answer about one asset."""

    def versions(self, key: str) -> Any:
        raise StoreError("the ledger is away")

    partitions = rejected = versions

    def assets(self) -> Any:
        found = super().assets()
        first, second, *rest = found["assets"]
        return {**found, "assets": [first, {**second, "partitions": {"fresh": 2}}, *rest]}


def test_what_a_lost_server_holds_is_not_said_to_be_read() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("2")
        await driver.until("network")
        await driver.press("T", "g")
        for heading in ("VERSIONS", "PARTITIONS"):
            await driver.until(heading)
            await driver.until("not known: the ledger is away")
            assert "reading ..." not in driver.text()
            await driver.press("j")
        await driver.press("g", "V")
        await driver.until("Versions")
        await driver.until("not known: the ledger is away")
        assert "reading ..." not in driver.text()
        await driver.press("x")
        await driver.until("Rejected")
        await driver.until("not known: the ledger is away")
        assert "reading ..." not in driver.text()

    drive(scenario, source=Away(Clock()))


def test_a_console_that_never_connects_stays_and_says_so() -> None:
    class Nowhere:
        def __getattr__(self, name: str) -> Any:
            raise OSError("connection refused")

    async def scenario(driver: Driver) -> None:
        await driver.until("assets lost")
        assert "│ ?" in driver.text()
        await driver.press("3")
        await driver.until("▸ Runs")

    drive(scenario, source=Nowhere())


def test_one_server_that_is_gone_leaves_what_the_others_know() -> None:
    class Orchestratorless(DemoSource):
        def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Any:
            raise StoreError("Prefect does not answer")

    async def scenario(driver: Driver) -> None:
        await driver.until("runs lost, asked again in 1s: Prefect does not answer")
        assert "│ ? " in driver.text()
        assert "fail ?" in driver.text()
        assert "─ 13 ─╮" in driver.text()
        assert "✗ worker" in driver.text()

    drive(scenario, source=Orchestratorless(Clock()))


def test_one_document_that_cannot_be_given_leaves_the_others() -> None:
    class Half(DemoSource):
        def queues(self) -> Any:
            raise GraphError("the graph is broken [/]")

        def status(self) -> Any:
            raise ZeroDivisionError("a mistake in a reader")

    async def scenario(driver: Driver) -> None:
        await driver.until("! queues: the graph is broken [/]")
        assert "─ 13 ─╮" in driver.text()
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
            await driver.until("─ Organism ─")
            await driver.until("assets +5 ...")
            await pilot.press("2")
            await driver.until("▸ Assets")
            source.gate.set()
            await driver.until("pagerank")

    asyncio.run(run())


def test_paused_it_asks_for_nothing_until_it_is_told_to() -> None:
    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("full-analysis")
        await driver.settled()
        await driver.press("u")
        await driver.until("paused runs 2s")
        before = asked(driver)
        await beats(driver, 3)
        assert asked(driver) == before
        await driver.press("ctrl+r")
        await driver.until(lambda: driver.source.asked["runs"] == before["runs"] + 1)
        await driver.until("asked now: runs")

    drive(scenario)


class Silent(DemoSource):
    """Its Prefect keeps connections and says nothing, until `gate` is set."""

    def __init__(self) -> None:
        super().__init__(Clock())
        self.gate = threading.Event()
        self.gate.set()

    def runs(self, *, limit: int = 100, asked: RunsAsked = ALL) -> Any:
        self._count("asked for runs")
        self.gate.wait(PATIENCE_S)
        return super().runs(limit=limit, asked=asked)


def test_a_server_that_hangs_is_lost_after_five_seconds_and_blocks_no_other() -> None:
    source = Silent()

    async def scenario(driver: Driver) -> None:
        await driver.until("full-analysis")
        await driver.settled()
        source.gate.clear()
        driver.clock.advance(2.0)
        driver.app.beat()
        await driver.until(lambda: driver.app.pulse.question("assets").asked_at is None)
        before = asked(driver)["assets"]
        for _ in range(3):
            driver.clock.advance(2.0)
            driver.app.beat()
            await driver.until(lambda: driver.app.pulse.question("assets").asked_at is None)
        assert asked(driver)["assets"] == before + 3
        await driver.until("runs lost, asked again in 1s: no answer within 5s")
        await driver.press("3")
        await driver.until("(s stop)")
        await driver.press("s")
        await driver.until("stop: runs lost for")
        hanging = asked(driver)["asked for runs"]
        await driver.press("ctrl+r")
        await driver.until(lambda: asked(driver)["asked for runs"] == hanging + 1)
        source.gate.set()
        await driver.until("runs 2s")

    drive(scenario, source=source)


def test_data_that_grows_old_is_called_slow() -> None:
    source = Silent()

    async def scenario(driver: Driver) -> None:
        await driver.press("3")
        await driver.until("runs 2s")
        await driver.settled()
        source.gate.clear()
        driver.clock.advance(2.0)
        driver.app.beat()
        driver.clock.advance(3.0)
        driver.app.beat()
        await driver.until("runs slow 5s")
        source.gate.set()
        await driver.until("runs 2s")

    drive(scenario, source=source)


def test_a_run_that_begins_and_a_server_that_is_lost_let_all_else_be_asked_soon() -> None:
    async def scenario(driver: Driver) -> None:
        app, queues = driver.app, driver.app.pulse.question("queues")

        async def comes(name: str) -> float:
            """In how many seconds queues, which were quiet, are asked for once this has come."""
            await driver.settled()
            queues.next_at, queues.alike = driver.clock.ticks() + 60, 40
            app.ask_now(name)
            await driver.settled()
            return queues.retry_in_s(driver.clock.ticks())

        assert await comes("runs") == 60
        driver.source.trigger("views/degree")
        assert await comes("runs") == 2
        driver.source.fail_with = "the ledger does not answer"
        assert await comes("assets") == 2

    drive(scenario)
