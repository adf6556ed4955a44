"""A worker that tells what it can import, and ends well: told to stop, it takes no more runs, and lets those that go on
come to their end.

Prefect's own takes SIGTERM for Ctrl-C: every run that goes on is cut off, to be resumed by another worker.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
from prefect.settings import PREFECT_WORKER_HEARTBEAT_SECONDS
from prefect.workers.process import ProcessWorker

from causal_organism.flows.worker_reports import Reports, this_process
from causal_organism.platform.workers.reports import Teller
from causal_organism.wiring import open_organism

MOST_RUNS = 1_000
TO_SAY_S = 10.0
"""What a run that is cut off has to write down how it ended."""

_LOOK_S = 0.2

_log = logging.getLogger(__name__)


def work(pool: str, queues: Sequence[str], *, name: str | None, limit: int | None, grace_s: float) -> None:
    """Serve until SIGTERM or SIGINT, then for `grace_s` at most until no run goes on. A second signal ends it now."""
    worker = ProcessWorker(
        work_pool_name=pool,
        work_queues=list(queues) or None,
        name=name,
        limit=limit or MOST_RUNS,
        heartbeat_interval_seconds=int(PREFECT_WORKER_HEARTBEAT_SECONDS.value()),
        create_pool_if_not_found=False,
    )
    with open_organism() as organism:
        reports = Reports(organism, Teller(pool=pool, worker=worker.name, instance=this_process(), queues=queues))
        asyncio.run(_Serving(worker, reports).serve(grace_s))
        reports.end()


class _Serving:
    """A worker at work, with the processes of its runs."""

    def __init__(self, worker: Any, reports: Reports):
        self._worker = worker
        self._reports = reports
        self._take_runs, self._run = worker.get_and_submit_flow_runs, worker.run
        self._processes: set[int] = set()
        self._stopping, self._at_once = anyio.Event(), anyio.Event()
        worker.get_and_submit_flow_runs, worker.run = self._take_unless_stopping, self._run_noted

    async def serve(self, grace_s: float) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._told_to_stop)
        async with anyio.create_task_group() as group:
            group.start_soon(partial(self._worker.start, with_healthcheck=True))
            group.start_soon(self._reports.go_on)
            await self._stopping.wait()
            _log.warning("told to stop: no more runs are taken, %s go on", self._going_on)
            await self._until_ended(grace_s)
            if self._going_on:
                _log.warning("%s runs did not end in time: they are cut off, and resumed elsewhere", self._going_on)
            for number in (signal.SIGTERM, signal.SIGKILL):
                self._signal(number)
                await self._until_ended(TO_SAY_S, whatever_comes=True)
            group.cancel_scope.cancel()

    @property
    def _going_on(self) -> int:
        return int(self._worker.limiter.borrowed_tokens)

    def _told_to_stop(self) -> None:
        (self._at_once if self._stopping.is_set() else self._stopping).set()

    async def _until_ended(self, limit_s: float, *, whatever_comes: bool = False) -> None:
        deadline = time.monotonic() + limit_s
        while self._going_on and time.monotonic() < deadline and (whatever_comes or not self._at_once.is_set()):
            await anyio.sleep(_LOOK_S)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.kill(process, number)

    async def _take_unless_stopping(self) -> list[Any]:
        return [] if self._stopping.is_set() else list(await self._take_runs())

    async def _run_noted(self, *args: Any, task_status: Any = anyio.TASK_STATUS_IGNORED, **options: Any) -> Any:
        noted = _Noted(task_status, self._processes)
        try:
            return await self._run(*args, task_status=noted, **options)
        finally:
            self._processes.discard(noted.process)


class _Noted:
    """Of a run that begins: tells its process, and notes it."""

    def __init__(self, inner: Any, processes: set[int]):
        self._inner = inner
        self._processes = processes
        self.process = 0

    def started(self, process: int) -> None:
        self.process = process
        self._processes.add(process)
        self._inner.started(process)
