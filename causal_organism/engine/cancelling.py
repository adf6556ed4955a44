"""Whether a run was cancelled: after that nothing more of it is published."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from causal_organism.errors import OrganismError, RunCancelledError

ASK_AFTER_S = 1.0
"""What took longer to make is worth the question whether the orchestrator has cancelled the run."""

_IN_FLIGHT_S = 5.0  # what a write to the ledger may take that had begun when the run was cancelled

_log = logging.getLogger(__name__)


class Cancellation:
    """Of one run, in this process.

    The ledger itself refuses to publish what it knows to be cancelled. Here is what only this process knows (it was
    told to stop), and what only the orchestrator knows (the run was cancelled there by its own means).
    """

    def __init__(self, asked_of: Callable[[], bool] | None = None, *, clock: Callable[[], float] = time.monotonic):
        self._asked_of = asked_of  # the orchestrator; None: nobody else knows this run
        self._clock = clock
        self._cancelled = False
        self._in_flight = 0
        self._changed = threading.Condition()
        self._asked_at = self._clock()
        self._thread = threading.local()  # `since`: when it began to make something; `writing`: to the ledger

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled

    @property
    def is_writing_here(self) -> bool:
        """Whether the calling thread is at a write that must not be broken off: its outcome would not be known."""
        return getattr(self._thread, "writing", False)

    def note(self) -> None:
        """Cancel without waiting for anything, as a signal's handler must."""
        self._cancelled = True

    def cancel(self) -> None:
        """From its return on this process publishes nothing of the run: what was being written has been."""
        self._cancelled = True
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight == 0, timeout=_IN_FLIGHT_S)

    def check(self) -> None:
        if self._cancelled:
            raise RunCancelledError("the run was cancelled")

    @contextmanager
    def making(self) -> Iterator[None]:
        """What is published inside was begun here. Raises RunCancelledError."""
        self.check()
        before, self._thread.since = self._since(), self._clock()
        try:
            yield
        finally:
            self._thread.since = before

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """One write of the run to the ledger, if the run was not cancelled. Raises RunCancelledError."""
        self._ask()
        self._thread.writing = True
        try:
            with self._counted():
                yield
        except RunCancelledError:  # the ledger knew
            self._cancelled = True
            raise
        finally:
            self._thread.writing = False

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._changed:
            self.check()
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _ask(self) -> None:
        since = self._since()
        if self._asked_of is None or self._cancelled or since is None:
            return
        now = self._clock()
        if now - max(since, self._asked_at) <= ASK_AFTER_S:
            return
        try:
            self._cancelled = self._asked_of() or self._cancelled
            self._asked_at = now
        except OrganismError as error:  # it is no reason to lose what was made
            _log.warning("not known whether the run was cancelled: error=%s", error.message)

    def _since(self) -> float | None:
        return getattr(self._thread, "since", None)


class Interrupts:
    """^C while a run is made in this process: it cancels the run, and is raised unless something is being written."""

    def __init__(self, cancellation: Cancellation):
        self._cancellation = cancellation
        self._put_off = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Where ^C has its usual meaning; elsewhere (another thread, another handler) it is left as it is."""
        usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if not usual or threading.current_thread() is not threading.main_thread():
            yield
            return
        signal.signal(signal.SIGINT, self._hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """While it lasts ^C is noted and not raised: how a run ends has to be written down."""
        self._put_off += 1
        try:
            yield
        finally:
            self._put_off -= 1

    def _hear(self, *_: Any) -> None:
        self._cancellation.note()
        if not (self._put_off or self._cancellation.is_writing_here):
            raise KeyboardInterrupt
