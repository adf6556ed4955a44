"""What must stand on the Prefect server: set up, update, check."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from causal_organism.engine.read_only import refuse_read_only
from causal_organism.ports import Organism
from causal_organism.settings import running_servers

WORKER_ASSETS = "worker_assets"
"""Name of the ledger's fact that says which asset graph the workers have; None: the catalog."""

SCHEDULER_TRIES, SCHEDULER_PAUSE_S = 5, 2.0


def set_up(organism: Organism, *, actor: str, reset: bool = False) -> dict[str, Any]:
    """organism.deploy/1: make what is missing or different; repeating it changes nothing.

    `reset` also takes back crons, queues and limits that operators changed; it never resumes what is paused.
    """
    refuse_read_only(organism)
    changed = list(organism.orchestrator.setup(reset=reset))
    if not _has_own_worker(organism) and note_worker_graph(organism):
        changed.append(f"asset graph of the workers: {organism.settings.assets or 'the catalog'}")
    if changed:
        action = "deploy.update" if reset else "deploy.setup"
        organism.ledger.audit(
            actor=actor, action=action, subject="prefect", detail={"changed": changed}, at=organism.now()
        )
    return {"schema": "organism.deploy/1", "changed": changed}


def note_worker_graph(organism: Organism) -> bool:
    """Record that the workers have this caller's graph; False if that is known."""
    graph = organism.settings.assets
    if organism.ledger.fact(WORKER_ASSETS) == graph:
        return False
    organism.ledger.set_fact(WORKER_ASSETS, graph)
    return True


def _has_own_worker(organism: Organism) -> bool:
    """The home's own worker has the graph of whoever started it, not of whoever sets up its deployments."""
    settings = organism.settings
    own = running_servers(settings.home).get("PREFECT_API_URL")
    return own is not None and own == settings.prefect_api_url


def check_deployed(organism: Organism, *, pause: Callable[[float], None] = time.sleep) -> dict[str, Any]:
    """organism.deploy-check/1: what a setup would change, and what keeps runs from starting.

    Prefect's scheduler plans the runs of a new deployment within five seconds, so its first silence is borne.
    """
    missing = list(organism.orchestrator.missing())
    problems = []
    if not any(worker["online"] for worker in organism.orchestrator.workers()):
        problems.append("no worker is online: start one with `prefect worker start --pool default`")
    if not missing and not _is_scheduling(organism, pause):
        problems.append("no run is scheduled although schedules are active: is the server's scheduler running?")
    return {
        "schema": "organism.deploy-check/1",
        "missing": missing,
        "problems": problems,
        "ok": not missing and not problems,
    }


def _is_scheduling(organism: Organism, pause: Callable[[float], None]) -> bool:
    for _ in range(SCHEDULER_TRIES):
        if organism.orchestrator.health()["scheduling"]:
            return True
        pause(SCHEDULER_PAUSE_S)
    return bool(organism.orchestrator.health()["scheduling"])
