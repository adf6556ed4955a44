"""The flows: `async def` shells around synchronous operations in threads.

Async, because Prefect waits up to a second at the end of every synchronous flow for its heartbeat thread.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.states import Cancelled, Failed

from causal_organism.deployments import EVERYTHING, FULL, INCREMENTAL, PULSE_VIEWS, REFRESH, Pipeline
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.engine.automation.evaluation import AUTOMATION, evaluate
from causal_organism.engine.automation.progressive import conclude_both, samples_to_enlarge
from causal_organism.engine.automation.run import begin_automated, conclude
from causal_organism.engine.cancelling import Cancellation
from causal_organism.engine.leases import run_lease
from causal_organism.engine.requests import Request
from causal_organism.engine.runs.endings import end, what_went_wrong
from causal_organism.engine.runs.refresh import RefreshRun, begin, finish
from causal_organism.errors import OrganismError, RunCancelledError, StoreError
from causal_organism.flows.asked import Asked, forgo_tries, is_last_try, log_foreign_run, who_asked
from causal_organism.flows.audits import audit
from causal_organism.flows.heartbeats import kept_alive
from causal_organism.flows.outages import outlast, outlasting
from causal_organism.flows.pulses import take_in
from causal_organism.flows.steps import Steps
from causal_organism.flows.telling import tell_error, tell_failures
from causal_organism.flows.threads import in_thread, to_its_end
from causal_organism.organism.projections.exports import export_heads
from causal_organism.organism.projections.verify_network import NETWORK
from causal_organism.platform.runs import readmit
from causal_organism.platform.workers.code import record_code
from causal_organism.platform.workers.graphs import import_graph
from causal_organism.ports import Organism
from causal_organism.settings import load_settings
from causal_organism.tracing import start_tracing
from causal_organism.wiring import open_organism

start_tracing()  # at import: Prefect begins the span of a flow before it runs any of its code

STOPPED = (asyncio.CancelledError, TerminationSignal)
"""What a flow's function sees of the signal that ends its process, depending on what it was at."""


def _flow(pipeline: Pipeline) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """The decorator of a pipeline's function: its name, its retries, and heartbeats until the last of them."""
    # Read at import: Prefect takes a flow's pause before a retry from its decorator only, and in whole seconds.
    pause_s = round(pipeline.retry_delay_s * load_settings().retry_delay_scale)

    def declare(function: Callable[..., Awaitable[Any]]) -> Any:
        return flow(
            name=pipeline.flow,
            description=pipeline.description,
            retries=pipeline.retries,
            retry_delay_seconds=pause_s,
            persist_result=False,
        )(kept_alive(pipeline, pause_s)(_cancelled_is_a_state(function)))

    return declare


