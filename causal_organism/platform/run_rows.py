"""Rows about runs: of the ledger in the shape of Prefect's, and what every row says of what can be done with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from causal_organism.assets.keys import label_of, placed
from causal_organism.deployments import INCREMENTAL
from causal_organism.documents.refreshes import EndedStep
from causal_organism.documents.runs import LogRow, RunRefusals, RunRow
from causal_organism.engine.leases import run_lease
from causal_organism.organism.stream.gaps import count_text, open_gaps
from causal_organism.ports import Organism, RunRecord, StepRecord
from causal_organism.wording.run_actions import cancel_refusal, retry_refusal

_STATES: Mapping[str | None, tuple[str, str]] = {
    None: ("Running", "RUNNING"),
    "done": ("Completed", "COMPLETED"),
    "nothing": ("Completed", "COMPLETED"),
    "failed": ("Failed", "FAILED"),
    "cancelled": ("Cancelled", "CANCELLED"),
}
"""Outcome of a local run -> Prefect's name of the state, and its type."""


def refusals(organism: Organism, rows: Sequence[RunRow]) -> list[RunRefusals]:
    """Of each row what cannot be done with it, and why not."""
    lost = _losses(organism, rows)
    return [_refused(row, lost.get(row["id"])) for row in rows]


def _refused(row: RunRow, lost: str | None) -> RunRefusals:
    noted = {**row, "lost": lost}
    return {
        "lost": lost,
        "not_retryable": None if (refusal := retry_refusal(noted)) is None else refusal.reason,
        "not_cancellable": None if (refusal := cancel_refusal(noted)) is None else refusal.reason,
    }


def local_run(record: RunRecord, alive: Collection[str]) -> RunRow:
    """A run of the ledger in the shape of Prefect's. One that did not end, and whose process is gone, has crashed."""
    state, state_type = _STATES[record.outcome]
    if record.outcome is None and run_lease(record.id) not in alive:
        state, state_type = "Crashed", "CRASHED"
    ended = record.ended_at
    took_s = (ended - record.started_at).total_seconds() if ended else None
    return {
        "id": record.id,
        "flow": record.flow,
        "deployment": record.deployment,
        "state": state,
        "state_type": state_type,
        "message": record.error,
        "trigger": record.trigger,
        "actor": record.actor,
        "parameters": {"selection": record.selection} if record.selection else {},
        "queue": None,
        "scheduled_at": record.started_at.isoformat(),
        "started_at": record.started_at.isoformat(),
        "ended_at": ended.isoformat() if ended else None,
        "duration_s": took_s,
        "elapsed_s": took_s,
        "tries": 1,
    }


def step_document(step: StepRecord) -> EndedStep:
    """A step as `organism run` shows it; `seconds` is null where it was not measured."""
    return {
        **placed(step.key, step.partition),
        "outcome": step.outcome,
        "version": step.version,
        "causes": list(step.causes),
        "seconds": step.seconds,
        "error": step.error,
    }


def step_line(step: StepRecord) -> LogRow:
    """A step as a line of its run's log."""
    failed = step.outcome in ("failed", "rejected", "blocked")
    name = label_of(step.key, step.partition)
    return {
        "id": f"{step.run}/{name}",
        "timestamp": step.at.isoformat(),
        "level": "error" if failed else "info",
        "name": "organism",
        "message": f"{name} {step.outcome}" + (f": {step.error}" if step.error else ""),
        "task": name,
    }


def _losses(organism: Organism, rows: Sequence[RunRow]) -> dict[str, str]:
    """Id -> what a failed pulse found to be lost of the stream, which nobody has read again since."""
    pulses = [row for row in rows if row["flow"] == INCREMENTAL.flow and row["state_type"] == "FAILED"]
    gaps = open_gaps(organism) if pulses else []
    found: dict[str, str] = {}
    for row in pulses:
        began, ended = _moment(row["started_at"]), _moment(row["ended_at"])
        mine = [gap for gap in gaps if began and ended and began <= gap.detected_at <= ended]
        if mine:
            found[row["id"]] = "; ".join(f"{count_text(gap.missing)} after {gap.after}" for gap in mine)
    return found


def _moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None
