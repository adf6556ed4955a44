"""Failed runs by what made them fail: the rows of their page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from causal_organism.wording.amounts import age, count, moment
from causal_organism.wording.run_causes import Cause
from tui.presenters.rows import Column, Row
from tui.presenters.words import tone_of
from tui.states import FAIL

COLUMNS = (
    Column(name="RUNS", width=6, right=True),
    Column(name="LAST", width=5, right=True),
    Column(name="FIRST", width=5, right=True, from_width=70),
    Column(name="WHAT", width=30),
    Column(name="CAUSE", share=1, tone="bad"),
)


def cause_rows(found: Sequence[Cause], now: datetime) -> tuple[Row, ...]:
    """A row per cause; the key is its place."""
    return tuple(_row(str(place), cause, now) for place, cause in enumerate(found))


def _row(key: str, cause: Cause, now: datetime) -> Row:
    last, first = cause.last_at, cause.first_at
    cells = (count(len(cause.runs)), age(last, now), age(first, now), cause.what, cause.text)
    ages = tuple(-at.timestamp() if (at := moment(each)) else None for each in (last, first))
    return Row(key=key, cells=cells, tone=tone_of(FAIL), order=(len(cause.runs), *ages, cause.what, cause.text))