def _cancelled_is_a_state(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Where the run finds itself cancelled before its process is ended, it ends so, and is not tried again."""

    @functools.wraps(function)
    async def ended(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        except RunCancelledError as error:
            return Cancelled(message=error.message, data=error.document)

    return ended


@_flow(INCREMENTAL)
async def incremental_update_pipeline(actor: str | None = None) -> Any:
    """Take new interactions into the network, refresh the incremental views once, then what automation chooses."""
    async with _opened(INCREMENTAL) as (organism, asked):
        await _supersede(organism, asked)
        lost = await take_in(organism, asked)
        if lost:  # what was lost does not come back by another try
            await forgo_tries()
        document = await _refresh(organism, asked, Request(PULSE_VIEWS, allow_empty=True), only_ready=True)
        document = await _automate(organism, asked, document)
        await outlasting(_export, organism)
        await tell_failures(organism, asked, document)
        return await _with_loss(organism, document, lost) if lost else _answer(document)


@_flow(FULL)
async def full_analysis_pipeline(actor: str | None = None) -> Any:
    """Compare the network with the archive, enlarge the samples that are not exact yet, then refresh whatever is out of
    date.
    """
    async with _opened(FULL) as (organism, asked):
        await _supersede(organism, asked)
        if NETWORK in organism.graph:
            await audit(organism, asked)
        samples = await _enlarge(organism, asked)
        rest = await _refresh(organism, asked, Request(EVERYTHING), only_ready=True)
        document = rest if samples is None else await outlasting(conclude_both, organism, samples, rest)
        await outlasting(export_heads, organism, views=True)
        await tell_failures(organism, asked, document)
        return _answer(document)


@_flow(REFRESH)
async def refresh_assets(
    selection: str,
    force: bool = False,  # noqa: FBT002 - Prefect gives parameters by name
    full: bool = False,  # noqa: FBT002 - Prefect gives parameters by name
    actor: str | None = None,
    partition: str | None = None,
    config: dict[str, Any] | None = None,
) -> Any:
    """Refresh a selection of assets, or of their partitions; `config` sets parameters of theirs that have a default."""
    async with _opened(REFRESH) as (organism, asked):
        request = Request(selection, partition, force=force, full=full, config=config or {})
        document = await _refresh(organism, asked, request)
        await outlasting(_export, organism)
        await tell_failures(organism, asked, document)
        return _answer(document)


@asynccontextmanager
async def _opened(pipeline: Pipeline) -> AsyncIterator[tuple[Organism, Asked]]:
    asked = who_asked(pipeline)
    organism = await in_thread(open_organism)
    alive = ExitStack()
    try:
        if asked.deployment is not None:
            await outlasting(import_graph, organism)
        await outlasting(_require_own_values, organism)
        if asked.deployment is not None:
            await outlasting(record_code, organism)
        await in_thread(log_foreign_run, organism, asked)
        if asked.deployment is None:  # in somebody's own process: while it lives, nobody takes the run for crashed
            await in_thread(alive.enter_context, organism.ledger.hold(run_lease(asked.run), "", asked.run))
        asked = replace(
            asked, cancellation=Cancellation(functools.partial(organism.orchestrator.is_cancelled, asked.run))
        )
        if asked.tries > 1:
            await outlasting(readmit, organism, asked.run)
        yield organism, asked
    except STOPPED:
        asked.cancellation.cancel()  # threads go on until the process ends
        raise
    except RunCancelledError:  # somebody wanted it
        raise
    except Exception as error:  # whatever it is: it goes on to Prefect, and nobody else would tell of it
        await tell_error(organism, asked, error)
        raise
    finally:
        await in_thread(alive.close)
        await in_thread(organism.close)


def _require_own_values(organism: Organism) -> None:
    organism.values.require_own()


def _export(organism: Organism) -> None:
    organism.export()


async def _supersede(organism: Organism, asked: Asked) -> None:
    """One run catches up for all that are due; without a deployment there is nothing to catch up with."""
    if asked.deployment is None:
        return
    with suppress(StoreError):  # it only saves work
        count = await in_thread(organism.orchestrator.supersede, asked.run)
        if count:
            get_run_logger().info(f"{count} runs that were due as well are cancelled: this one does their work")


async def _enlarge(organism: Organism, asked: Asked) -> RefreshDocument | None:
    samples = await outlasting(samples_to_enlarge, organism)
    return await _refresh(organism, asked, Request(", ".join(samples), force=True)) if samples else None


async def _automate(organism: Organism, asked: Asked, document: RefreshDocument) -> RefreshDocument:
    """Make what automation chooses, in the same run; one document of both parts."""
    evaluation = await outlasting(evaluate, organism, asked.origin(get_run_logger()))
    if not evaluation.decisions:
        return document
    for key, decision in evaluation.decisions.items():
        get_run_logger().info(f"automation of {key}: {'make it, because ' if decision.run else ''}{decision.because}")
    made = None
    if evaluation.to_make:
        chosen = replace(asked, trigger=AUTOMATION)
        made = await _refresh(
            organism, chosen, Request(evaluation.selection), start=begin_automated, looked=evaluation.observations,
            refs=evaluation.refs,
        )  # fmt: skip
    return await outlasting(conclude, organism, evaluation, document, made)


async def _refresh(
    organism: Organism, asked: Asked, request: Request, *, start: Callable[..., RefreshRun] = begin, **options: Any
) -> RefreshDocument:
    log = get_run_logger()
    run = await outlasting(start, organism, request, asked.origin(log), **options)
    log.info(f"{request.selection}: {len(run.steps)} to make" if run.steps else f"{request.selection}: all is fresh")
    try:
        await Steps(run, organism).make_all()
    except RunCancelledError as error:
        document = await to_its_end(finish, run, cancelled=True)
        raise RunCancelledError(error.message, document=document) from error
    except OrganismError as error:
        await to_its_end(organism.ledger.end_run, run.id, "failed", at=organism.now(), error=error.message)
        raise
    except STOPPED:
        finish(run, cancelled=True)
        raise
    return await to_its_end(outlast, organism, lambda: finish(run))


async def _with_loss(organism: Organism, document: RefreshDocument, lost: str) -> State[Any]:
    """The run failed, whatever it made: interactions were lost. That is so for its retry too."""
    document = {**document, "outcome": "failed"}
    await to_its_end(end, organism, document, because=lost)
    return _failed("; ".join(filter(None, (lost, what_went_wrong(document)))), document)


def _answer(document: RefreshDocument) -> RefreshDocument | State[Any]:
    return _failed(what_went_wrong(document) or "failed", document) if document["outcome"] == "failed" else document


def _failed(why: str, document: RefreshDocument) -> State[Any]:
    """At the last try a state and not an exception: its message is what people read, and the document stays with it.

    Before that an exception: Prefect tries a flow again only after one, and ends in a muddle after a failed state.
    """
    if not is_last_try():
        raise OrganismError(why)
    return Failed(message=why, data=document)
