"""`organism runs`, `run`, `logs`, `retry`, `cancel`, `queues`, `queue`, `schedules`, `schedule` and `deploy`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from causal_organism.cli.guards import changes
from causal_organism.cli.output import data, emit, json_option, name_of, say, table
from causal_organism.errors import FAILED
from causal_organism.organism.stream.lag import gap_text
from causal_organism.wiring import OpenOrganism, open_organism
from causal_organism.wording.amounts import duration
from causal_organism.wording.safe_text import safe_text

POLL_S = 1.0
LOG_LAG_S = 4.0
"""How long after its end a run's last lines may still come: its process sends them every two seconds."""

LINES_SHOWN = 20

Document = Mapping[str, Any]


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="At most this many.")
@json_option
def runs(limit: int, as_json: bool) -> None:
    """List runs, the newest first: Prefect's and those made with --local."""
    from causal_organism.platform.runs import load_runs

    with open_organism() as o:
        document = load_runs(o, limit=limit)
    emit(document, lambda: _runs_text(document["runs"]), as_json=as_json)


@click.command()
@click.argument("run_id", metavar="ID")
@click.option("--follow", is_flag=True, help="Go on until the run has ended; exit code 1 unless it completed.")
@json_option
def run(run_id: str, follow: bool, as_json: bool) -> None:
    """Show one run with its steps and tasks. ID may be the unique beginning of one."""
    from causal_organism.engine.run_logs import kept_lines
    from causal_organism.platform.runs import load_settled

    with open_organism() as o:
        document = _follow(o, run_id) if follow else load_settled(o, run_id)
        said = kept_lines(o.settings.home, document["id"])
    emit(document, lambda: "\n\n".join(filter(None, (run_text(document), _said_text(said)))), as_json=as_json)
    if follow and document["state"] != "Completed":
        raise click.exceptions.Exit(FAILED)


@click.command()
@click.argument("run_id", metavar="ID")
@click.option("--follow", is_flag=True, help="Go on until the run has ended.")
@json_option
def logs(run_id: str, follow: bool, as_json: bool) -> None:
    """Print the log lines of a run, the oldest first."""
    found: list[Document] = []
    with open_organism() as o:
        for line in _log_lines(o, run_id, follow=follow):
            found.append(line)
            if not as_json:
                data(log_text(line))
    emit({"schema": "organism.logs/1", "run": run_id, "logs": found}, str, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="ID")
@json_option
@changes()
def retry(run_id: str, as_json: bool) -> None:
    """Run an ended run again under its id: it goes on from where it failed."""
    from causal_organism.platform.runs import retry_run

    with open_organism() as o:
        document = retry_run(o, run_id, actor=o.settings.actor)
    emit(document, lambda: f"run {document['id']} is {document['state']}", as_json=as_json)


@click.command()
@click.argument("run_id", metavar="ID")
@json_option
@changes()
def cancel(run_id: str, as_json: bool) -> None:
    """Stop a run. What it published stays; other heads stay as they were."""
    from causal_organism.platform.runs import cancel_run

    with open_organism() as o:
        document = cancel_run(o, run_id, actor=o.settings.actor)
    emit(document, lambda: f"run {document['id']} is {document['state']}", as_json=as_json)


@click.command()
@json_option
def queues(as_json: bool) -> None:
    """Show what waits: depth of every work queue, and how far the network is behind the stream."""
    from causal_organism.platform.queues import load_queues

    with open_organism() as o:
        document = load_queues(o)
    emit(document, lambda: _queues_text(document), as_json=as_json)


@click.command()
@click.argument("action", type=click.Choice(["pause", "resume", "limit"]))
@click.argument("name")
@click.argument("limit", required=False)
@json_option
@changes()
def queue(action: str, name: str, limit: str | None, as_json: bool) -> None:
    """Pause or resume a work queue, or limit how many of its runs go at once (a number, or `none`)."""
    from causal_organism.platform.queues import limit_queue, pause_queue

    most = _limit(action, limit)
    with open_organism() as o:
        if action == "limit":
            document = limit_queue(o, name, most, actor=o.settings.actor)
        else:
            document = pause_queue(o, name, paused=action == "pause", actor=o.settings.actor)
    emit(document, lambda: _queues_text(document), as_json=as_json)


