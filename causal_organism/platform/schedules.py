"""Schedules of the deployments."""

from __future__ import annotations

from typing import Any

from causal_organism.ports import Organism


def load_schedules(organism: Organism) -> dict[str, Any]:
    """organism.schedules/1."""
    schedules = [dict(schedule) for schedule in organism.orchestrator.schedules()]
    return {"schema": "organism.schedules/1", "schedules": schedules}


def set_schedule(organism: Organism, deployment: str, *, active: bool, actor: str) -> dict[str, Any]:
    """Pause or resume the schedules of a deployment, named with or without its flow."""
    organism.settings.refuse_changes()
    changed = organism.orchestrator.set_schedule(deployment, active=active)
    organism.ledger.audit(
        actor=actor,
        action="schedule.resume" if active else "schedule.pause",
        subject=deployment,
        detail={"changed": changed},
        at=organism.now(),
    )
    return {**load_schedules(organism), "changed": changed}
