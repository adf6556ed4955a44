"""A run of the orchestrator in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from causal_organism.deployments import Pipeline, actor_of, trigger_of
from causal_organism.documents.json import JsonObject
from causal_organism.documents.runs import LogRow, RunRow, TaskRow, TryRow

TYPES = {
    "Scheduled": "SCHEDULED",
    "Late": "SCHEDULED",
    "AwaitingRetry": "SCHEDULED",
    "Pending": "PENDING",
    "Running": "RUNNING",
    "Cancelling": "CANCELLING",
    "Completed": "COMPLETED",
    "Failed": "FAILED",
    "Cancelled": "CANCELLED",
    "Crashed": "CRASHED",
}
_ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})


@dataclass(slots=True)
class MemoryRun:
    id: str
    pipeline: Pipeline
    parameters: JsonObject
    trigger: str
    scheduled: bool
    scheduled_at: datetime
    state: str = "Scheduled"
    message: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    try_at: datetime | None = None  # when the try that goes on began
    worked: timedelta = timedelta()  # the sum of the tries that have ended
    tries: int = 0
    tried: list[TryRow] = field(default_factory=list)
    tasks: dict[str, TaskRow] = field(default_factory=dict)
    logs: list[LogRow] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return TYPES[self.state] in _ENDED


def to_document(run: MemoryRun) -> RunRow:
    """A run as a row of organism.runs/1; durations in seconds."""
    took_s = run.worked.total_seconds() if run.ended_at and run.started_at else None
    return {
        "id": run.id,
        "flow": run.pipeline.flow,
        "deployment": run.pipeline.full_name,
        "state": run.state,
        "state_type": TYPES[run.state],
        "message": run.message,
        "trigger": trigger_of((), scheduled=run.scheduled) if run.scheduled else run.trigger,
        "actor": actor_of(run.parameters, scheduled=run.scheduled),
        "parameters": dict(run.parameters),
        "queue": run.pipeline.queue,
        "scheduled_at": run.scheduled_at.isoformat(),
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "duration_s": took_s,
        "elapsed_s": took_s,
        "tries": run.tries,
    }
