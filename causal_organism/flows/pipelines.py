"""The flows: `async def` shells around synchronous operations in threads.

Async, because Prefect waits up to a second at the end of every synchronous flow for its heartbeat thread.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext
from prefect.states import Failed

from causal_organism.assets.definitions import RETRY_CLASSES
from causal_organism.deployments import FULL, INCREMENTAL, REFRESH, Pipeline
from causal_organism.errors import OrganismError, StoreError
from causal_organism.flows.asked import Asked, who_asked
from causal_organism.flows.steps import Steps, retry_options
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
    organism, asked = await _open(INCREMENTAL)
    await _supersede(organism, asked)
    await _pulse(organism, asked)
    return await _refresh(organism, asked, PULSE_VIEWS, allow_empty=True, only_ready=True)


@flow(**_policy(FULL))
async def full_analysis_pipeline(actor: str | None = None) -> Any:
    """Refresh whatever is out of date."""
    organism, asked = await _open(FULL)
    await _supersede(organism, asked)
    return await _refresh(organism, asked, EVERYTHING, only_ready=True)


@flow(**_policy(REFRESH))
async def refresh_assets(selection: str, force: bool = False, full: bool = False, actor: str | None = None) -> Any:
    """Refresh a selection of assets."""
    organism, asked = await _open(REFRESH)
    return await _refresh(organism, asked, selection, force=force, full=full)


async def _open(pipeline: Pipeline) -> tuple[Organism, Asked]:
    asked = who_asked(pipeline)
    return await in_thread(open_organism), asked


async def _supersede(organism: Organism, asked: Asked) -> None:
    """One run catches up for all that are due; without a deployment there is nothing to catch up with."""
    if asked.deployment is None:
        return
    with suppress(StoreError):  # it only saves work
        count = await in_thread(organism.orchestrator.supersede, asked.run)
        if count:
            get_run_logger().info(f"{count} runs that were due as well are cancelled: this one does their work")


async def _pulse(organism: Organism, asked: Asked) -> None:
    from causal_organism.operations.pulse import pulse

    retry = RETRY_CLASSES["light"]

    @task(
        name="pulse",
        task_run_name="network",
        cache_policy=NO_CACHE,
        persist_result=False,
        **retry_options(retry, organism.settings.retry_delay_scale),
    )
    async def network() -> str:
        report = await in_thread(
            pulse, organism, run=asked.run, actor=asked.actor, trigger=asked.trigger, holder=_holder(asked)
        )
        if report.gap is not None:
            get_run_logger().error(f"the stream was trimmed before it was read: {report.gap}")
        return str(report)

    await network()


def _holder(asked: Asked) -> str:
    """Each try holds the lease in its own name: what is left of an earlier one is somebody else."""
    context = TaskRunContext.get()
    return f"{asked.run}/{context.task_run.run_count if context else 0}"


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
    if document["outcome"] == "failed":
        # A state and not an exception: its message is what people read, and the document stays with it.
        return Failed(message=_why(document), data=document)
    return document


def _why(document: dict[str, Any]) -> str:
    """One line for the state of the run: what failed and why first, then what that blocks."""
    broken = [step for step in document["steps"] if step["outcome"] in ("failed", "rejected")]
    blocked = [step["key"] for step in document["steps"] if step["outcome"] == "blocked"]
    parts = [f"{step['key']} {step['outcome']}: {step['error']}" for step in broken]
    parts += [f"{each['key']} failed: {each['error']}" for each in document["observed"] if each.get("error")]
    if blocked:
        parts.append(f"blocked: {', '.join(blocked)}")
    return "; ".join(parts)
