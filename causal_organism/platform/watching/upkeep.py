"""What the watcher mends by itself: what died with a worker is begun again, what goes on for too long is cancelled."""

from __future__ import annotations

import logging
from contextlib import suppress

from causal_organism.deployments import pipeline_named
from causal_organism.errors import OrganismError
from causal_organism.platform.runs import cancel_run
from causal_organism.ports import Organism
from causal_organism.wording.amounts import duration

RUNS_LOOKED_AT = 100
ACTOR = "organism watch"

_log = logging.getLogger(__name__)


def keep_up(organism: Organism) -> tuple[str, ...]:
    """What was done, a line each. A server that is away is looked at again by the next turn."""
    if not organism.settings.may_change:
        return ()
    done: list[str] = []
    with suppress(OrganismError):
        done += organism.orchestrator.reap()
    with suppress(OrganismError):
        done += _cancel_overdue(organism)
    for line in done:
        _log.warning("%s", line)
    with suppress(OrganismError):
        if done:
            organism.ledger.audit(
                actor=ACTOR, action="watch.upkeep", subject="prefect", detail={"done": done}, at=organism.now()
            )
    return tuple(done)


def _cancel_overdue(organism: Organism) -> list[str]:
    done = []
    for run in organism.orchestrator.runs(limit=RUNS_LOOKED_AT):
        pipeline = pipeline_named(run["deployment"] or "")
        if pipeline is None or run["state_type"] != "RUNNING" or (run["elapsed_s"] or 0.0) <= pipeline.timeout_s:
            continue
        cancel_run(organism, run["id"], actor=ACTOR)
        limit = duration(pipeline.timeout_s)
        done.append(f"run {run['id']} of {pipeline.full_name} cancelled: it went on for more than {limit}")
    return done
