"""Keeps the leases that this process holds, all in one thread: starting one for each would cost more than the lease."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from causal_organism.ports import Lease

SHARE = 3  # renewals in the time that a lease lives
SHORTEST_S = 0.05  # between two renewals
IDLE_S = 1.0  # the thread ends when there was nothing to keep for this long


class LeaseKeeper:
    """Calls `renew(lease, ttl_s)` well before the end of each lease's time to live, until it is let go."""

    def __init__(self, renew: Callable[[Lease, float], None]):
        self._renew = renew
        self._changed = threading.Condition()
        self._due: dict[Lease, tuple[float, float]] = {}  # moment of the next renewal, time to live
        self._wake: float | None = None  # when the thread looks again; None: there is no thread

    def keep(self, lease: Lease, ttl_s: float) -> None:
        with self._changed:
            due = time.monotonic() + _pause(ttl_s)
            self._due[lease] = (due, ttl_s)
            if self._wake is None:
                self._wake = due
                threading.Thread(target=self._work, daemon=True, name="leases").start()
            elif due < self._wake:
                self._changed.notify()

    def let_go(self, lease: Lease) -> None:
        with self._changed:
            self._due.pop(lease, None)

    def _work(self) -> None:
        while (now_due := self._wait()) is not None:
            for lease, ttl_s in now_due:
                self._renew(lease, ttl_s)

    def _wait(self) -> list[tuple[Lease, float]] | None:
        """What is to be renewed, as soon as there is something; None after a while without any lease."""
        with self._changed:
            idle = False
            while True:
                now = time.monotonic()
                now_due = [(lease, ttl_s) for lease, (due, ttl_s) in self._due.items() if due <= now]
                for lease, ttl_s in now_due:
                    self._due[lease] = (now + _pause(ttl_s), ttl_s)
                if now_due:
                    return now_due
                if not self._due and idle:
                    self._wake = None
                    return None
                idle = not self._due
                self._wake = min((due for due, _ in self._due.values()), default=now + IDLE_S)
                self._changed.wait(self._wake - now)


def _pause(ttl_s: float) -> float:
    return max(ttl_s / SHARE, SHORTEST_S)
