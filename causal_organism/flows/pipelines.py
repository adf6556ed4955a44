"""The flows: `async def` shells around synchronous operations in threads.

Async, because Prefect waits up to a second at the end of every synchronous flow for its heartbeat thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Failed

from causal_organism.deployments import FULL, INCREMENTAL, REFRESH, Pipeline
from causal_organism.errors import OrganismError, StoreError
from causal_organism.flows.asked import Asked, who_asked
from causal_organism.flows.pulses import take_in
from causal_organism.flows.steps import Steps
from causal_organism.flows.threads import in_thread
from causal_organism.operations.refresh import begin, finish
from causal_organism.ports import Organism
from causal_organism.settings import load_settings
from causal_organism.wiring import open_organism

PULSE_VIEWS = "tag:pulse"
EVERYTHING = "*"


def _policy(pipeline: Pipeline) -> dict[str, Any]:
    # Read at import: Prefect takes a flow's pause before a retry from its decorator only.
    scale = load_settings().retry_delay_scale
    return {
        "name": pipeline.flow,
        "description": pipeline.description,
        "retries": pipeline.retries,
        "retry_delay_seconds": pipeline.retry_delay_s * scale,
        "validate_parameters": True,
        "persist_result": False,
    }


@flow(**_policy(INCREMENTAL))
async def incremental_update_pipeline(actor: str | None = None) -> Any:
    """Take new interactions into the network, then refresh the incremental views once."""
    async with _opened(INCREMENTAL) as (organism, asked):
        await _supersede(organism, asked)
        lost = await take_in(organism, asked)
        answer = await _refresh(organism, asked, PULSE_VIEWS, allow_empty=True)
        return await _lost(organism, answer, lost) if lost else answer


@flow(**_policy(FULL))
async def full_analysis_pipeline(actor: str | None = None) -> Any:
    """Refresh whatever is out of date."""
    async with _opened(FULL) as (organism, asked):
        await _supersede(organism, asked)
        return await _refresh(organism, asked, EVERYTHING)


@flow(**_policy(REFRESH))
async def refresh_assets(selection: str, force: bool = False, full: bool = False, actor: str | None = None) -> Any:
    """Refresh a selection of assets."""
    async with _opened(REFRESH) as (organism, asked):
        return await _refresh(organism, asked, selection, force=force, full=full)


@asynccontextmanager
async def _opened(pipeline: Pipeline) -> AsyncIterator[tuple[Organism, Asked]]:
    asked = who_asked(pipeline)
    organism = await in_thread(open_organism)
    try:
        yield organism, asked
    finally:
        await in_thread(organism.close)


async def _supersede(organism: Organism, asked: Asked) -> None:
    """One run catches up for all that are due; without a deployment there is nothing to catch up with."""
    if asked.deployment is None:
        return
    with suppress(StoreError):  # it only saves work
        count = await in_thread(organism.orchestrator.supersede, asked.run)
        if count:
            get_run_logger().info(f"{count} runs that were due as well are cancelled: this one does their work")


async def _refresh(organism: Organism, asked: Asked, selection: str, **options: Any) -> Any:
    log = get_run_logger()
    run = await in_thread(
        begin,
        organism,
        selection,
        actor=asked.actor,
        trigger=asked.trigger,
        run=asked.run,
        deployment=asked.deployment,
        flow=asked.flow,
        log=log.info,
        **options,
    )
    log.info(f"{selection}: {len(run.steps)} to make" if run.steps else f"{selection}: everything is fresh")
    try:
        await Steps(run).make_all()
    except OrganismError as error:
        await in_thread(organism.ledger.end_run, run.id, "failed", at=organism.now(), error=error.message)
        raise
    except asyncio.CancelledError:
        finish(run, cancelled=True)
        raise
    document = await in_thread(finish, run)
    return _failed(_why(document), document) if document["outcome"] == "failed" else document


async def _lost(organism: Organism, answer: Any, lost: str) -> Any:
    """The run failed, whatever it made: interactions were lost. That is so for its retry too."""
    made: Any = answer.data if isinstance(answer, State) else answer
    document = {**made, "outcome": "failed"}
    why = "; ".join(filter(None, (lost, _why(document))))
    at = organism.now()
    await in_thread(organism.ledger.end_run, document["run"], "failed", at=at, error=why, document=document)
    return _failed(why, document)


def _failed(why: str, document: dict[str, Any]) -> State[Any]:
    """A state and not an exception: its message is what people read, and the document stays with it."""
    return Failed(message=why, data=document)


def _why(document: dict[str, Any]) -> str:
    """One line for the state of the run: what failed and why first, then what that blocks."""
    broken = [step for step in document["steps"] if step["outcome"] in ("failed", "rejected")]
    blocked = [step["key"] for step in document["steps"] if step["outcome"] == "blocked"]
    parts = [f"{step['key']} {step['outcome']}: {step['error']}" for step in broken]
    parts += [f"{each['key']} failed: {each['error']}" for each in document["observed"] if each.get("error")]
    if blocked:
        parts.append(f"blocked: {', '.join(blocked)}")
    return "; ".join(parts)
