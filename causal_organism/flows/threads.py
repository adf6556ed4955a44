"""Synchronous work in threads that do not hold up the end of their process."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_LONGEST_S = 5.0  # well within the time that Prefect leaves a process that it ends
_Work = Callable[[], Callable[[], None]]  # does it, and gives what tells the caller


class Threads:
    """Daemon threads that are used again: to start one costs 1 ms. Close it when there will be no more work.

    A cancelled run's process would wait for the threads of asyncio.to_thread until Prefect kills it, 30 s later.
    What is left unfinished holds nothing: stores commit at once or not at all, and leases expire.
    """

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[_Work | None]] = []
        self._guard = threading.Lock()
        self._closed = False

    async def call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `call` gives, computed in a thread with the caller's context."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()

        def settle(result: Any, error: BaseException | None) -> None:
            if done.cancelled():
                return
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        def work() -> Callable[[], None]:
            result, failure = None, None
            try:
                result = context.run(call, *args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is awaited
                failure = error  # whatever it is, it belongs to the caller

            def tell() -> None:
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(settle, result, failure)

            return tell

        self._thread(getattr(call, "__name__", "work")).put(work)
        return await done

    def close(self) -> None:
        """Let the threads end, each with what it is at."""
        with self._guard:
            self._closed = True
            for each in self._idle:
                each.put(None)
            self._idle.clear()

    def _thread(self, name: str) -> SimpleQueue[_Work | None]:
        with self._guard:
            if self._idle:
                return self._idle.pop()
        mine: SimpleQueue[_Work | None] = SimpleQueue()
        threading.Thread(target=self._work, args=(mine,), name=name, daemon=True).start()
        return mine

    def _work(self, mine: SimpleQueue[_Work | None]) -> None:
        while (work := mine.get()) is not None:
            tell = work()
            with self._guard:  # idle before it tells: who is told may have the next work at once
                closed = self._closed
                if not closed:
                    self._idle.append(mine)
            tell()
            if closed:
                return
            del work, tell  # or they would keep what was worked on until the next


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `Threads.call`, in a thread of its own."""
    threads = Threads()
    try:
        return await threads.call(call, *args, **kwargs)
    finally:
        threads.close()


async def to_its_end(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_thread`, but the call also ends (or goes on for 5 s) where the caller is told to stop meanwhile."""
    ended = threading.Event()

    def called() -> T:
        try:
            return call(*args, **kwargs)
        finally:
            ended.set()

    try:
        return await in_thread(called)
    except BaseException:
        ended.wait(_LONGEST_S)
        raise
