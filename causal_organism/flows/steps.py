"""Runs a plan in Prefect tasks that are named by the keys they make, with the retry class of the asset.

Cheap neighbours share a task, which is tried once: what breaks off there is tried again in a task of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypedDict

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.states import Cancelled, Failed
from prefect.tasks import Task

from causal_organism.assets.definitions import Retry
from causal_organism.assets.keys import AssetRef
from causal_organism.assets.outcomes import NOT_WELL
from causal_organism.engine.faults import ComputeError
from causal_organism.engine.make import StepOutcome
from causal_organism.engine.runs.ready import before_each, jobs_of, order_of, partitions_by_key, ready
from causal_organism.engine.runs.refresh import RefreshRun, make_step
from causal_organism.engine.runs.workers import work
from causal_organism.errors import OrganismError, RunCancelledError, StoreError
from causal_organism.flows.asset_events import emit_asset_events
from causal_organism.flows.blocks import Block, blocks_of, seconds_of
from causal_organism.flows.outages import outlast
from causal_organism.flows.threads import Threads
from causal_organism.platform.task_names import name_of
from causal_organism.ports import Organism

JITTER = 0.3  # a pause before a retry differs by up to this share, so that failed runs do not come back all at once
_MOST_TRIES_SEEN = 1_000
_LINES = 20  # partitions told one by one in a task's log


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether another try may help: a store broke off, or the author names this kind of error."""
    return _may_pass(state.data)


def _may_pass(error: Any) -> bool:
    return isinstance(error, StoreError) or (isinstance(error, ComputeError) and error.retryable)


class RetryOptions(TypedDict):
    """Prefect's options of a task that is tried again."""

    retries: int
    retry_delay_seconds: float | None
    retry_jitter_factor: float | None
    retry_condition_fn: Callable[[Task[..., Any], TaskRun, State[Any]], bool]