@click.command()
@json_option
def schedules(as_json: bool) -> None:
    """List schedules with their next run."""
    from causal_organism.platform.schedules import load_schedules

    with open_organism() as o:
        document = load_schedules(o)
    emit(document, lambda: _schedules_text(document["schedules"]), as_json=as_json)


@click.command()
@click.argument("action", type=click.Choice(["pause", "resume"]))
@click.argument("name")
@json_option
@changes()
def schedule(action: str, name: str, as_json: bool) -> None:
    """Pause or resume the schedule of a deployment, named with or without its flow."""
    from causal_organism.platform.schedules import set_schedule

    with open_organism() as o:
        document = set_schedule(o, name, active=action == "resume", actor=o.settings.actor)
    emit(document, lambda: _schedules_text(document["schedules"]), as_json=as_json)


@click.command()
@click.argument("action", type=click.Choice(["setup", "update", "check"]), default="setup")
@json_option
@changes(unless=lambda action, **_: action == "check")
def deploy(action: str, as_json: bool) -> None:
    """Set up pool, queues, deployments, schedules and the automation for dead runs.

    setup makes what is missing or does not fit the installed code; update also takes back crons, queues and limits
    that were changed by hand; neither resumes what is paused. check only says what is missing, with exit code 1.
    """
    from causal_organism.platform.deploy import check_deployed, set_up

    with open_organism() as o:
        if action == "check":
            document = check_deployed(o)
        else:
            document = set_up(o, actor=o.settings.actor, reset=action == "update")
    emit(document, lambda: _deploy_text(document), as_json=as_json)
    if action == "check" and not document["ok"]:
        raise click.exceptions.Exit(FAILED)


def _follow(o: OpenOrganism, run_id: str) -> Document:
    """Tell state, tasks and steps on stderr as they change; the run as it ended."""
    from causal_organism.platform.runs import has_ended, load_run, load_settled

    told: dict[str, str] = {}
    while True:
        document = load_run(o, run_id)
        run_id = document["id"]
        lines = {"run " + run_id: document["state"]}
        lines |= {task["name"]: task["state"] for task in document["tasks"]}
        lines |= {f"{name_of(step)} ": _step_text(step) for step in document["steps"]}
        for name, text in lines.items():
            if told.get(name) != text:
                told[name] = text
                say(f"{name.strip()}: {text}")
        if has_ended(document):
            return load_settled(o, run_id)
        time.sleep(POLL_S)


def _log_lines(o: OpenOrganism, run_id: str, *, follow: bool) -> Iterator[Document]:
    from causal_organism.platform.runs import has_ended, load_logs, load_run

    page = 1_000
    after: str | None = None
    seen: set[str] = set()
    ended_at: float | None = None
    while True:
        if follow and ended_at is None and has_ended(load_run(o, run_id)):
            ended_at = time.monotonic()
        lines = load_logs(o, run_id, after=after, limit=page)
        new = [line for line in lines if line["id"] not in seen]
        yield from new
        if new:
            after = new[-1]["timestamp"]
            seen = {line["id"] for line in lines if line["timestamp"] == after}
        if len(lines) == page and new:
            continue
        if not follow or (ended_at is not None and time.monotonic() - ended_at > LOG_LAG_S):
            return
        time.sleep(POLL_S)


def _limit(action: str, text: str | None) -> int | None:
    if action != "limit":
        if text is not None:
            raise click.UsageError(f"`queue {action}` takes a name and nothing else")
        return None
    if text == "none":
        return None
    if text is None or not text.isdecimal():
        raise click.UsageError("give the limit as a number, or `none` for no limit")
    return int(text)


def _runs_text(rows: Sequence[Document]) -> str:
    shown = [
        (
            row["id"],
            (row["deployment"] or "").partition("/")[2] or f"{row['flow']} (local)",
            row["state"],
            _time(row["started_at"] or row["scheduled_at"]),
            duration(row["duration_s"]),
            row["tries"],
            row["trigger"],
            row["actor"],
        )
        for row in rows
    ]
    return table(("RUN", "DEPLOYMENT", "STATE", "STARTED", "TOOK", "TRIES", "TRIGGER", "BY"), shown) or "no runs yet"


