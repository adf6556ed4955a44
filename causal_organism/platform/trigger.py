"""Ask the workers for a refresh, after everything that can be refused here was looked at."""

from __future__ import annotations

from causal_organism.deployments import INCREMENTAL, REFRESH
from causal_organism.engine.plan import Planned, check_request, make_plan
from causal_organism.engine.requests import Origin, Request
from causal_organism.engine.runs.refresh import refuse_pinned
from causal_organism.errors import NotRunningError, RequestError
from causal_organism.platform.workers.graphs import WORKER_ASSETS, describe_graphs, has_other_graphs
from causal_organism.ports import Organism


def plan_for_workers(organism: Organism, request: Request, origin: Origin) -> Planned:
    """The plan that a triggered refresh would follow. Raises what the workers would refuse."""
    organism.settings.refuse_changes()
    organism.values.require_own()
    try:
        organism.settings.need("prefect_api_url")
    except NotRunningError:  # what is wrong in itself is said first, whatever is running
        check_request(organism, request)
        raise
    if has_other_graphs(organism):
        theirs, ours = describe_graphs(organism.ledger.fact(WORKER_ASSETS)), describe_graphs(organism.settings.assets)
        raise RequestError(
            f"the workers have {theirs} and not {ours}",
            hint="make it here with --local, or start the workers with it: organism --assets … up"
            if organism.settings.assets
            else f"make it here with --local, or say that you mean theirs: --assets {theirs}",
            code="other-graph",
        )
    planned = make_plan(organism, request, origin)
    if request.force:
        refuse_pinned(planned)
    return planned


def trigger_refresh(organism: Organism, request: Request, origin: Origin) -> str:
    """Create a run of the deployment `refresh-assets/refresh`; its id. Written to the audit log."""
    parameters = {"selection": request.selection, **request.to_document(), "actor": origin.actor}
    run = organism.orchestrator.trigger(REFRESH.full_name, parameters, trigger=origin.trigger)
    organism.ledger.audit(
        actor=origin.actor, action="refresh", subject=request.selection, detail={"run": run, **request.to_document()},
        at=organism.now(),
    )  # fmt: skip
    return run


def trigger_pulse(organism: Organism, *, actor: str, trigger: str) -> str:
    """Create a run of the deployment that takes in the stream; its id. Written to the audit log."""
    organism.settings.refuse_changes()
    organism.values.require_own()
    run = organism.orchestrator.trigger(INCREMENTAL.full_name, {"actor": actor}, trigger=trigger)
    organism.ledger.audit(actor=actor, action="pulse", subject="network", detail={"run": run}, at=organism.now())
    return run
