"""The task `network`: a pulse, which takes new interactions from the stream into the network."""

from __future__ import annotations

from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import TaskRunContext
from prefect.states import Cancelled

from causal_organism.assets.definitions import RETRY_CLASSES
from causal_organism.errors import RunCancelledError
from causal_organism.flows.asked import Asked
from causal_organism.flows.outages import outlasting
from causal_organism.flows.steps import retry_options
from causal_organism.flows.telling import tell_clocks, tell_gaps
from causal_organism.flows.threads import in_thread
from causal_organism.organism.stream.gaps import gaps_of_run
from causal_organism.organism.stream.pulse import NETWORK, log_pulse, pulse
from causal_organism.ports import Gap, Organism


async def take_in(organism: Organism, asked: Asked) -> str | None:
    """Take in what the stream has. What was lost of it before it could be read, in words; None: nothing.

    A gap that an earlier try of this run found counts too: it is recorded, so the pulse finds it only once.

    Raises RunCancelledError.
    """
    found: list[Gap] = []

    async def pulse_once() -> Any:
        try:
            report = await outlasting(
                pulse, organism, run=asked.run, actor=asked.actor, trigger=asked.trigger, holder=_holder(asked),
                cancellation=asked.cancellation,
            )  # fmt: skip
        except RunCancelledError as error:
            return Cancelled(message=error.message)
        await in_thread(log_pulse, organism, report, run=asked.run, actor=asked.actor, trigger=asked.trigger)
        if report.clocks is not None and report.clocks.differ:
            await tell_clocks(organism, report.clocks.to_text())
        found.extend([report.gap] if report.gap is not None else [])
        get_run_logger().info(str(report))
        return str(report)

    step: Any = task(  # Any: Prefect's types take an awaited state for a finished one
        name="pulse",
        task_run_name=NETWORK,
        cache_policy=NO_CACHE,
        persist_result=False,
        **retry_options(RETRY_CLASSES["light"], organism.settings.retry_delay_scale),
    )(pulse_once)
    state: State[Any] = await step(return_state=True)
    if state.is_cancelled():
        raise RunCancelledError(state.message or "cancelled")
    await state.aresult()
    found += [gap for gap in await outlasting(gaps_of_run, organism, asked.run) if gap not in found]
    await tell_gaps(organism, found)
    return "; ".join(map(_describe, found)) or None


def _holder(asked: Asked) -> str:
    """Each try holds the lease in its own name: what is left of an earlier one is somebody else."""
    context = TaskRunContext.get()
    return f"{asked.run}/{context.task_run.run_count if context else 0}"


def _describe(gap: Gap) -> str:
    count = "an unknown number of" if gap.missing is None else f"{gap.missing}"
    return (
        f"{count} interactions were trimmed from the stream before they were read, between {gap.after} and {gap.before}"
    )
