"""Who asked for the flow run that this code runs in, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from prefect.context import FlowRunContext

from causal_organism.deployments import Pipeline, actor_of, trigger_of
from causal_organism.engine.cancelling import Cancellation


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`run` is Prefect's id and the ledger's too. `deployment` is None for a run outside of any deployment."""

    run: str
    flow: str
    deployment: str | None
    actor: str
    trigger: str
    scheduled: bool
    tries: int = 1
    cancellation: Cancellation = field(default_factory=Cancellation, compare=False)


def who_asked(pipeline: Pipeline) -> Asked:
    """Read from the flow run of the calling context."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError(f"{pipeline.flow} asked for its run outside of it")
    run = context.flow_run
    scheduled = bool(run.auto_scheduled)
    return Asked(
        run=str(run.id),
        flow=pipeline.flow,
        deployment=pipeline.full_name if run.deployment_id else None,
        actor=actor_of(run.parameters or {}, scheduled=scheduled),
        trigger=trigger_of(run.tags or (), scheduled=scheduled),
        scheduled=scheduled,
        tries=run.run_count,
    )


def is_last_try() -> bool:
    """Whether the flow run of the calling context will not be tried again if it fails now."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return True
    retries = context.flow.retries if context.flow else 0
    return context.flow_run.run_count > (retries or 0)
