"""Runs: Prefect's and those that were made in a process of ours, as one history."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from causal_organism.assets.keys import label_of, placed
from causal_organism.engine.leases import POLL_S, run_lease
from causal_organism.engine.read_only import refuse_read_only
from causal_organism.engine.run_logs import kept_lines
from causal_organism.errors import NotRunningError, RefusedError, RequestError
from causal_organism.platform.task_names import are_named
from causal_organism.ports import Organism, RunRecord, StepRecord

_STATES: Mapping[str | None, tuple[str, str]] = {
    None: ("Running", "RUNNING"),
    "done": ("Completed", "COMPLETED"),
    "nothing": ("Completed", "COMPLETED"),
    "failed": ("Failed", "FAILED"),
    "cancelled": ("Cancelled", "CANCELLED"),
}
"""Outcome of a local run -> Prefect's name of the state, and its type."""

_ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})
_UNDERWAY = frozenset({"Scheduled", "Pending", "Running"})
_RECENT = 200
_TASKS_LAG_S = 5.0


def has_ended(run: Mapping[str, Any]) -> bool:
    return run["state_type"] in _ENDED


def load_runs(organism: Organism, *, limit: int = 50) -> dict[str, Any]:
    """organism.runs/1: what began or is due, the newest first. Without a Prefect server: local runs only."""
    try:
        rows = [dict(row) for row in organism.orchestrator.runs(limit=limit)]
    except NotRunningError:
        rows = []
    known = {row["id"] for row in rows}
    local = [record for record in organism.ledger.runs(limit=limit) if record.deployment is None]
    alive = _alive(organism) if any(record.outcome is None for record in local) else frozenset()
    rows += [local_run(record, alive) for record in local if record.id not in known]
    rows.sort(key=lambda row: row["started_at"] or row["scheduled_at"] or "", reverse=True)
    return {"schema": "organism.runs/1", "runs": rows[:limit]}


def load_run(organism: Organism, run: str) -> dict[str, Any]:
    """organism.run/1: one run with its steps from the ledger and its tasks from Prefect.

    `run` is an id or a unique beginning of one. Raises RequestError where there is none.
    """
    record = _recorded(organism, run)
    found = _orchestrated(organism, record.id if record else run)
    if found is None and record is None:
        raise _unknown(run)
    if record is None and found is not None:
        record = organism.ledger.run(found["id"])
    row = dict(found) if found is not None else {**local_run(_present(record), _alive(organism)), "tasks": []}
    return {
        "schema": "organism.run/1",
        **row,
        "selection": record.selection if record else row["parameters"].get("selection"),
        "outcome": record.outcome if record else None,
        "error": (record.error if record else None) or (row["message"] if has_ended(row) else None),
        "steps": [step_document(step) for step in organism.ledger.steps(row["id"])],
    }


def load_settled(organism: Organism, run: str) -> dict[str, Any]:
    """As `load_run`, but of a run that has just ended only when its tasks are seen to have ended too.

    Prefect hears of tasks by events, a second or two after the run itself has ended. A run that was killed leaves
    tasks that never end, so nothing older is waited for, and nothing for longer than that takes.
    """
    deadline = time.monotonic() + _TASKS_LAG_S
    document = load_run(organism, run)
    while _tasks_lag(document, organism.now()) and time.monotonic() < deadline:
        time.sleep(POLL_S)
        document = load_run(organism, run)
    return document


def load_logs(
    organism: Organism, run: str, *, after: str | None = None, limit: int = 1_000
) -> tuple[Mapping[str, Any], ...]:
    """Log lines of a run from a moment on, the oldest first; those of that moment itself come again.

    Of a run outside Prefect: its steps as lines, and between them what its assets said in the process that made them.
    """
    record = _recorded(organism, run)
    if record is not None and record.deployment is None and _orchestrated(organism, record.id) is None:
        said = kept_lines(organism.settings.home, record.id)
        lines = [*said, *(_line(step) for step in organism.ledger.steps(record.id))]
        lines.sort(key=lambda line: datetime.fromisoformat(line["timestamp"]))
        return tuple(line for line in lines if after is None or line["timestamp"] >= after)
    try:
        return organism.orchestrator.logs(record.id if record else run, after=after, limit=limit)
    except NotRunningError as error:
        raise _unknown(run) if record is None else error from None


