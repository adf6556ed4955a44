"""Keys one after the other: each comes to the screen that the one before it led to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from textual.app import App, ScreenStackError
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.message_pump import MessagePump
from textual.screen import Screen

PATIENCE_S = 2.0
"""How long a key waits at most for what the one before it began: a defect there must not lock the keyboard."""


class Keyboard:
    """A key goes through the queues of the widgets that it passes, and so do the messages that it makes them send; a
    screen that it opens is built meanwhile. Whatever is typed behind it waits until all of that is done: else it would
    come to the screen that is being left, or to one that has no widgets yet, and be lost.
    """

    def __init__(self, app: App[Any]):
        self._app = app
        self._waiting: deque[Key | Paste] = deque()
        self._passing: Key | Paste | None = None  # its turn has come
        self._from: DOMNode | None = None  # the widget that got the last one
        self._screen: Screen[Any] | None = None  # that this was on
        self._task: asyncio.Task[None] | None = None

    def passes(self, event: Key | Paste) -> bool:
        """Whether it is this one's turn; if not, it is posted again when it is."""
        if event is not self._passing:
            if self._task is not None or self._waiting or not self._is_built():
                self._waiting.append(event)
                self._start()
                return False
            self._start()
        self._passing = None
        with suppress(ScreenStackError):
            self._screen = self._app.screen
            self._from = self._app.focused or self._screen
        return True

    @property
    def is_behind(self) -> bool:
        """Whether something was typed that the console has not come to."""
        return bool(self._waiting)

    async def rested(self) -> None:
        """Wait until everything that was typed is done."""
        while self._task is not None:
            await asyncio.wait([self._task])

    def close(self) -> None:
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._go_on(), name="keyboard")

    async def _go_on(self) -> None:
        """Until nothing waits any more."""
        try:
            await self._done()
            while self._waiting:
                self._passing = self._waiting.popleft()
                self._app.post_message(self._passing)
                await self._done()
        finally:
            self._task = None

    async def _done(self) -> None:
        """Wait until what the last key began is done."""
        with suppress(TimeoutError, ScreenStackError):
            async with asyncio.timeout(PATIENCE_S):
                await _emptied([self._app])  # the key is with the widget that has the focus
                way = list(self._from.ancestors_with_self) if self._from is not None else []
                await _emptied(way)  # it came up to the app, and did what it does
                await _emptied(way)  # and so did what the widget sent because of that
                while not self._is_built() or self._screen is not self._app.screen:
                    self._screen = self._app.screen
                    await _shown(self._screen)
                await _emptied([self._app])  # whatever was given the focus has it

    def _is_built(self) -> bool:
        try:
            return self._app.screen.is_mounted
        except ScreenStackError:
            return False


async def _emptied(pumps: Iterable[MessagePump]) -> None:
    """Wait until each in turn has worked off what it was sent before; one that is being closed will not any more."""
    for pump in pumps:
        done = asyncio.Event()
        if pump.call_later(done.set):
            await done.wait()


async def _shown(screen: Screen[Any]) -> None:
    """Wait until it is built, and what was to be done after its next picture is done."""
    built: asyncio.Event = screen._mounted_event
    done = asyncio.Event()
    await built.wait()
    if screen.call_after_refresh(done.set):
        await done.wait()