def retry_options(retry: Retry, scale: float) -> RetryOptions:
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

    All partitions of an asset are one task, and so are several assets that by their history take less than the setting
    `block_ms` together (see blocks.py). A task begins when all of the plan that it depends on has ended, well or not;
    what is made together is made by the first of its tasks.
    """

    def __init__(self, run: RefreshRun, organism: Organism):
        self._run = run
        self._organism = organism  # all of it, for who waits until its servers are back
        self._places = partitions_by_key(run.steps)
        self._before = before_each(run.organism.graph, tuple(self._places))
        self._put_off: dict[str, OrganismError | None] = {}  # broke off in a block, with why; None: comes behind such
        self._parallel = run.organism.settings.parallel_steps
        self._turns = asyncio.Semaphore(self._parallel)
        self._having_turn: set[Block] = set()
        self._threads = Threads()
        self._tasks: dict[Retry, Any] = {}
        self._stopped: OrganismError | None = None

    async def make_all(self) -> None:
        """Raises what stopped the run: a lease that somebody else holds, a ledger that is gone, RunCancelledError."""
        limit_s = self._run.organism.settings.block_ms / 1000
        try:
            await self._make(blocks_of(self._before, seconds_of(self._run.organism.graph, self._run.steps), limit_s))
        finally:
            self._threads.close()
        if self._stopped:
            raise self._stopped

    async def _make(self, blocks: Iterable[Block]) -> None:
        """Make blocks, each once what it comes after among them has ended."""
        order = order_of(self._before_blocks(tuple(blocks)))
        ended: set[str] = set()
        running = {asyncio.ensure_future(self._make_block(block)): block for block in ready(order, ended)}
        try:
            while running:
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                keys = [key for each in done for key in running.pop(each)]
                for each in done:
                    each.result()
                ended.update(keys)
                following = ready(order, ended, since=keys)
                running |= {asyncio.ensure_future(self._make_block(block)): block for block in following}
        finally:
            for each in running:
                each.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _before_blocks(self, blocks: Sequence[Block]) -> dict[Block, frozenset[str]]:
        known = {key for block in blocks for key in block}
        return {
            block: frozenset(each for key in block for each in self._before[key] & known) - set(block)
            for block in blocks
        }

    async def _make_block(self, block: Block) -> None:
        await self._take_turn(block)
        try:
            if self._stopped is None:
                await self._step(block)
        finally:
            self._give_turn(block)
        put_off = [] if self._stopped else [key for key in block if self._left(key)]
        if put_off:
            await self._make((key,) for key in put_off)

    async def _step(self, block: Block) -> None:
        retry = self._run.organism.graph[block[0]].retry if len(block) == 1 else Retry()
        state: State[Any] = await self._task(retry)(name_of(block), block, return_state=True)
        left = [key for key in block if self._left(key) and key not in self._put_off]
        if left and self._stopped is None:
            cause = state.data if isinstance(state.data, OrganismError) else None
            self._stopped = cause or OrganismError(f"{left[0]}: {state.message}")

    def _task(self, retry: Retry) -> Any:
        """The task of a retry class: to declare one takes 2 ms, in which Prefect reads source files."""
        # Any: Prefect's types take an awaited state for a finished one
        if retry not in self._tasks:
            self._tasks[retry] = task(
                name="make",
                task_run_name="{name}",
                cache_policy=NO_CACHE,
                persist_result=False,
                **retry_options(retry, self._run.organism.settings.retry_delay_scale),
            )(self._attempt)
        return self._tasks[retry]

    async def _attempt(self, name: str, block: Block) -> Any:
        """One try, with the turn held for as long as it computes; it goes on with the partitions that are left.

        All of it in one thread, which begins nothing further when the run is cancelled.
        """
        await self._take_turn(block)
        stopped = threading.Event()
        try:
            if len(block) > 1:
                return await self._threads.call(self._attempt_each, block, stopped)
            error = self._put_off.pop(block[0], None)
            if error is not None:
                raise error  # in a block: that was its first try
            last = _tries() > self._run.organism.graph[block[0]].retry.times
            await self._threads.call(self._attempt_one, block[0], stopped, attempt_is_last=last)
        except RunCancelledError as error:
            self._stopped = error
            return Cancelled(message=error.message)
        finally:
            stopped.set()
            self._give_turn(block)
        return _answer(self._outcomes(block[0]))

    def _attempt_each(self, block: Block, stopped: threading.Event) -> Any:
        """One try of each asset: what breaks off, and what comes behind that, is put off for a task of its own."""
        outcomes: list[StepOutcome] = []
        for key in block:
            if self._before[key] & self._put_off.keys():
                self._put_off[key] = None
                continue
            last = self._run.organism.graph[key].retry.times == 0
            try:
                self._attempt_one(key, stopped, attempt_is_last=last)
            except OrganismError as error:
                if not _may_pass(error):
                    raise
                self._put_off[key] = error
                get_run_logger().warning(f"{key} goes on in a task of its own: {error.message}")
                continue
            if stopped.is_set():
                break
            _tell(self._outcomes(key))
            outcomes += self._outcomes(key)
        return _conclude(outcomes)

    def _attempt_one(self, key: str, stopped: threading.Event, *, attempt_is_last: bool) -> None:
        left, single = self._left(key), self._parallel == 1

        def make(ref: AssetRef) -> None:
            if stopped.is_set():
                return
            outcome = outlast(self._organism, lambda: make_step(self._run, *ref, attempt_is_last=attempt_is_last))
            if single:
                emit_asset_events(self._run, outcome)

        try:
            work(
                order_of({key: frozenset()}), {key: jobs_of(self._run.organism.graph, key, left)}, make, self._parallel
            )
        finally:
            for ref in () if single else ((key, each) for each in left):  # its threads know nothing of this task
                if ref in self._run.outcomes:
                    emit_asset_events(self._run, self._run.outcomes[ref])

    def _left(self, key: str) -> list[str]:
        """Partitions of the plan that have not ended."""
        return [each for each in self._places[key] if (key, each) not in self._run.outcomes]

    def _outcomes(self, key: str) -> list[StepOutcome]:
        return [self._run.outcomes[key, partition] for partition in self._places[key]]

    async def _take_turn(self, block: Block) -> None:
        if block not in self._having_turn:
            await self._turns.acquire()
            self._having_turn.add(block)

    def _give_turn(self, block: Block) -> None:
        if block in self._having_turn:
            self._having_turn.remove(block)
            self._turns.release()


def _answer(outcomes: list[StepOutcome]) -> Any:
    """The task's result: a failed state where a partition did not go well. Its message is what people read."""
    if not any(each.outcome in NOT_WELL for each in outcomes):
        _tell(outcomes)
    return _conclude(outcomes, "partitions")


def _conclude(outcomes: list[StepOutcome], many: str = "steps") -> Any:
    unwell = [each for each in outcomes if each.outcome in NOT_WELL]
    if not unwell:
        return describe(outcomes[-1]) if len(outcomes) == 1 else f"{len(outcomes)} {many}"
    more = f"; and {len(unwell) - 1} more of {len(outcomes)} {many}" if len(unwell) > 1 else ""
    return Failed(message=describe(unwell[0]) + more)  # Prefect logs it


def _tell(outcomes: list[StepOutcome]) -> None:
    """A line per partition of one asset, or one for many that went well."""
    log = get_run_logger()
    told = [each for each in outcomes if each.outcome in NOT_WELL] or outcomes
    for each in told[:_LINES]:
        (log.error if each.outcome in NOT_WELL else log.info)(describe(each))
    if len(told) > _LINES:
        log.info(f"{told[0].key}: {len(told)} partitions {'done' if told is outcomes else 'not done'}")


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
