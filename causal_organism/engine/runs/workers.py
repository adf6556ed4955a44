"""Makes the jobs of a plan in threads: each as soon as what it comes after has ended."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from causal_organism.assets.keys import AssetRef
from causal_organism.engine.runs.ready import Job, Order, ready

_LOOK_S = 0.1  # a thread that is joined without end cannot be interrupted


def work(order: Order[str], jobs: Mapping[str, Sequence[Job]], make: Callable[[AssetRef], None], parallel: int) -> None:
    """Do the jobs of each key in so many threads at once, those that stand first in `order` first.

    With one thread, or one job, it is the caller's own. After an error or ^C nothing further is begun; the first error
    is raised once what was begun beside it has ended.
    """
    total = sum(map(len, jobs.values()))
    line = _Line(order, jobs, make)
    if parallel == 1 or total <= 1:
        line.work()
    else:
        # Daemons: a process that was interrupted does not wait for them; what is left unfinished holds nothing.
        threads = [
            threading.Thread(target=line.work, daemon=True, name=f"step {at}") for at in range(min(parallel, total))
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_LOOK_S)
        finally:
            line.stop()
    if line.error is not None:
        raise line.error


class _Line:
    """Jobs that may begin, in order; the rest come in as keys end."""

    def __init__(self, order: Order[str], jobs: Mapping[str, Sequence[Job]], make: Callable[[AssetRef], None]):
        self.error: BaseException | None = None
        self._order = order
        self._jobs = jobs
        self._make = make
        self._places = {key: at for at, key in enumerate(order.before)}
        self._left = {key: len(each) for key, each in jobs.items()}
        self._ended: set[str] = set()
        self._queue: list[tuple[int, int, str]] = []  # place of the key, which of its jobs, key
        self._changed = threading.Condition()
        self._stopped = False
        self._add(ready(order, self._ended))

    def work(self) -> None:
        """Take jobs until there are no more, or something stopped the work."""
        while (taken := self._take()) is not None:
            key, job = taken
            try:
                for ref in job:
                    if self._stopped:
                        break
                    self._make(ref)
            except BaseException as error:  # noqa: BLE001 - it is raised again where the work was begun
                self.error = self.error or error
                self.stop()
            self._end(key)

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _take(self) -> tuple[str, Job] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._stopped or len(self._ended) == len(self._places))
            if self._stopped or not self._queue:
                return None
            _, at, key = heapq.heappop(self._queue)
            return key, self._jobs[key][at]

    def _end(self, key: str) -> None:
        with self._changed:
            self._left[key] -= 1
            if self._left[key] == 0:
                self._add(self._after(key))
            self._changed.notify_all()

    def _after(self, key: str) -> tuple[str, ...]:
        self._ended.add(key)
        return ready(self._order, self._ended, since=(key,))

    def _add(self, keys: Iterable[str]) -> None:
        open_keys = list(keys)
        while open_keys:
            key = open_keys.pop()
            for at in range(self._left[key]):
                heapq.heappush(self._queue, (self._places[key], at, key))
            if self._left[key] == 0:
                open_keys += self._after(key)
