"""Runs: Prefect's and those that were made in a process of ours, as one history."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from causal_organism.assets.outcomes import NOT_WELL, RunOutcome
from causal_organism.documents.json import JsonObject, object_in, text_in
from causal_organism.documents.runs import LogRow, RunRow, RunWithTasks, TryRow
from causal_organism.documents.stats import RunDocument
from causal_organism.engine.history.run_logs import kept_lines
from causal_organism.engine.leases import POLL_S
from causal_organism.errors import NotRunningError, RefusedError
from causal_organism.platform.run_ids import find_run_id
from causal_organism.platform.run_rows import local_run, refusals, step_document, step_line
from causal_organism.platform.task_names import are_named
from causal_organism.ports import Organism, RunRecord, StepRecord
from causal_organism.wording.run_actions import Refusal, Run, cancel_refusal, has_ended, retry_refusal
from causal_organism.wording.run_reasons import reason_of, without_prefix

_UNDERWAY = frozenset({"Scheduled", "Pending", "Running"})
_TASKS_LAG_S = 5.0


def load_run(organism: Organism, run: str) -> RunDocument:
    """organism.run/1: one run with its steps from the ledger and its tasks from Prefect.

    `run` is an id or a part of one (`find_run_id`). Raises RequestError where there is none.
    """
    id = find_run_id(organism, run)
    found = _orchestrated(organism, id)
    record = organism.ledger.run(id)  # after Prefect: a run writes its answer down before it ends there
    row = found if found is not None else RunWithTasks(**local_run(_present(record), _alive(organism)), tasks=[])
    (refused,) = refusals(organism, [row])
    return {
        "schema": "organism.run/1",
        **row,
        **refused,
        "selection": record.selection if record else text_in(row["parameters"], "selection"),
        "config": _config(organism, row),
        "outcome": record.outcome if record else None,
        "error": (record.error if record else None) or (without_prefix(row["message"]) if has_ended(row) else None),
        "why": reason_of(row, error=record.error if record else None),
        "attempts": _attempts(organism, row),
        "steps": [step_document(step) for step in _last_steps(organism, row["id"], record)],
    }


def _last_steps(organism: Organism, run: str, record: RunRecord | None) -> list[StepRecord]:
    """Its steps; where its last try went well, not what failed in one before and was up to date by then."""
    steps = organism.ledger.steps(run)
    is_well = record is not None and record.outcome in (RunOutcome.DONE, RunOutcome.NOTHING)
    return [step for step in steps if not (is_well and step.outcome in NOT_WELL)]


def _config(organism: Organism, row: RunRow) -> JsonObject:
    """What parameters with a default were given; Prefect has it of its runs, the ledger in the answer of local ones."""
    if row["deployment"] is not None:
        return object_in(row["parameters"], "config")
    answer = organism.ledger.run_document(row["id"])
    return {} if answer is None else answer.get("config") or {}


def load_settled(organism: Organism, run: str) -> RunDocument:
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


def load_logs(organism: Organism, run: str, *, after: str | None = None, limit: int = 1_000) -> tuple[LogRow, ...]:
    """Log lines of a run from a moment on, the oldest first; those of that moment itself come again.

    Of a run outside Prefect: its steps as lines, and between them what its assets said in the process that made them.
    """
    id = find_run_id(organism, run)
    record = organism.ledger.run(id)
    if record is not None and record.deployment is None and _orchestrated(organism, id) is None:
        said = kept_lines(organism.settings.home, id)
        lines = [*said, *(step_line(step) for step in organism.ledger.steps(id))]
        lines.sort(key=lambda line: datetime.fromisoformat(line["timestamp"]))
        return tuple(line for line in lines if after is None or line["timestamp"] >= after)
    return organism.orchestrator.logs(id, after=after, limit=limit)


def _tasks_lag(document: RunDocument, now: datetime) -> bool:
    if not has_ended(document) or document["id"].startswith("local-") or document["started_at"] is None:
        return False
    ended = datetime.fromisoformat(document["ended_at"] or document["started_at"])
    if now - ended > timedelta(seconds=2 * _TASKS_LAG_S):
        return False
    tasks = document["tasks"]
    made = {step["key"] for step in document["steps"] if step["outcome"] == "made"}
    named = are_named(made, (task["name"] for task in tasks))
    return not named or any(task["state"] in _UNDERWAY for task in tasks)


def cancel_run(organism: Organism, run: str, *, actor: str) -> RunDocument:
    """Stop a run; what it published stays. Raises RefusedError for a local or an ended run.

    The ledger is told first: nothing of the run is published after that, whenever Prefect ends its process.
    """
    organism.settings.refuse_changes()
    found = run_to_cancel(organism, run)
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


def retry_run(organism: Organism, run: str, *, actor: str) -> RunDocument:
    """Run a deployment's run again under its id: what it made is fresh now, so it goes on from where it failed.

    Raises RefusedError, with what `retry_refusal` says.
    """
    organism.settings.refuse_changes()
    found = run_to_retry(organism, run)
    organism.orchestrator.retry(found["id"])
    organism.ledger.uncancel_run(found["id"])
    organism.ledger.audit(
        actor=actor, action="run.retry", subject=found["id"], detail={"was": found["state"]}, at=organism.now()
    )
    return load_run(organism, found["id"])


def run_to_cancel(organism: Organism, run: str) -> RunRow:
    """The run as it stands. Raises RefusedError where it cannot be cancelled."""
    return _to_change(organism, run, cancel_refusal)


def run_to_retry(organism: Organism, run: str) -> RunRow:
    """The run as it stands. Raises RefusedError where it cannot be run again."""
    return _to_change(organism, run, retry_refusal)


def readmit(organism: Organism, run: str) -> None:
    """A run that was cancelled and is run again may publish, unless it is being cancelled now."""
    if organism.ledger.cancelled_by(run) is not None and not organism.orchestrator.is_cancelled(run):
        organism.ledger.uncancel_run(run)


def _attempts(organism: Organism, row: RunRow) -> list[TryRow]:
    """Its tries, oldest first. Of a run with one, what the run says is that of the try."""
    if row["tries"] > 1 and row["deployment"] is not None:
        return [{**each, "message": without_prefix(each["message"])} for each in organism.orchestrator.tries(row["id"])]
    if row["started_at"] is None:
        return []
    return [
        {
            "try": 1,
            "state": row["state"],
            "started_at": row["started_at"],
            "ended_at": row["ended_at"],
            "duration_s": row["duration_s"],
            "message": without_prefix(row["message"]),
        }
    ]


def _alive(organism: Organism) -> frozenset[str]:
    return frozenset(key for key, _ in organism.ledger.held())


def _orchestrated(organism: Organism, run: str) -> RunWithTasks | None:
    try:
        return organism.orchestrator.run(run)
    except NotRunningError:
        return None


def _to_change(organism: Organism, run: str, refusal_of: Callable[[Run], Refusal | None]) -> RunRow:
    """The run as it stands now, to be changed. Raises RefusedError where the rule says no."""
    id = find_run_id(organism, run)
    record = organism.ledger.run(id)
    try:
        found = organism.orchestrator.run(id)
    except NotRunningError:
        if record is not None and record.deployment is not None:
            raise
        found = None
    row = found or local_run(_present(record), _alive(organism))
    (refused,) = refusals(organism, [row])
    refusal = refusal_of({**row, "lost": refused["lost"]})
    if refusal is not None:
        raise RefusedError(refusal.reason, hint=refusal.hint, code=refusal.code)
    return row


def _present(record: RunRecord | None) -> RunRecord:
    if record is None:
        raise AssertionError("a run is in the ledger or in Prefect")
    return record
