"""Prefect's rows as our documents (CONTRACTS.md section 3); no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from causal_organism.deployments import UNSERVED_S, actor_of, trigger_of
from causal_organism.documents.runs import LogRow, QueueRow, RunRow, ScheduleRow, TaskRow, TryRow, WorkerRow

Row = Mapping[str, Any]
"""A row as Prefect's server gives it, which says what is in it."""

WAITING_FOR_SLOT = "AwaitingConcurrencySlot"


def to_run(row: Row, *, flow: str | None, deployment: str | None) -> RunRow:
    """One flow run. `duration_s` and `ended_at` are None until it has ended; `elapsed_s` is told before as well.

    Neither counts what lies between two tries.
    """
    began = bool(row.get("run_count"))  # Prefect gives a start to what was cancelled or crashed before it began too
    started, ended = moment(row.get("start_time")) if began else None, moment(row.get("end_time"))
    scheduled = bool(row.get("auto_scheduled"))
    parameters = row.get("parameters") or {}
    state = row.get("state") or {}
    return {
        "id": row["id"],
        "flow": flow,
        "deployment": deployment,
        "state": row.get("state_name") or "Pending",
        "state_type": row.get("state_type") or "PENDING",
        "message": state.get("message"),
        "trigger": trigger_of(row.get("tags") or (), scheduled=scheduled),
        "actor": actor_of(parameters, scheduled=scheduled),
        "parameters": dict(parameters),
        "queue": row.get("work_queue_name"),
        "scheduled_at": stamp(moment(row.get("expected_start_time"))),
        "started_at": stamp(started),
        "ended_at": stamp(ended),
        "duration_s": duration_s(row) if ended else None,
        "elapsed_s": duration_s(row) if ended else row.get("estimated_run_time") if started else None,
        "tries": row.get("run_count") or 0,
    }


def duration_s(row: Row) -> float | None:
    """Seconds of work until the end: the sum of the tries, without what lies between or before them.

    Of a run that was cancelled at its first try, from its start: the time that its stopping took counts too.
    """
    started, ended = moment(row.get("start_time")), moment(row.get("end_time"))
    if started is None or ended is None or not row.get("run_count"):
        return None
    if row.get("state_type") == "CANCELLED" and row.get("run_count") == 1:
        return (ended - started).total_seconds()
    return float(row["total_run_time"])


def to_tries(states: Iterable[Row]) -> list[TryRow]:
    """The tries of a run from the trail of its states: each begins as it runs, and ends at the next state."""
    found: list[TryRow] = []
    for state in sorted(states, key=lambda each: str(each["timestamp"])):
        at = moment(state["timestamp"])
        if state["type"] == "RUNNING":
            found.append(
                {
                    "try": len(found) + 1, "state": state["name"], "started_at": stamp(at), "ended_at": None,
                    "duration_s": None, "message": state.get("message"),
                }
            )  # fmt: skip
        elif found and found[-1]["ended_at"] is None and state["type"] != "CANCELLING":
            began = moment(found[-1]["started_at"])
            found[-1] |= {"ended_at": stamp(at), "duration_s": (at - began).total_seconds() if at and began else None}
        if found and (found[-1]["ended_at"] in (None, stamp(at))):
            found[-1] |= {"state": state["name"], "message": state.get("message")}
    return found


def to_tasks(rows: Iterable[Row], trails: Mapping[str, Iterable[Row]]) -> list[TaskRow]:
    """Task runs, one per name, in order of first start; a retry of the flow adds to the tries of a name.

    `trails`: the states of task runs, by id; a task tells its tries where those of all its runs are known.
    """
    found: dict[str, TaskRow] = {}
    runs_of: dict[str, list[str]] = {}
    for row in sorted(rows, key=_task_order):
        name = row["name"]
        earlier = found.get(name)
        started, ended = moment(row.get("start_time")), moment(row.get("end_time"))
        state = row.get("state") or {}
        found[name] = {
            "name": name,
            "state": row.get("state_name") or "Pending",
            "tries": (row.get("run_count") or 0) + (earlier["tries"] if earlier else 0),
            "started_at": earlier["started_at"] if earlier and earlier["started_at"] else stamp(started),
            "duration_s": (ended - started).total_seconds() if started and ended else None,
            "message": state.get("message"),
            "attempts": [],
        }
        runs_of.setdefault(name, []).append(row["id"])
    for name, runs in runs_of.items():
        if found[name]["tries"] > 1 and all(run in trails for run in runs):
            tries = [each for run in runs for each in to_tries(trails[run])]
            # One that never ended although another followed died with its process; when is not known.
            dead = [each["ended_at"] is None and at < len(tries) for at, each in enumerate(tries, 1)]
            found[name]["attempts"] = [
                {**each, "try": at, "state": "Crashed" if died else each["state"]}
                for at, (each, died) in enumerate(zip(tries, dead, strict=True), 1)
            ]
    return list(found.values())


