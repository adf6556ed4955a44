"""`organism run` and `logs`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click

from causal_organism.cli.output import data, emit, json_option, name_of, say
from causal_organism.cli.runs.outages import Outages
from causal_organism.cli.runs.tables import log_end_text, log_text, run_text, step_text
from causal_organism.cli.shell.completion import complete_run
from causal_organism.documents.runs import LogRow
from causal_organism.documents.stats import RunDocument, ToldRun
from causal_organism.errors import FAILED
from causal_organism.wiring import OpenOrganism, open_organism

POLL_S = 1.0
LOG_LAG_S = 4.0
"""How long after its end a run's last lines may still come: its process sends them every two seconds."""


@click.command()
@click.argument("run_id", metavar="ID", shell_complete=complete_run)
@click.option("--follow", is_flag=True, help="Go on until the run has ended; exit code 1 unless it completed.")
@json_option
def run(run_id: str, follow: bool, as_json: bool) -> None:
    """Show one run with its steps and tasks. ID may be any part of one, from 4 characters at its beginning or end."""
    from causal_organism.engine.history.run_logs import kept_lines
    from causal_organism.platform.run_errors import own_error, tracebacks_of
    from causal_organism.platform.runs import load_settled
    from causal_organism.wording.run_actions import state_type

    with open_organism() as o:
        document = follow_run(o, run_id) if follow else load_settled(o, run_id)
        said = kept_lines(o.settings.home, document["id"])
        if not document["steps"] and state_type(document) in ("FAILED", "CRASHED"):
            document["error"] = own_error(o, document["id"], document["error"])
        broke = tracebacks_of(o, document["id"]) if document["error"] else ()
    told: ToldRun = {
        **document,
        "tracebacks": [{"task": each["task"], "text": each["message"]} for each in broke],
    }
    said = tuple(line for line in said if line not in broke)
    parts = (run_text(document), log_end_text(said), "\n\n".join(map(log_text, broke)))
    emit(told, lambda: "\n\n".join(filter(None, parts)), as_json=as_json)
    if follow and document["state"] != "Completed":
        raise click.exceptions.Exit(FAILED)


@click.command()
@click.argument("run_id", metavar="ID", shell_complete=complete_run)
@click.option("--follow", is_flag=True, help="Go on until the run has ended.")
@json_option
def logs(run_id: str, follow: bool, as_json: bool) -> None:
    """Print the log lines of a run, the oldest first."""
    from causal_organism.platform.run_ids import find_run_id

    found: list[LogRow] = []
    with open_organism() as o:
        run_id = find_run_id(o, run_id)
        for line in _log_lines(o, run_id, follow=follow):
            found.append(line)
            if not as_json:
                data(log_text(line))
    emit({"schema": "organism.logs/1", "run": run_id, "logs": found}, str, as_json=as_json)


def follow_run(o: OpenOrganism, run_id: str) -> RunDocument:
    """Tell state, tasks and steps on stderr as they change; the run as it ended."""
    from causal_organism.platform.runs import load_run, load_settled
    from causal_organism.wording.run_actions import has_ended

    told: dict[str, str] = {}
    outages = Outages(run_id)
    while True:
        with outages.borne():
            document = load_run(o, run_id)
            run_id = document["id"]
            lines = {"run " + run_id: document["state"]}
            lines |= {task["name"]: task["state"] for task in document["tasks"]}
            lines |= {f"{name_of(step)} ": step_text(step) for step in document["steps"]}
            for name, text in lines.items():
                if told.get(name) != text:
                    told[name] = text
                    say(f"{name.strip()}: {text}")
            if has_ended(document):
                return load_settled(o, run_id)
        time.sleep(POLL_S)


def _log_lines(o: OpenOrganism, run_id: str, *, follow: bool) -> Iterator[LogRow]:
    from causal_organism.platform.runs import load_logs, load_run
    from causal_organism.wording.run_actions import has_ended

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
