"""Drives a console without a terminal, on the scripted organism and a clock that a test moves."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.pilot import Pilot

from tests.waiting import PATIENCE_S
from tui.app import ConsoleApp
from tui.demo.source import DemoSource
from tui.source import Place
from tui.widgets.paint import Paint

NARROW, WIDE = (80, 24), (120, 36)
START = datetime(2026, 2, 16, 12, 3, 41, tzinfo=UTC)


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def ticks(self) -> float:
        return (self.time - START).total_seconds()

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Driver:
    """A running console: keys in, text of the screen out."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None], source: DemoSource, clock: Clock):
        self.app = app
        self.pilot = pilot
        self.source = source
        self.clock = clock

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.app.keyboard.rested()
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def until(self, seen: str | Callable[[], object]) -> None:
        """Wait until a text is on the screen, or something is so."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if seen in self.text() if isinstance(seen, str) else seen():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"not seen in time: {seen}\n{self.text()}")

    async def settled(self) -> None:
        """Wait until every question that is out was answered, and the answers are shown."""
        await self.until(lambda: not self.is_asking() and not self.app._presenting)
        await self.pilot.pause()

    def is_asking(self) -> bool:
        return any(each.asked_at is not None for each in self.app.pulse.questions.values())

    async def dialog(self, title: str) -> None:
        """Wait until a dialog is there and takes keys."""
        await self.until(title)
        await self.until(lambda: getattr(self.app.screen, "armed", False))
        await self.pilot.pause()

    def text(self) -> str:
        """The screen as lines of text, without blanks at their ends and without the measured time of answers."""
        lines = [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]
        return re.sub(r"api (<?\d+ms|-) *", lambda found: "api ?".ljust(len(found[0])), "\n".join(lines))

    def raw_lines(self) -> list[str]:
        return [strip.text for strip in self.app.screen._compositor.render_strips()]


def drive(
    scenario: Callable[[Driver], Awaitable[None]],
    *,
    size: tuple[int, int] = WIDE,
    hostile: bool = False,
    read_only: bool = False,
    production: bool = False,
    refused: dict[str, str] | None = None,
    ascii_only: bool = False,
    source: Any = None,
    clock: Clock | None = None,
    app: type[ConsoleApp] = ConsoleApp,
) -> None:
    """Run a scenario against a console of this size."""
    clock = clock or Clock()
    source = source or DemoSource(clock, hostile=hostile, refused=refused)
    place = Place(context="home", actor="ana@ops", read_only=read_only, production=production)
    console = app(lambda: source, place, now=clock, ticks=clock.ticks, paint=Paint(ascii_only=ascii_only))

    async def run() -> None:
        async with console.run_test(size=size) as pilot:
            driver = Driver(console, pilot, source, clock)
            await driver.until(
                lambda: console.as_of is not None or bool(console.pulse.lost(tuple(console.pulse.questions)))
            )
            await pilot.pause()
            await scenario(driver)

    asyncio.run(run())


def asked(driver: Driver) -> dict[str, int]:
    """How often each document was asked for."""
    return dict(driver.source.asked)


async def beats(driver: Driver, number: int) -> None:
    """Let the console's second go by some times, without waiting for it."""
    for _ in range(number):
        await driver.settled()
        frame = driver.app.frame
        for name, _ in frame.requests() if frame is not None else ():
            question = driver.app.pulse.question(name)
            question.next_at = min(question.next_at, driver.clock.ticks()) or -1.0  # due, but not hurried for
        driver.app.beat()
        await driver.settled()
