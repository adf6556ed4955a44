"""Failed runs by what made them fail: ten runs with the same reason are one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from causal_organism.wording.amounts import age, count, moment
from causal_organism.wording.safe_text import safe_text
from tui.presenters.rows import Column, Row
from tui.presenters.runs.listing import error_of, run_name
from tui.presenters.words import Document, state_word, tone_of
from tui.states import FAIL

COLUMNS = (
    Column(name="RUNS", width=6, right=True),
    Column(name="LAST", width=5, right=True),
    Column(name="FIRST", width=5, right=True, from_width=70),
    Column(name="WHAT", width=30),
    Column(name="CAUSE", share=1, tone="bad"),
)
STATES = ("failed", "crashed")
"""Kinds of states of runs that ended badly."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, empty where none was recorded, and the runs that have it, the newest first."""

    reason: str
    runs: Sequence[Document]

    @property
    def what(self) -> str:
        """What the newest was about, and how many other things failed so."""
        names = tuple(dict.fromkeys(map(run_name, self.runs)))
        return names[0] + (f" +{len(names) - 1}" if len(names) > 1 else "")

    @property
    def text(self) -> str:
        return safe_text(self.reason, limit=400) or "no reason recorded"


def causes(runs: Iterable[Document]) -> tuple[Cause, ...]:
    """Of the failed ones among these, which are given newest first; the cause of the newest first."""
    found: dict[str, list[Document]] = {}
    for run in runs:
        if state_word(run) == FAIL:
            found.setdefault(error_of(run).strip(), []).append(run)
    return tuple(Cause(reason, same) for reason, same in found.items())


def cause_rows(found: Sequence[Cause], now: datetime) -> tuple[Row, ...]:
    """A row per cause; the key is its place."""
    return tuple(_row(str(place), cause, now) for place, cause in enumerate(found))


def _row(key: str, cause: Cause, now: datetime) -> Row:
    last, first = (each.get("started_at") or each.get("scheduled_at") for each in (cause.runs[0], cause.runs[-1]))
    cells = (count(len(cause.runs)), age(last, now), age(first, now), cause.what, cause.text)
    ages = tuple(-at.timestamp() if (at := moment(each)) else None for each in (last, first))
    return Row(key=key, cells=cells, tone=tone_of(FAIL), order=(len(cause.runs), *ages, cause.what, cause.text))
