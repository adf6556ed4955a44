"""Times as files write them: numbers, ISO weeks and ISO dates."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from enum import StrEnum

WEEK = re.compile(r"(\d{4})-?W(\d{1,2})")


class TimeKind(StrEnum):
    NUMBER = "number"
    WEEK = "week"
    DATE = "date"


def is_moment(value: object) -> bool:
    """Whether a study file may mean a time by it: a number, a week that there is, or a date."""
    return any(not math.isnan(to_number(str(value), kind)) for kind in TimeKind)


def to_number(text: str, kind: TimeKind) -> float:
    """Weeks count weeks, days count days, numbers are themselves; not-a-number if it is not a time of that kind."""
    text = text.strip()
    try:
        match kind:
            case TimeKind.NUMBER:
                number = float(text)
                return number if math.isfinite(number) else math.nan
            case TimeKind.WEEK:
                found = WEEK.fullmatch(text)
                monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else _day(text)
                return float(monday.toordinal() // 7)
            case TimeKind.DATE:
                return float(_day(text).toordinal())
    except ValueError:
        return math.nan


def _day(text: str) -> date:
    return datetime.fromisoformat(text).date()
