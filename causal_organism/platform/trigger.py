"""Ask the workers for a refresh, after everything that can be refused here was looked at."""

from __future__ import annotations

from causal_organism.deployments import REFRESH
from causal_organism.engine.plan import Planned, check_request, make_plan
from causal_organism.engine.refresh import refuse_pinned
from causal_organism.errors import NotRunningError, RequestError
from causal_organism.ports import Organism


def plan_for_workers(
    organism: Organism,
    selection: str,
    *,
    partition: str | None = None,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str,
    allow_empty: bool = False,
) -> Planned:
    """The plan that a triggered refresh would follow. Raises what the workers would refuse."""
    organism.settings.refuse_changes()
    organism.values.require_own()
    try:
        organism.settings.need("prefect_api_url")
    except NotRunningError:  # what is wrong in itself is said first, whatever is running
        check_request(organism, selection, partition=partition, allow_empty=allow_empty)
        raise
    theirs = organism.ledger.fact("worker_assets")
    if theirs != organism.settings.assets:
        raise RequestError(
            f"the workers have {theirs or 'the catalog'} and not {organism.settings.assets or 'the catalog'}",
            hint="make it here with --local, or start the workers with it: ORGANISM_ASSETS=... organism up",
            code="other-graph",
        )
    planned = make_plan(
        organism,
        selection,
        partition=partition,
        force=force,
        full=full,
        actor=actor,
        trigger=trigger,
        allow_empty=allow_empty,
    )
    if force:
        refuse_pinned(planned)
    return planned


def trigger_refresh(
    organism: Organism,
    selection: str,
    *,
    partition: str | None = None,
    force: bool = False,
    full: bool = False,
    actor: str,
    trigger: str,
) -> str:
    """Create a run of the deployment `refresh-assets/refresh`; its id. Written to the audit log."""
    said = {} if partition is None else {"partition": partition}
    parameters = {"selection": selection, **said, "force": force, "full": full, "actor": actor}
    run = organism.orchestrator.trigger(REFRESH.full_name, parameters, trigger=trigger)
    organism.ledger.audit(
        actor=actor, action="refresh", subject=selection, detail={"run": run, **said, "force": force, "full": full},
        at=organism.now(),
    )  # fmt: skip
    return run
