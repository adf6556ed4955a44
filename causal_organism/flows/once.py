"""One run of a pipeline in the calling process."""

from __future__ import annotations

import asyncio
from typing import Any

from causal_organism.deployments import FULL, INCREMENTAL
from causal_organism.documents.refreshes import RefreshDocument
from causal_organism.errors import OrganismError, RequestError
from causal_organism.flows.environment import prefect_variables, prepare
from causal_organism.settings import Settings, load_settings
from causal_organism.wiring import open_organism

NAMES = {"incremental": INCREMENTAL, "full": FULL}


async def run_once(pipeline: str, *, actor: str | None = None) -> RefreshDocument:
    """See `causal_organism.flows.run_flow_once`."""
    if pipeline not in NAMES:
        raise RequestError(f"there is no pipeline {pipeline!r}", hint=f"choose from {', '.join(NAMES)}")
    settings = load_settings()
    prepare(settings)
    await asyncio.to_thread(_check_server, settings)
    # Late: prefect (1.4 s) reads the environment that was prepared above.
    from prefect.settings import temporary_settings

    from causal_organism.flows import pipelines

    flows = {"incremental": pipelines.incremental_update_pipeline, "full": pipelines.full_analysis_pipeline}
    # A retry of the whole run is for workers that nobody waits for; here the caller sees the document at once.
    once = flows[pipeline].with_options(retries=0)
    with temporary_settings(updates=_overrides(settings)):
        state = await once(actor=actor or settings.actor, return_state=True)
        result: Any = state.data if isinstance(state.data, (dict, BaseException)) else await _result(state)
    if isinstance(result, BaseException):
        raise result
    document: RefreshDocument = result
    return document


def _check_server(settings: Settings) -> None:
    """Prefect's own client would tell of a missing server in a page of traceback."""
    with open_organism(settings) as organism:
        organism.orchestrator.health()


async def _result(state: Any) -> Any:
    from prefect.exceptions import MissingResult  # see run_once

    try:
        return await state.aresult(raise_on_failure=False)
    except MissingResult as error:
        raise OrganismError(state.message or "the run left no result") from error


def _overrides(settings: Settings) -> dict[Any, str]:
    """The prepared variables, for a process that had imported prefect before they were set."""
    import prefect.settings  # see run_once

    return {
        getattr(prefect.settings, name): value
        for name, value in prefect_variables(settings).items()
        if name.startswith("PREFECT_")
    }
