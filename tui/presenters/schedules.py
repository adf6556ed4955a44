"""Schedules of the deployments, from the document `schedules`: when each runs next, and how late it is."""

from __future__ import annotations

from datetime import datetime

from causal_organism.wording.amounts import age, duration, moment, short_duration
from causal_organism.wording.safe_text import safe_name
from tui.presenters.rows import Column, Row
from tui.presenters.runs.listing import elapsed_s
from tui.presenters.words import Document, state_word, tone_of
from tui.states import LATE, OK, PAUSED

COLUMNS = (
    Column(name="SCHEDULE", share=3),
    Column(name="RULE", width=16, from_width=60),
    Column(name="ZONE", width=14, from_width=90),
    Column(name="STATE", width=6, state=True),
    Column(name="NEXT", width=8, right=True),
    Column(name="LATE", width=6, right=True),
    Column(name="LAST RUN", share=1, from_width=90),
)


def schedule_rows(document: Document | None, now: datetime, runs: Document | None = None) -> tuple[Row, ...]:
    """A row per schedule; the key is its deployment, which is what can be paused. `runs`: the newest, for its last."""
    newest: dict[object, Document] = {}
    for run in (runs or {}).get("runs", ()):
        newest.setdefault(run.get("deployment"), run)
    none = "-" if runs is not None and not runs.get("until") else "?"  # an older one may be its last
    last = {name: last_words(run, now) for name, run in newest.items()}
    schedules = (document or {}).get("schedules", ())
    return tuple(_row(each, now, last.get(each.get("deployment"), none)) for each in schedules)


def last_words(run: Document, now: datetime) -> str:
    """`OK 7m ago, took 3.2s`."""
    took = elapsed_s(run, now)
    began = f"{state_word(run)} {age(run.get('started_at') or run.get('scheduled_at'), now)} ago"
    return began if took is None else f"{began}, took {duration(took)}"


def schedule_word(schedule: Document) -> str:
    """LATE: a run of it should have begun and did not."""
    if not schedule.get("active"):
        return PAUSED
    return LATE if schedule.get("late_s") else OK


def due_in(value: object, now: datetime) -> str:
    """`in 4m`, `4m ago` of what was to come when its server last answered; `-` where nothing is planned."""
    at = moment(value)
    if at is None:
        return "-"
    left_s = (at - now).total_seconds()
    return f"in {short_duration(left_s)}" if left_s >= 0 else f"{short_duration(-left_s)} ago"


def _row(schedule: Document, now: datetime, last: str) -> Row:
    late_s, state = schedule.get("late_s"), schedule_word(schedule)
    name, next_at = safe_name(schedule.get("deployment") or "-"), moment(schedule.get("next_at"))
    return Row(
        key=str(schedule.get("deployment") or ""),
        cells=(
            name,
            safe_name(schedule.get("rule") or schedule.get("cron") or "-"),
            safe_name(schedule.get("timezone") or "UTC"),
            state,
            due_in(schedule.get("next_at"), now) if state != PAUSED else "-",
            short_duration(late_s) if late_s else "-",
            last,
        ),
        tone=tone_of(state),
        order=(
            name.lower(),
            "",
            "",
            state,
            next_at.timestamp() if next_at else None,
            -(late_s or 0.0),
            "",
        ),
        fault=state != OK,
    )
