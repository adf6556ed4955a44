"""Outages of servers that somebody starts again: a run waits them out, and loses seconds instead of a try."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from causal_organism.errors import NotRunningError, StoreError
from causal_organism.flows.threads import in_thread
from causal_organism.ports import Organism

T = TypeVar("T")

LONGEST_S = 45.0
"""So long a server has to come back. What takes longer is left to the next try, a minute or more later."""

_LOOK_S = 0.5

_log = logging.getLogger(__name__)


def outlast(organism: Organism, call: Callable[[], T]) -> T:
    """What `call` gives. Where it breaks off and a server is found to be away, it is made again once all are back: it
    has to bear that.

    Raises StoreError where no server is away, or one stays away.
    """
    while True:
        try:
            return call()
        except StoreError as error:
            if isinstance(error, NotRunningError) or not _was_away(organism):
                raise
            _log.warning("all servers answer again, so what broke off is made again: %s", error.message)


async def outlasting(call: Callable[..., T], organism: Organism, *args: Any, **options: Any) -> T:
    """The same of `call(organism, …)`, in a thread."""
    return await in_thread(outlast, organism, lambda: call(organism, *args, **options))


def _was_away(organism: Organism) -> bool:
    """A server was away, and all answer now: comes back when they do, at the latest after the limit."""
    if _all_answer(organism):
        return False
    deadline = time.monotonic() + LONGEST_S * min(organism.settings.retry_delay_scale, 1.0)
    while time.monotonic() < deadline:
        time.sleep(_LOOK_S)
        if _all_answer(organism):
            return True
    return False


def _all_answer(organism: Organism) -> bool:
    ask_each: tuple[Callable[[], object], ...] = (
        organism.ledger.clock, organism.stream.state, organism.network.position, organism.orchestrator.health,
    )  # fmt: skip
    for ask in ask_each:
        try:
            ask()
        except NotRunningError:  # none is configured
            continue
        except StoreError:
            return False
    return True
