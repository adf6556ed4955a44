"""Runs a plan: one Prefect task per asset, named by its key, with the retry class of the asset."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.states import Failed
from prefect.tasks import Task

from causal_organism.assets.definitions import Retry
from causal_organism.assets.planner import Place
from causal_organism.errors import OrganismError, StoreError
from causal_organism.flows.asset_events import emit_asset_events
from causal_organism.flows.threads import Threads
from causal_organism.operations.making import NOT_WELL, ComputeError, StepOutcome
from causal_organism.operations.refresh import RefreshRun, make_step
from causal_organism.operations.waves import jobs_of, work_together

JITTER = 0.3  # a pause before a retry differs by up to this share, so that failed runs do not come back all at once
_MOST_TRIES_SEEN = 1_000
_LINES = 20  # partitions told one by one in a task's log


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether another try may help: a store broke off, or the author names this kind of error."""
    error = state.data
    return isinstance(error, StoreError) or (isinstance(error, ComputeError) and error.retryable)


def retry_options(retry: Retry, scale: float) -> dict[str, Any]:
    """Prefect's options for a retry class."""
    delay_s = retry.delay_s * scale
    return {
        "retries": retry.times,
        "retry_delay_seconds": delay_s or None,
        "retry_jitter_factor": JITTER if retry.jitter and delay_s else None,
        "retry_condition_fn": is_transient,
    }


class Steps:
    """The steps of one run. One is made at a time, or as many as the setting `parallel_steps` allows; while one waits
    to be tried again, others go on.

    All partitions of an asset are one task. A task begins when every task of the plan that it depends on has ended,
    well or not; what is made together is made by the first of its tasks.
    """

    def __init__(self, run: RefreshRun):
        self._run = run
        self._places: dict[str, list[str]] = {}
        for step in run.steps:
            self._places.setdefault(step.key, []).append(step.partition)
        self._parallel = run.organism.settings.parallel_steps
        self._turns = asyncio.Semaphore(self._parallel)
        self._having_turn: set[str] = set()
        self._threads = Threads()
        self._tasks: dict[Retry, Any] = {}
        self._stopped: OrganismError | None = None

    async def make_all(self) -> None:
        """Raises what stopped the run: a lease that somebody else holds, or a ledger that is gone."""
        running: dict[str, asyncio.Task[None]] = {}
        for key in self._places:
            before = [running[each] for each in self._nearest_before(key) if each in running]
            running[key] = asyncio.create_task(self._make_after(before, key))
        try:
            await asyncio.gather(*running.values())
        finally:
            self._threads.close()
        if self._stopped:
            raise self._stopped

    def _nearest_before(self, key: str) -> set[str]:
        """Assets of the plan that this one comes after, without those that it comes after because of others."""
        graph, found = self._run.organism.graph, set(self._run.organism.graph[key].outputs) - {key}
        seen, open_keys = {key, *found}, [key, *found]
        while open_keys:
            for other in graph.upstream(open_keys.pop()):
                if other in seen:
                    continue
                seen.add(other)
                if other in self._places:
                    found.add(other)
                else:
                    open_keys.append(other)
        return found

    async def _make_after(self, before: Iterable[asyncio.Task[None]], key: str) -> None:
        for each in before:
            await each
        await self._take_turn(key)
        try:
            if self._stopped is None:
                await self._step(key)
        finally:
            self._give_turn(key)

    async def _step(self, key: str) -> None:
        state: State[Any] = await self._task(self._run.organism.graph[key].retry)(key, return_state=True)
        if self._left(key) and self._stopped is None:
            cause = state.data if isinstance(state.data, OrganismError) else None
            self._stopped = cause or OrganismError(f"{key}: {state.message}")

    def _task(self, retry: Retry) -> Any:
        """The task of a retry class: to declare one takes 2 ms, in which Prefect reads source files."""
        # Any: Prefect's types take an awaited state for a finished one
        if retry not in self._tasks:
            self._tasks[retry] = task(
                name="make",
                task_run_name="{key}",
                cache_policy=NO_CACHE,
                persist_result=False,
                **retry_options(retry, self._run.organism.settings.retry_delay_scale),
            )(self._attempt)
        return self._tasks[retry]

    async def _attempt(self, key: str) -> Any:
        """One try, with the turn held for as long as it computes; it goes on with the partitions that are left."""
        await self._take_turn(key)
        try:
            last = _tries() > self._run.organism.graph[key].retry.times
            if self._parallel == 1:
                for partition in self._left(key):
                    outcome = await self._threads.call(make_step, self._run, key, partition, attempt_is_last=last)
                    emit_asset_events(self._run, outcome)
            else:
                await self._make_together(key, attempt_is_last=last)
        finally:
            self._give_turn(key)
        return _answer([self._run.outcomes[key, partition] for partition in self._places[key]])

    async def _make_together(self, key: str, *, attempt_is_last: bool) -> None:
        left = self._left(key)

        def make(place: Place) -> None:
            make_step(self._run, *place, attempt_is_last=attempt_is_last)

        try:
            await self._threads.call(
                work_together, jobs_of(self._run.organism.graph, [key], left), make, self._parallel
            )
        finally:
            for partition in left:
                if (key, partition) in self._run.outcomes:
                    emit_asset_events(self._run, self._run.outcomes[key, partition])

    def _left(self, key: str) -> list[str]:
        """Partitions of the plan that have not ended."""
        return [each for each in self._places[key] if (key, each) not in self._run.outcomes]

    async def _take_turn(self, key: str) -> None:
        if key not in self._having_turn:
            await self._turns.acquire()
            self._having_turn.add(key)

    def _give_turn(self, key: str) -> None:
        if key in self._having_turn:
            self._having_turn.remove(key)
            self._turns.release()


def _answer(outcomes: list[StepOutcome]) -> Any:
    """The task's result: a failed state where a partition did not go well. Its message is what people read."""
    unwell = [each for each in outcomes if each.outcome in NOT_WELL]
    if not unwell:
        for each in outcomes[:_LINES]:
            get_run_logger().info(describe(each))
        if len(outcomes) > _LINES:
            get_run_logger().info(f"{outcomes[0].key}: {len(outcomes)} partitions done")
        return describe(outcomes[-1]) if len(outcomes) == 1 else f"{len(outcomes)} partitions"
    more = f"; and {len(unwell) - 1} more of {len(outcomes)} partitions" if len(unwell) > 1 else ""
    return Failed(message=describe(unwell[0]) + more)  # Prefect logs it


def describe(outcome: StepOutcome) -> str:
    """`views/degree made @12 in 0.31 s`, or why not."""
    if outcome.error:
        return f"{outcome.name} {outcome.outcome}: {outcome.error}"
    version = "" if outcome.version is None else f" @{outcome.version}"
    seconds = "" if outcome.seconds is None else f" in {outcome.seconds:.2f} s"
    return f"{outcome.name} {outcome.outcome}{version}{seconds}"


def _tries() -> int:
    """Which try of this task run this is, from 1."""
    context = TaskRunContext.get()
    return context.task_run.run_count if context else _MOST_TRIES_SEEN
