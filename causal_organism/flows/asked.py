"""Who asked for the flow run that this code runs in, and why."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext

from causal_organism.deployments import FROM_PREFECT, Pipeline, actor_of, trigger_of
from causal_organism.engine.cancelling import Cancellation
from causal_organism.engine.requests import Origin
from causal_organism.ports import Organism

Log = logging.Logger | logging.LoggerAdapter[logging.Logger]


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
    created_by: str | None = None  # as Prefect has it: an automation, or a user where its server knows them
    cancellation: Cancellation = field(default_factory=Cancellation, compare=False)

    def origin(self, log: Log) -> Origin:
        """What stands in everything that is made; Prefect itself keeps what is logged, what broke as errors."""
        return Origin(
            self.actor, self.trigger, self.run, self.flow, self.deployment, log=log.info, log_fault=log.error,
            cancellation=self.cancellation,
        )  # fmt: skip


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
        created_by=None if run.created_by is None else run.created_by.display_value or run.created_by.type,
    )


def log_foreign_run(organism: Organism, asked: Asked) -> None:
    """What neither we nor a schedule asked for came in through Prefect itself: its UI, its API or an automation."""
    if asked.trigger != FROM_PREFECT or asked.deployment is None or asked.tries > 1:
        return
    detail = {"run": asked.run, "created_by": asked.created_by}
    organism.ledger.audit(
        actor=asked.actor, action="run.by-prefect", subject=asked.deployment, detail=detail, at=organism.now()
    )


def is_last_try() -> bool:
    """Whether the flow run of the calling context will not be tried again if it fails now."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return True
    retries = context.flow_run.empirical_policy.retries  # the server goes by it
    if retries is None:
        retries = context.flow.retries if context.flow else 0
    return context.flow_run.run_count > (retries or 0)


async def forgo_tries() -> None:
    """The flow run of the calling context is not tried again: no try could end otherwise."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    policy = context.flow_run.empirical_policy.model_copy(update={"retries": 0})
    async with get_client() as client:
        await client.update_flow_run(context.flow_run.id, empirical_policy=policy)
    context.flow_run.empirical_policy = policy