def run_text(row: Document) -> str:
    """One run: what it is, its tasks, its steps."""
    took = duration(row["duration_s"])
    head = [
        ("run", row["id"]),
        ("deployment", row["deployment"] or "none (local)"),
        ("flow", row["flow"]),
        ("selection", row["selection"] or "-"),
        ("state", row["state"]),
        ("asked by", f"{row['actor']} ({row['trigger']})"),
        ("started", f"{_time(row['started_at'])}, took {took}, {row['tries']} tries"),
    ]
    if row["error"]:
        head.append(("error", row["error"]))
    parts = ["\n".join(f"{name:<11} {safe_text(value)}" for name, value in head)]
    tasks = [(task["name"], task["state"], task["tries"]) for task in row["tasks"]]
    steps = [(name_of(step), _step_text(step)) for step in row["steps"]]
    parts += [shown for shown in (table(("TASK", "STATE", "TRIES"), tasks), table(("STEP", "OUTCOME"), steps)) if shown]
    return "\n\n".join(parts)


def _said_text(lines: Sequence[Document]) -> str:
    """The last of what assets said in a run of this home; `organism logs` has all."""
    left_out = len(lines) - LINES_SHOWN
    more = [f"... {left_out} older lines: `organism logs` shows all"] if left_out > 0 else []
    return "\n".join([*more, *(log_text(line) for line in lines[-LINES_SHOWN:])])


def _step_text(step: Document) -> str:
    version = "" if step["version"] is None else f" @{step['version']}"
    seconds = "" if step["seconds"] is None else f" in {duration(step['seconds'])}"
    return f"{step['outcome']}: {step['error']}" if step["error"] else f"{step['outcome']}{version}{seconds}"


def log_text(line: Document) -> str:
    """`06:04:16 ERROR views/degree: …`, one line per line of the message."""
    task = f" {safe_text(line['task'])}:" if line["task"] else ""
    head = f"{_time(line['timestamp'])} {line['level'].upper():<8}{task} "
    first, *rest = safe_text(line["message"], limit=20_000, multiline=True).split("\n")
    return "\n".join([head + first, *(f"    {each}" for each in rest)])


def _queues_text(document: Document) -> str:
    rows = [
        (
            f"{each['pool']}/{each['name']}",
            each["depth"],
            each["running"],
            each["late"],
            duration(each["oldest_s"]),
            "none" if each["limit"] is None else str(each["limit"]),
            "paused" if each["paused"] else "",
        )
        for each in document["queues"]
    ]
    stream = document["stream"]
    behind = f"{stream['lag']} behind ({duration(stream['lag_s'])})" if stream["lag"] else "nothing behind"
    told = f"stream: {stream['length']} entries, {behind}, {stream['dead_letters']} dead letters"
    told = "\n".join(filter(None, (told, gap_text(stream["gap"]))))
    return f"{table(('QUEUE', 'DEPTH', 'RUNNING', 'LATE', 'OLDEST', 'LIMIT', ''), rows) or 'no queues yet'}\n{told}"


def _schedules_text(rows: Sequence[Document]) -> str:
    shown = [
        (
            each["deployment"],
            each["rule"],
            each["timezone"],
            "active" if each["active"] else "paused",
            _time(each["next_at"]),
        )
        for each in rows
    ]
    return table(("DEPLOYMENT", "SCHEDULE", "ZONE", "STATE", "NEXT"), shown) or "no schedules; `organism deploy setup`"


def _deploy_text(document: Document) -> str:
    if document["schema"] == "organism.deploy/1":
        return "\n".join(map(safe_text, document["changed"])) or "nothing to change"
    lines = [f"not yet: {each}" for each in document["missing"]] + list(document["problems"])
    return "\n".join(map(safe_text, lines)) or "everything is deployed, and a worker is online"


def _time(stamp: str | None) -> str:
    """In the zone of the reader; the day too, unless it is today."""
    if stamp is None:
        return "-"
    at = datetime.fromisoformat(stamp).astimezone()
    today = datetime.now().astimezone().date()
    return at.strftime("%H:%M:%S" if at.date() == today else "%Y-%m-%d %H:%M")