def _tasks_lag(document: Mapping[str, Any], now: datetime) -> bool:
    if not has_ended(document) or document["id"].startswith("local-") or document["started_at"] is None:
        return False
    ended = datetime.fromisoformat(document["started_at"]) + timedelta(seconds=document["duration_s"] or 0.0)
    if now - ended > timedelta(seconds=2 * _TASKS_LAG_S):
        return False
    tasks = document["tasks"]
    made = {step["key"] for step in document["steps"] if step["outcome"] == "made"}
    named = are_named(made, (task["name"] for task in tasks))
    return not named or any(task["state"] in _UNDERWAY for task in tasks)


def cancel_run(organism: Organism, run: str, *, actor: str) -> dict[str, Any]:
    """Stop a run; what it published stays. Raises RefusedError for a local or an ended run.

    The ledger is told first: nothing of the run is published after that, whenever Prefect ends its process.
    """
    found = _to_change(organism, run, "cancelled")
    if not has_ended(found):
        organism.ledger.cancel_run(found["id"], actor=actor, at=organism.now())
        organism.ledger.audit(
            actor=actor, action="run.cancel", subject=found["id"], detail={"was": found["state"]}, at=organism.now()
        )
    organism.orchestrator.cancel(found["id"])
    record = organism.ledger.run(found["id"])
    if record is not None and record.outcome is None:
        # The process is stopped from outside and cannot say so itself; if it ends in time, its own word replaces this.
        organism.ledger.end_run(record.id, "cancelled", at=organism.now(), error=f"cancelled by {actor}")
    return load_run(organism, found["id"])


def retry_run(organism: Organism, run: str, *, actor: str) -> dict[str, Any]:
    """Run a deployment's run again under its id: what it made is fresh now, so it goes on from where it failed."""
    found = _to_change(organism, run, "tried again")
    organism.orchestrator.retry(found["id"])
    organism.ledger.uncancel_run(found["id"])
    organism.ledger.audit(
        actor=actor, action="run.retry", subject=found["id"], detail={"was": found["state"]}, at=organism.now()
    )
    return load_run(organism, found["id"])


def local_run(record: RunRecord, alive: Collection[str]) -> dict[str, Any]:
    """A run of the ledger in the shape of Prefect's. One that did not end, and whose process is gone, has crashed."""
    state, state_type = _STATES[record.outcome]
    if record.outcome is None and run_lease(record.id) not in alive:
        state, state_type = "Crashed", "CRASHED"
    ended = record.ended_at
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
        "duration_s": (ended - record.started_at).total_seconds() if ended else None,
        "tries": 1,
    }


def _alive(organism: Organism) -> frozenset[str]:
    return frozenset(key for key, _ in organism.ledger.held())


def step_document(step: StepRecord) -> dict[str, Any]:
    return {
        **placed(step.key, step.partition),
        "outcome": step.outcome,
        "version": step.version,
        "causes": [dict(cause) for cause in step.causes],
        "seconds": step.seconds,
        "error": step.error,
    }


def _recorded(organism: Organism, run: str) -> RunRecord | None:
    """The ledger's run with this id, or the local one whose id begins like this."""
    record = organism.ledger.run(run)
    if record is not None or len(run) < 4:
        return record
    matching = [
        each
        for each in organism.ledger.runs(limit=_RECENT)
        if each.deployment is None and (each.id.startswith(run) or each.id.removeprefix("local-").startswith(run))
    ]
    if len(matching) > 1:
        raise RequestError(f"{run!r} is the beginning of {len(matching)} runs", hint="give more of the id")
    return matching[0] if matching else None


def _orchestrated(organism: Organism, run: str) -> Mapping[str, Any] | None:
    try:
        return organism.orchestrator.run(run)
    except NotRunningError:
        return None


def _to_change(organism: Organism, run: str, what: str) -> Mapping[str, Any]:
    refuse_read_only(organism)
    record = _recorded(organism, run)
    try:
        found = organism.orchestrator.run(record.id if record else run)
    except NotRunningError:
        if record is not None and record.deployment is not None:
            raise
        found = None
    if found is None and record is not None:
        raise RefusedError(
            f"{record.id} runs in a process of its own and cannot be {what} from here",
            hint="end that process, or refresh again",
            code="local-run",
        )
    if found is None:
        raise _unknown(run)
    return found


def _unknown(run: str) -> RequestError:
    return RequestError(f"there is no run {run!r}", hint="`organism runs` lists them", code="unknown-run")


def _present(record: RunRecord | None) -> RunRecord:
    if record is None:
        raise AssertionError("a run is in the ledger or in Prefect")
    return record


def _line(step: StepRecord) -> dict[str, Any]:
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
