"""What must stand on the Prefect server: set up, update, check."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from causal_organism.alerts.of_servers import queues_without_worker
from causal_organism.documents.workers import DeployCheckDocument, DeployDocument
from causal_organism.platform.workers.graphs import describe_graphs, note_worker_graph
from causal_organism.platform.workers.listing import OwnWorker, list_workers
from causal_organism.ports import Organism
from causal_organism.settings import running_servers

SCHEDULER_TRIES, SCHEDULER_PAUSE_S = 5, 2.0


def set_up(organism: Organism, *, actor: str, reset: bool = False, made: Sequence[str] = ()) -> DeployDocument:
    """organism.deploy/1: make what is missing or different; repeating it changes nothing.

    `made`: what was made beside Prefect.
    `reset` also takes back crons, queues and limits that operators changed; it never resumes what is paused.
    """
    organism.settings.refuse_changes()
    changed = [*made, *organism.orchestrator.setup(reset=reset)]
    assets = organism.settings.assets
    if not _has_own_worker(organism) and note_worker_graph(organism, assets):
        changed.append(f"asset graph of the workers: {describe_graphs(assets)}")
    if changed:
        action = "deploy.update" if reset else "deploy.setup"
        organism.ledger.audit(
            actor=actor, action=action, subject="prefect", detail={"changed": changed}, at=organism.now()
        )
    return {"schema": "organism.deploy/1", "changed": changed}


def _has_own_worker(organism: Organism) -> bool:
    """The home's own worker has the graph of whoever started it, not of whoever sets up its deployments."""
    settings = organism.settings
    own = running_servers(settings.home).get("PREFECT_API_URL")
    return own is not None and own == settings.prefect_api_url


def check_deployed(
    organism: Organism,
    *,
    own_worker: OwnWorker | None = None,
    unpinned: Sequence[str] = (),
    pause: Callable[[float], None] = time.sleep,
) -> DeployCheckDocument:
    """organism.deploy-check/1: what a setup would change, what keeps runs from starting, and what
    operators changed.

    `own_worker`: the home's own, which was asked just now. `unpinned`: images of containers without a digest, which are
    told and are no fault of what is deployed; nor is a worker of which it is not known what it can import (`unknown`).

    Prefect's scheduler plans the runs of a new deployment within five seconds, so its first silence is borne.
    """
    missing = list(organism.orchestrator.missing())
    problems = []
    if not any(worker["online"] for worker in organism.orchestrator.workers()):
        problems.append("no worker is online: start one with `prefect worker start --pool default`")
    else:
        problems += [f"{each.text}: `{each.hint}`" for each in queues_without_worker(organism.orchestrator.queues())]
    workers = list_workers(organism, own=own_worker)
    problems += workers["problems"]
    if not missing and not _is_scheduling(organism, pause):
        problems.append("no run is scheduled although schedules are active: is the server's scheduler running?")
    return {
        "schema": "organism.deploy-check/1",
        "missing": missing,
        "problems": problems,
        "drift": list(organism.orchestrator.drift()),
        "unpinned": list(unpinned),
        "unknown": workers["unknown"],
        "ok": not missing and not problems,
    }


def _is_scheduling(organism: Organism, pause: Callable[[float], None]) -> bool:
    for _ in range(SCHEDULER_TRIES):
        if organism.orchestrator.health()["scheduling"]:
            return True
        pause(SCHEDULER_PAUSE_S)
    return organism.orchestrator.health()["scheduling"]
