"""Synchronous work in a thread that does not hold up the end of its process."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `call` gives, computed in a daemon thread with the caller's context.

    asyncio.to_thread would do, but a cancelled run's process waits for its threads until Prefect kills it, 30 s later.
    What is left unfinished holds nothing: stores commit at once or not at all, and leases expire.
    """
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

    def work() -> None:
        result, failure = None, None
        try:
            result = context.run(call, *args, **kwargs)
        except BaseException as error:
            failure = error  # whatever it is, it belongs to the caller
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, name=getattr(call, "__name__", "work"), daemon=True).start()
    return await done
