"""Waiting for what other processes and threads do in their own time, which on a busy machine is a long one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 150.0
"""For anything that is sure to come. A test that fails waits so long; one that passes does not."""


def until(check: Callable[[], T | None], what: str = "it became true", *, within_s: float = PATIENCE_S) -> T:
    """What `check` gives once it is true."""
    deadline, pause_s = time.monotonic() + within_s, 0.02
    while not (found := check()):
        assert time.monotonic() < deadline, f"waited {within_s:.0f} s until {what}"
        time.sleep(pause_s)
        pause_s = min(0.2, 1.5 * pause_s)
    return found


def equal(look: Callable[[], object], expected: object, *, within_s: float = PATIENCE_S) -> None:
    """Look until it is what is expected. What arrives late is neither all there nor final when it is first seen."""
    deadline, pause_s = time.monotonic() + within_s, 0.02
    while (found := look()) != expected and time.monotonic() < deadline:
        time.sleep(pause_s)
        pause_s = min(0.2, 1.5 * pause_s)
    assert found == expected


@contextmanager
def meanwhile(step: Callable[[], object], *, every_s: float = 0.0) -> Iterator[None]:
    """In a thread of its own, `step` again and again until the block ends, each time after a pause."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(every_s):
            step()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
