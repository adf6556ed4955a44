"""Work of a flow in threads that are used again."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

from causal_organism.flows.threads import Threads, to_its_end
from tests.waiting import PATIENCE_S

NAME = contextvars.ContextVar("NAME", default="none")


def test_calls_after_each_other_share_a_thread_and_calls_at_once_do_not() -> None:
    threads, both = Threads(), threading.Barrier(2)

    def meet() -> int:
        both.wait(timeout=PATIENCE_S)
        return threading.get_ident()

    async def work() -> tuple[list[int], list[int]]:
        after = [await threads.call(threading.get_ident) for _ in range(5)]
        at_once = await asyncio.gather(threads.call(meet), threads.call(meet))
        threads.close()
        return after, list(at_once)

    after, at_once = asyncio.run(work())
    assert len(set(after)) == 1
    assert len(set(at_once)) == 2


def test_a_call_sees_the_context_of_its_caller_and_its_error_comes_back() -> None:
    threads = Threads()

    def fail() -> None:
        raise ValueError(NAME.get())

    async def work() -> None:
        NAME.set("first")
        assert await threads.call(NAME.get) == "first"
        NAME.set("second")
        with pytest.raises(ValueError, match="second"):
            await threads.call(fail)
        threads.close()

    asyncio.run(work())


def test_closed_threads_end_with_what_they_are_at() -> None:
    threads, go, ended = Threads(), threading.Event(), threading.Event()
    found: list[threading.Thread] = []

    def last() -> None:
        found.append(threading.current_thread())
        go.wait(timeout=PATIENCE_S)
        ended.set()

    async def work() -> None:
        task = asyncio.create_task(threads.call(last))
        await asyncio.sleep(0)
        task.cancel()
        threads.close()

    asyncio.run(work())
    go.set()
    assert ended.wait(timeout=PATIENCE_S)
    found[0].join(timeout=PATIENCE_S)
    assert not found[0].is_alive()


def test_what_is_written_down_is_written_although_the_caller_is_told_to_stop() -> None:
    begun, go, written = threading.Event(), threading.Event(), []

    def write() -> None:
        begun.set()
        go.wait(PATIENCE_S)
        written.append("its answer")

    async def run() -> None:
        writing = asyncio.ensure_future(to_its_end(write))
        await asyncio.to_thread(begun.wait, PATIENCE_S)
        writing.cancel()
        threading.Timer(0.1, go.set).start()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert written == ["its answer"]

    asyncio.run(run())