def tried_again(rows: Sequence[Row]) -> list[Row]:
    """Task runs of names that were tried more than once, in this order."""
    tries: dict[str, int] = {}
    for row in rows:
        tries[row["name"]] = tries.get(row["name"], 0) + (row.get("run_count") or 0)
    return [row for row in rows if tries[row["name"]] > 1]


def to_log(row: Row, *, task: str | None) -> LogRow:
    """A log line as a row of organism.logs/1. `task`: the name of its task, if any."""
    return {
        "id": row["id"],
        "timestamp": datetime.fromisoformat(row["timestamp"]).isoformat(),
        "level": level_name(int(row["level"])),
        "name": row["name"],
        "message": row["message"],
        "task": task,
    }


def to_queue(
    pool: Row,
    queue: Row,
    runs: Sequence[Row],
    now: datetime,
    *,
    deployments: Sequence[str],
    workers: Callable[[], Sequence[Row]],
) -> QueueRow:
    """One work queue, with the runs of it that wait or run, our deployments on it, and the workers of its pool, which
    are asked for only where nobody came for its work.

    `depth` counts what is due and not started: scheduled with its time reached (late ones among them), waiting for a
    slot, and pending.
    """
    waiting = [run for run in runs if is_due(run, now)]
    since = [at for run in waiting if (at := moment(run.get("expected_start_time")))]
    return {
        "pool": pool["name"],
        "name": queue["name"],
        "depth": len(waiting),
        "running": sum(run["state_type"] in ("RUNNING", "CANCELLING") for run in runs),
        "limit": queue.get("concurrency_limit"),
        "paused": bool(queue.get("is_paused") or pool.get("is_paused")),
        "late": sum(run["state_name"] == "Late" for run in waiting),
        "oldest_s": max(0.0, (now - min(since)).total_seconds()) if since else None,
        "priority": queue.get("priority"),
        "last_polled": stamp(moment(queue.get("last_polled"))),
        "deployments": list(deployments),
        "served": _is_served(queue, workers, now),
    }


def _is_served(queue: Row, workers: Callable[[], Sequence[Row]], now: datetime) -> bool | None:
    """Whether a worker asks for this queue's work. None where it cannot be known yet: the queue or a worker is new."""
    since = now - timedelta(seconds=UNSERVED_S)
    polled = moment(queue.get("last_polled"))
    if polled is not None and polled > since:
        return True
    new = (at for row in (queue, *workers()) if (at := moment(row.get("created"))) is not None and at > since)
    return None if any(new) else False


def to_schedule(deployment: Row, schedule: Row, *, name: str, next_at: str | None, late_s: float | None) -> ScheduleRow:
    """A schedule as a row of organism.schedules/1. `next_at` is ISO 8601; `late_s`: seconds by which a run is late."""
    rule = schedule["schedule"]
    active = bool(schedule.get("active")) and not deployment.get("paused")
    return {
        "deployment": name,
        "schedule": schedule.get("slug") or schedule["id"],
        "cron": rule.get("cron"),
        "rule": rule.get("cron") or rule.get("rrule") or f"every {rule.get('interval')} s",
        "timezone": rule.get("timezone") or "UTC",
        "active": active,
        "changed_at": stamp(moment(schedule.get("updated"))),
        "next_at": next_at if active else None,
        "late_s": late_s,
    }


def to_worker(pool: Row, row: Row) -> WorkerRow:
    """A worker as a row of organism.workers/1."""
    return {
        "pool": pool["name"],
        "name": row["name"],
        "status": row.get("status") or "OFFLINE",
        "online": row.get("status") == "ONLINE",
        "last_heartbeat": stamp(moment(row.get("last_heartbeat_time"))),
    }


def is_due(run: Row, now: datetime) -> bool:
    """Whether a run waits for a worker or for a slot."""
    if run["state_type"] == "PENDING":
        return True
    if run["state_type"] != "SCHEDULED":
        return False
    due = moment(run.get("next_scheduled_start_time") or run.get("expected_start_time"))
    return run["state_name"] == WAITING_FOR_SLOT or due is None or due <= now


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def stamp(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def level_name(level: int) -> str:
    """`info` for 20; levels between two names take the lower one."""
    names = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"))
    return next((name for least, name in names if level >= least), "debug")


def _task_order(row: Row) -> tuple[int, str]:
    return row.get("flow_run_run_count") or 0, row.get("start_time") or row.get("expected_start_time") or "~"
