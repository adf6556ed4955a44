"""The task `network audit`: the network's server against the archive, once in every full analysis."""

from __future__ import annotations

import uuid
from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed

from causal_organism.assets.definitions import RETRY_CLASSES
from causal_organism.flows.asked import Asked
from causal_organism.flows.outages import outlasting
from causal_organism.flows.steps import retry_options
from causal_organism.organism.projections.verify_network import AuditReport, audit_network, difference_text
from causal_organism.platform.notices import notify
from causal_organism.ports import Organism

AUDIT = "network audit"


async def audit(organism: Organism, asked: Asked) -> None:
    """Compare and repair. A difference marks the run by this task, which is failed then; the run goes on: nothing that
    is published comes from a network that does not add up, and the repair is done.

    A server that is away, or a pulse that does not end, leaves the task failed too; the next run compares again.
    """

    async def audit_once() -> Any:
        holder = f"{asked.run}/audit/{uuid.uuid4().hex[:8]}"
        report: AuditReport = await outlasting(
            audit_network, organism, run=asked.run, actor=asked.actor, holder=holder, tell=notify
        )
        if report.same:
            get_run_logger().info(f"network: {report}")
            return str(report)
        lines = [difference_text(each) for each in report.differences]
        return Failed(message="\n".join([f"the network differed from the archive: {report}", *lines]))

    step: Any = task(  # Any: Prefect's types take an awaited state for a finished one
        name="audit",
        task_run_name=AUDIT,
        cache_policy=NO_CACHE,
        persist_result=False,
        **retry_options(RETRY_CLASSES["light"], organism.settings.retry_delay_scale),
    )(audit_once)
    state: State[Any] = await step(return_state=True)
    if state.is_failed():
        get_run_logger().error(f"{AUDIT}: {state.message}")
