"""Mirrors what was made into Prefect's event feed, as the events that its own assets would send.

The ledger is the truth. These are sent from here and not by `@materialize`, which would report an asset as
materialized that came out the same or was found fresh.
"""

from __future__ import annotations

from prefect.events import emit_event

from causal_organism.assets.outcomes import Outcome
from causal_organism.engine.make import StepOutcome
from causal_organism.engine.runs.refresh import RefreshRun

_STATUS = {Outcome.MADE: "succeeded", Outcome.FAILED: "failed", Outcome.REJECTED: "failed"}


def asset_uri(key: str) -> str:
    return f"organism://asset/{key}"


def emit_asset_events(run: RefreshRun, outcome: StepOutcome) -> None:
    """One event per asset that was made or failed, with what it reads; nothing for other outcomes."""
    status = _STATUS.get(outcome.outcome)
    if status is None:
        return
    spec = run.organism.graph[outcome.key]
    resource = {"prefect.resource.id": asset_uri(spec.key), "prefect.resource.name": spec.key}
    if spec.description:
        resource["prefect.asset.description"] = spec.description.partition("\n")[0]
    related = [
        {"prefect.resource.id": asset_uri(other), "prefect.resource.name": other, "prefect.resource.role": "asset"}
        for other in spec.inputs
    ]
    emit_event(
        event=f"prefect.asset.materialization.{status}",
        resource=resource,
        related=[
            *related,
            {"prefect.resource.id": "causal-organism", "prefect.resource.role": "asset-materialized-by"},
        ],
        payload={
            "outcome": outcome.outcome,
            "version": outcome.version,
            "mode": outcome.mode,
            "seconds": outcome.seconds,
            "error": outcome.error,
        },
    )
