"""Runs from the documents `runs` and `run`: rows of the list, and one run with its steps, tasks and tries."""

from __future__ import annotations

from datetime import datetime, timedelta

from causal_organism.wording.amounts import date_clock, duration, moment
from causal_organism.wording.causes import cause_text
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.lines import EMPTY, Line, fit_left, heading, line, word, wrapped
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document, place_name, run_word, short_id, state_word, tone_of
from tui.states import CXL, FAIL, OK, RETRY, UNFINISHED

COLUMNS = (
    Column(name="RUN", width=8),
    Column(name="WHAT", share=2),
    Column(name="STATE", width=6, state=True),
    Column(name="TRY", width=3, right=True),
    Column(name="DUR", width=6, right=True),
    Column(name="STARTED", width=12, right=True, from_width=60),
    Column(name="TRIGGER", width=10, from_width=70),
    Column(name="ACTOR", share=1, from_width=86),
)
_DAY = timedelta(days=1)
_ASKED_FOR = "refresh"  # the deployment whose runs people and scripts start, with a selection


def run_rows(document: Document | None, now: datetime) -> tuple[Row, ...]:
    """A row per run, in the document's order."""
    return tuple(_row(run, now) for run in (document or {}).get("runs", ()))


def run_name(run: Document) -> str:
    """What the run is about: a pipeline's name, or the selection that somebody asked for."""
    selection = (run.get("parameters") or {}).get("selection") or run.get("selection")
    deployment = str(run.get("deployment") or "").rpartition("/")[2]
    if deployment and deployment != _ASKED_FOR:
        return safe_name(deployment)
    return safe_name(selection or deployment or run.get("flow") or "-")


def error_of(run: Document) -> str:
    """What is said about its failure; empty for a run or task that did not fail."""
    if run.get("error"):
        return str(run["error"])
    return str(run.get("message") or "") if state_word(run) in (FAIL, RETRY) else ""


def elapsed_s(run: Document, now: datetime) -> float | None:
    """How long it took, or has been going on."""
    if run.get("duration_s") is not None:
        return float(run["duration_s"])
    started = moment(run.get("started_at"))
    if started is None or state_word(run) not in UNFINISHED:
        return None
    return max(0.0, (now - started).total_seconds())


def recent_counts(document: Document | None, now: datetime) -> dict[str, int]:
    """State word -> number of runs that started within a day or have not ended."""
    found: dict[str, int] = {}
    for run in (document or {}).get("runs", ()):
        state, started = state_word(run), moment(run.get("started_at"))
        if state in UNFINISHED or (started is not None and now - started <= _DAY):
            found[state] = found.get(state, 0) + 1
    return found


def durations_s(document: Document | None) -> list[float]:
    """Durations of the runs that ended well, ascending."""
    return sorted(
        float(run["duration_s"])
        for run in (document or {}).get("runs", ())
        if state_word(run) == OK and run.get("duration_s") is not None
    )


def detail_lines(run: Document | None, now: datetime, width: int) -> tuple[Line, ...]:
    """One run: what it is, then a line per step and per task. None while it is being read."""
    if run is None:
        return (line("reading ..."),)
    state, tries = state_word(run), run.get("tries")
    lines: list[Line] = [
        line(
            (short_id(run.get("id", "")), "key"),
            " ",
            run_name(run),
            "  ",
            word(state, 0),
            f"  try {tries or '-'}  {duration(elapsed_s(run, now))}",
        ),
        *(line((part, "dim")) for part in wrapped(_origin(run, now), width)),
    ]
    if said := error_of(run):
        lines += [line((part, "bad")) for part in wrapped(safe_text(said, limit=600), width)]
    steps, tasks = run.get("steps") or (), run.get("tasks") or ()
    if steps:
        lines += [EMPTY, *_step_lines(steps, width)]
    if tasks:
        lines += [EMPTY, *_task_lines(tasks, now, width)]
    if not steps and not tasks:
        lines += [EMPTY, line(("no step has begun" if state in UNFINISHED else "no steps were recorded", "dim"))]
    return tuple(lines)


def _row(run: Document, now: datetime) -> Row:
    state, took = state_word(run), elapsed_s(run, now)
    started = moment(run.get("started_at") or run.get("scheduled_at"))
    name, trigger, actor = run_name(run), safe_name(run.get("trigger") or "-"), safe_name(run.get("actor") or "-")
    tries = run.get("tries")
    cells = (
        short_id(run["id"]),
        name,
        state,
        str(tries) if tries else "-",
        duration(took),
        date_clock(started, now),
        trigger,
        actor,
    )
    order = (
        str(run["id"]),
        name.lower(),
        _rank(state),
        tries or 0,
        took,
        -started.timestamp() if started else None,
        trigger.lower(),
        actor.lower(),
    )
    return Row(key=str(run["id"]), cells=cells, tone=tone_of(state), order=order, fault=state not in (OK, CXL))


def _rank(state: str) -> int:
    return 0 if state == FAIL else 1 if state in UNFINISHED else 2


def _origin(run: Document, now: datetime) -> str:
    where = safe_name(run.get("deployment") or "local")
    return (
        f"{where}  {safe_name(run.get('trigger') or '-')} by {safe_name(run.get('actor') or '-')}"
        f"  started {date_clock(run.get('started_at'), now)}"
    )


def _step_lines(steps: object, width: int) -> list[Line]:
    name_width = max(12, min(36, width - 34))
    lines = [heading(f" {fit_left('STEP', name_width)} STATE  {'OUTCOME':<10} {'VER':>5} {'TOOK':>6}")]
    for step in steps:  # type: ignore[attr-defined]
        outcome = str(step.get("outcome") or "")
        version = f"v{step['version']}" if step.get("version") is not None else "-"
        lines.append(
            line(
                f" {fit_left(place_name(step), name_width)} ",
                word(run_word(outcome or "pending")),
                f" {safe_name(outcome or '-'):<10} {version:>5} {duration(step.get('seconds')):>6}",
            )
        )
        reason = safe_text(step["error"], limit=300) if step.get("error") else ""
        tone = "bad" if reason else "dim"
        reason = reason or "; ".join(cause_text(cause) for cause in step.get("causes") or ())
        lines += [line("    ", (part, tone)) for part in (wrapped(reason, width - 5) if reason else ())]
    return lines


def _task_lines(tasks: object, now: datetime, width: int) -> list[Line]:
    name_width = max(12, min(36, width - 30))
    lines = [heading(f" {fit_left('TASK', name_width)} STATE  TRIES   TOOK")]
    for task in tasks:  # type: ignore[attr-defined]
        state, tries = state_word(task), task.get("tries")
        most = task.get("max_tries")
        shown = f"{tries or '-'}{'/' + str(most) if most else ''}"
        lines.append(
            line(
                f" {fit_left(safe_name(task.get('name', '')), name_width)} ",
                word(state),
                f" {shown:>5} {duration(elapsed_s(task, now)):>6}",
            )
        )
        if said := error_of(task):
            lines += [line("    ", (part, "bad")) for part in wrapped(safe_text(said, limit=300), width - 5)]
    return lines
