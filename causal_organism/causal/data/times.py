"""Times of a panel as whole steps, however the file writes them: numbers, ISO weeks or ISO dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import numpy as np

from causal_organism.causal.within import Floats

_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})")


class TimeKind(StrEnum):
    NUMBER = "number"
    WEEK = "week"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Values by row, not-a-number where there is none. Weeks count weeks, dates count days, numbers are themselves."""

    kind: TimeKind
    values: Floats


def read_times(column: Sequence[str] | np.ndarray, *, kind: TimeKind | None = None) -> Times:
    """Times of a column of text or numbers; its first readable value decides the kind, unless it is given."""
    values = np.asarray(column)
    if values.dtype.kind == "f" and kind in (None, TimeKind.NUMBER):
        return Times(kind=TimeKind.NUMBER, values=values.astype(np.float64))
    texts, places = np.unique(values.astype(str), return_inverse=True)
    if kind is None:
        kind = next((found for text in texts if (found := _kind_of(text)) is not None), TimeKind.NUMBER)
    numbers = np.array([_number(text, kind) for text in texts], dtype=np.float64)
    return Times(kind=kind, values=numbers[places.reshape(-1)])


def read_moment(moment: object, kind: TimeKind) -> float:
    """One time of the study file, in the steps of its data; not-a-number if it is not a time of that kind."""
    return _number(str(moment), kind)


def step_of(values: Floats) -> float:
    """The usual distance of two neighbouring times: the commonest one, and the smallest of those as common."""
    steps = np.diff(np.unique(values[np.isfinite(values)]))
    if not len(steps):
        return 1.0
    found, counts = np.unique(np.round(steps, 9), return_counts=True)
    return float(found[np.argmax(counts)])


def _kind_of(text: str) -> TimeKind | None:
    """Of one value as it stands; a date is not a week, though a week may be named by one of its days."""
    text = text.strip()
    if not np.isnan(_number(text, TimeKind.NUMBER)):
        return TimeKind.NUMBER
    if _WEEK.fullmatch(text):
        return TimeKind.WEEK
    return None if np.isnan(_number(text, TimeKind.DATE)) else TimeKind.DATE


def _number(text: str, kind: TimeKind) -> float:
    text = text.strip()
    try:
        match kind:
            case TimeKind.NUMBER:
                number = float(text)
                return number if np.isfinite(number) else np.nan
            case TimeKind.WEEK:
                found = _WEEK.fullmatch(text)
                monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else _day(text)
                return float(monday.toordinal() // 7)
            case TimeKind.DATE:
                return float(_day(text).toordinal())
    except ValueError:
        return np.nan


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()
