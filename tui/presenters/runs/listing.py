"""Runs from the documents `runs` and `run`: rows of the list, and one run with its steps, tasks and tries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from causal_organism.wording.amounts import date_clock, duration, moment
from causal_organism.wording.identities import short_id
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.run_filters import RunsAsked, line_of
from causal_organism.wording.safe_text import safe_name
from tui.presenters.rows import Column, Row
from tui.presenters.words import RUN_STATES, Document, number_text, state_word, tone_of, worked_out
from tui.states import CXL, FAIL, OK, RETRY, UNFINISHED

COLUMNS = (
    Column(name="RUN", width=8),
    Column(name="WHAT", share=2),
    Column(name="STATE", width=6, state=True),
    Column(name="TRY", width=3, right=True, from_width=60),
    Column(name="DUR", width=6, right=True),
    Column(name="STARTED", width=12, right=True),
    Column(name="TRIGGER", width=10, from_width=70),
    Column(name="ACTOR", share=1, from_width=86),
)
_DAY = timedelta(days=1)


def run_rows(document: Document | None, now: datetime, older: Document | None = None) -> tuple[Row, ...]:
    """A row per run, in the document's order, and at the end one that is older than they are."""
    runs = (document or {}).get("runs", ())
    return tuple(_row(run, now) for run in ((*runs, older) if older is not None else runs))


def asked_line(asked: RunsAsked) -> str:
    """The words that ask for these runs, with a state as the list calls it."""
    words = [word for word, states in RUN_STATES.items() if set(states) == set(asked.states)]
    return line_of(replace(asked, states=(words[0].upper(),)) if words else asked)


def error_of(run: Document) -> str:
    """What is said about its failure; empty for a run or task that did not fail."""
    if run.get("error"):
        return str(run["error"])
    return str(run.get("why") or run.get("message") or "") if state_word(run) in (FAIL, RETRY) else ""


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
    if day := (document or {}).get("day"):
        for name, count in day["states"].items():
            word_of_it = state_word({"state": name})
            found[word_of_it] = found.get(word_of_it, 0) + count
        return found
    for state, started in () if document is None else worked_out(document, _starts):
        if state in UNFINISHED or (started is not None and now - started <= _DAY):
            found[state] = found.get(state, 0) + 1
    return found


def _starts(document: Document) -> tuple[tuple[str, datetime | None], ...]:
    """State word and start of each run."""
    return tuple((state_word(run), moment(run.get("started_at"))) for run in document.get("runs", ()))


def _row(run: Document, now: datetime) -> Row:
    state, took = state_word(run), elapsed_s(run, now)
    started = moment(run.get("started_at") or run.get("scheduled_at"))
    name, trigger, actor = run_name(run), safe_name(run.get("trigger") or "-"), safe_name(run.get("actor") or "-")
    tries = run.get("tries")
    cells = (
        short_id(run["id"]),
        name,
        state,
        number_text(tries),
        duration(took),
        date_clock(run.get("started_at") or run.get("scheduled_at"), now),
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
