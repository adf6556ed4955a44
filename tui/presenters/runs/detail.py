"""One run in detail: what it is, its tasks on an axis of time, what became of each step and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from causal_organism.wording.amounts import date_clock, duration
from causal_organism.wording.identities import short_id
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.assets.config import made_with_lines
from tui.presenters.lines import EMPTY, Line, fit_left, fit_place, heading, line, word, wrapped
from tui.presenters.reasons import cause_text
from tui.presenters.runs.gantt import left_words, name_width, task_lines, try_lines
from tui.presenters.runs.listing import elapsed_s, error_of
from tui.presenters.words import Document, number_text, place_name, run_word, state_word
from tui.states import UNFINISHED


def detail_lines(run: Document, now: datetime, width: int, *, plan: Sequence[Document] = ()) -> tuple[Line, ...]:
    """One run: what it is, then a line per step and per task.

    `plan`: steps that it was to make when it was first seen; those that it has not begun yet are shown as well.
    """
    state, tries = state_word(run), run.get("tries")
    lines: list[Line] = [
        line(
            (short_id(run.get("id", "")), "key"),
            " ",
            run_name(run),
            "  ",
            word(state, 0),
            f"  try {number_text(tries)}  {duration(elapsed_s(run, now))}",
        ),
        *(line((part, "dim")) for part in wrapped(_origin(run, now), width)),
    ]
    lines += made_with_lines(run.get("config") or {}, width)
    if said := error_of(run):
        lines += [line((part, "bad")) for part in wrapped(safe_text(said, limit=600), width)]
    steps, tasks = run.get("steps") or (), run.get("tasks") or ()
    pending = pending_steps(run, plan)
    if left := left_words(pending):
        ended = sum(state_word(task) not in UNFINISHED for task in tasks)
        lines.append(line(("STEPS ", "head"), f"{ended} of {len(tasks) + len(pending)}, {left} after what runs"))
    names = name_width(tasks, width, pending=pending)
    lines += [EMPTY, *tries] if (tries := try_lines(run.get("attempts") or (), now, width, names=names)) else []
    if tasks or pending:
        lines += [EMPTY, *task_lines(tasks, now, width, pending=pending)]
    if steps:
        lines += [EMPTY, *_step_lines(steps, width)]
    if not steps and not tasks and not pending:
        lines += [EMPTY, line(("no step has begun" if state in UNFINISHED else "no steps were recorded", "dim"))]
    return tuple(lines)


def pending_steps(run: Document, plan: Sequence[Document]) -> tuple[Document, ...]:
    """Those of a plan that an unfinished run has neither made nor begun."""
    if state_word(run) not in UNFINISHED:
        return ()
    begun = {place_name(step) for step in run.get("steps") or ()}
    named = {key for task in run.get("tasks") or () for key in str(task.get("name")).split(", ")}
    return tuple(step for step in plan if step.get("key") not in named and place_name(step) not in begun)


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
        version = number_text(step.get("version"), "v")
        lines.append(
            line(
                f" {fit_place(place_name(step), name_width)} ",
                word(run_word(outcome or "pending")),
                f" {safe_name(outcome or '-'):<10} {version:>5} {duration(step.get('seconds')):>6}",
            )
        )
        reason = safe_text(step["error"], limit=300) if step.get("error") else ""
        tone = "bad" if reason else "dim"
        reason = reason or "; ".join(cause_text(cause) for cause in step.get("causes") or ())
        lines += [line("    ", (part, tone)) for part in (wrapped(reason, width - 5) if reason else ())]
    return lines
