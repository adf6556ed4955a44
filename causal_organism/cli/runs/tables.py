"""Runs, one run and its log lines as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from causal_organism.cli.output import name_of, table
from causal_organism.documents.refreshes import EndedStep
from causal_organism.documents.runs import LogRow, ReasonedRun
from causal_organism.documents.stats import RunDocument
from causal_organism.wording.amounts import count, duration
from causal_organism.wording.run_causes import Cause
from causal_organism.wording.run_config import given_text
from causal_organism.wording.safe_text import safe_text

LINES_SHOWN = 20
WHY_SHOWN = 60
"""Characters of a reason in a list; `organism run ID` shows all."""


def runs_text(rows: Sequence[ReasonedRun]) -> str:
    """Rows of organism.runs/1 as a table, or that there are none."""
    shown = [
        (
            row["id"],
            (row["deployment"] or "").partition("/")[2] or f"{row['flow']} (local)",
            row["state"],
            local_time(row["started_at"] or row["scheduled_at"]),
            duration(row["duration_s"]),
            row["tries"],
            row["trigger"],
            row["actor"],
            _short(row["why"] or ""),
        )
        for row in rows
    ]
    heads = ("RUN", "DEPLOYMENT", "STATE", "STARTED", "TOOK", "TRIES", "TRIGGER", "BY", "WHY")
    return table(heads, shown) or "no runs"


def causes_text(found: Sequence[Cause]) -> str:
    """What made runs fail, a line each, and whose logs to read first."""
    shown = [
        (count(len(each.runs)), local_time(each.last_at), local_time(each.first_at), each.what, each.runs[0]["id"],
         each.text)
        for each in found
    ]  # fmt: skip
    return table(("RUNS", "LAST", "FIRST", "WHAT", "NEWEST", "CAUSE"), shown) or "none failed"


def _short(reason: str) -> str:
    line = safe_text(reason)
    return line if len(line) <= WHY_SHOWN else f"{line[: WHY_SHOWN - 3]}..."


def run_text(row: RunDocument) -> str:
    """One run: what it is, its tasks, its steps."""
    took = duration(row["duration_s"])
    head = [
        ("run", row["id"]),
        ("deployment", row["deployment"] or "none (local)"),
        ("flow", row["flow"]),
        ("selection", row["selection"] or "-"),
        ("config", given_text(row["config"]) or "-"),
        ("state", row["state"]),
        ("asked by", f"{row['actor']} ({row['trigger']})"),
        ("started", f"{local_time(row['started_at'])}, took {took}, {row['tries']} tries"),
    ]
    if row["error"]:
        head.append(("error", row["error"]))
    parts = ["\n".join(f"{name:<11} {safe_text(value)}" for name, value in head)]
    tries = [
        (
            each["try"],
            each["state"],
            local_time(each["started_at"]),
            duration(each["duration_s"]),
            each["message"] or "",
        )
        for each in row["attempts"]
    ]
    if len(tries) > 1:
        parts.append(table(("TRY", "STATE", "STARTED", "TOOK", "WHY"), tries))
    tasks = [(task["name"], task["state"], task["tries"]) for task in row["tasks"]]
    steps = [(name_of(step), step_text(step)) for step in row["steps"]]
    parts += [shown for shown in (table(("TASK", "STATE", "TRIES"), tasks), table(("STEP", "OUTCOME"), steps)) if shown]
    return "\n\n".join(parts)


def log_end_text(lines: Sequence[LogRow]) -> str:
    """The last of what assets said in a run of this home; `organism logs` has all."""
    left_out = len(lines) - LINES_SHOWN
    more = [f"... {left_out} older lines: `organism logs` shows all"] if left_out > 0 else []
    return "\n".join([*more, *(log_text(line) for line in lines[-LINES_SHOWN:])])


def step_text(step: EndedStep) -> str:
    """How a step ended: `made @3 in 2 s`, or its outcome with the error."""
    version = "" if step["version"] is None else f" @{step['version']}"
    seconds = "" if step["seconds"] is None else f" in {duration(step['seconds'])}"
    return f"{step['outcome']}: {step['error']}" if step["error"] else f"{step['outcome']}{version}{seconds}"


def log_text(line: LogRow) -> str:
    """`06:04:16 ERROR views/degree: …`, one line per line of the message."""
    task = f" {safe_text(line['task'])}:" if line["task"] else ""
    head = f"{local_time(line['timestamp'])} {line['level'].upper():<8}{task} "
    first, *rest = safe_text(line["message"], limit=20_000, multiline=True).split("\n")
    return "\n".join([head + first, *(f"    {each}" for each in rest)])


def local_time(stamp: str | None) -> str:
    """In the zone of the reader; the day too, unless it is today."""
    if stamp is None:
        return "-"
    at = datetime.fromisoformat(stamp).astimezone()
    today = datetime.now().astimezone().date()
    return at.strftime("%H:%M:%S" if at.date() == today else "%Y-%m-%d %H:%M")
