"""Heartbeats while a run waits, in its own process, to be tried again.

Prefect sends them only while the flow's function runs. A run that waits two or five minutes for its second try would be
taken for dead, and its slot given to the next one.
"""

from __future__ import annotations

import contextvars
import functools
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec

from prefect import __version__
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.events import emit_event

from causal_organism.deployments import HEARTBEAT_S, Pipeline
from causal_organism.flows.asked import is_last_try

P = ParamSpec("P")


def kept_alive(pipeline: Pipeline, pause_s: float) -> Callable[[Callable[P, Awaitable[Any]]], Callable[P, Any]]:
    """Wraps a flow's function: where it failed and will be tried again, heartbeats go on for `pause_s`."""

    def wrap(function: Callable[P, Awaitable[Any]]) -> Callable[P, Any]:
        @functools.wraps(function)
        async def watched(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return await function(*args, **kwargs)
            except Exception:
                _keep_alive(pipeline, pause_s)
                raise

        return watched

    return wrap


def _keep_alive(pipeline: Pipeline, pause_s: float) -> None:
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or run.deployment_id is None or is_last_try():
        return  # nobody waits for its heartbeats
    work = functools.partial(_beat, run, pipeline, time.monotonic() + pause_s)
    threading.Thread(target=contextvars.copy_context().run, args=(work,), name="heartbeats", daemon=True).start()


def _beat(run: FlowRun, pipeline: Pipeline, until: float) -> None:
    resource = {
        "prefect.resource.id": f"prefect.flow-run.{run.id}",
        "prefect.resource.name": run.name,
        "prefect.version": __version__,
    }
    related = [
        {"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"} for tag in sorted(run.tags or ())
    ]
    flow = {"prefect.resource.id": f"prefect.flow.{run.flow_id}", "prefect.resource.role": "flow"}
    related.append({**flow, "prefect.resource.name": pipeline.flow})
    while time.monotonic() < until:
        emit_event(event="prefect.flow-run.heartbeat", resource=resource, related=related)
        time.sleep(HEARTBEAT_S)
