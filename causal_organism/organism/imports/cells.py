"""Values of single cells, as a roster or outcomes have them: text, ids, days, weeks, numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from causal_organism.network.interactions import is_id

Reader = Callable[[Any], Any]

MOST_FTE = 2.0
"""A share of full time above it is a number of something else."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?")
_FORMS = (
    (re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}"), "day.month.year"),
    (re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}"), "month/day/year or day/month/year"),
    (re.compile(r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{2,4}"), "day-month-year or month-day-year"),
    (re.compile(r"[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}"), "year/month/day"),
    (re.compile(r"[0-9]{8}"), "yearmonthday"),
    (re.compile(r"[0-9]{5}(?:\.0)?"), "days since 1900, as Excel counts"),
    (re.compile(r"[0-9]{9,13}"), "seconds or milliseconds since 1970"),
    (re.compile(r".*[A-Za-zÀ-ž]{3}.*[0-9].*"), "words"),
)
_NO_END = date(9999, 1, 1)
_EARLIEST = date(1900, 1, 1)


class WrongValueError(Exception):
    """A value that cannot be taken; its one argument says why."""


def optional(read: Reader) -> Reader:
    """None where a cell is empty."""
    return lambda value: None if value is None or value == "" else read(value)


def text(value: Any) -> str:
    """Text that a store can keep; a whole number counts as text. Raises WrongValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value == "":
        raise WrongValueError("is empty")
    if not isinstance(value, str):
        raise WrongValueError(f"{value!r} is not text")
    if "\0" in value:
        raise WrongValueError(f"{value!r} holds a null character")
    return value


def person_id(value: Any) -> str:
    """Text that is a valid id. Raises WrongValueError."""
    found = text(value)
    if not is_id(found):
        raise WrongValueError(f"{found[:50]!r} is not a valid id: 1 to 200 characters, none of them control characters")
    return found


def day(value: Any) -> str:
    """A day like 2026-01-05, of a text or a date. A date in another form is refused by the form's name."""
    if isinstance(value, datetime):
        value = value.date()
    found = value.isoformat() if isinstance(value, date) else text(value)
    if midnight := _MIDNIGHT.fullmatch(found):
        found = midnight[1]
    try:
        if len(found) != len("2026-01-05") or date.fromisoformat(found).isoformat() != found:
            raise ValueError
    except ValueError:
        raise WrongValueError(f"{found!r} is not a valid day like 2026-01-05{_form(found)}") from None
    return found


def start_day(today: date) -> Reader:
    """A day between 1900 and a year ahead of `today`."""

    def read(value: Any) -> str:
        found = day(value)
        _check_begun(found, date.fromisoformat(found), today)
        return found

    return read


def end_day(today: date) -> Reader:
    """A day between 1900 and fifty years ahead; None for the year 9999, by which some say that there is no end."""

    def read(value: Any) -> str | None:
        found = day(value)
        when = date.fromisoformat(found)
        if when >= _NO_END:
            return None
        if when < _EARLIEST or when.year > today.year + 50:
            raise WrongValueError(f"{found} is before 1900 or more than fifty years ahead")
        return found

    return read


def week(today: date) -> Reader:
    """An ISO week like 2026-W07, between 1900 and a year ahead of `today`."""

    def read(value: Any) -> str:
        found, monday = _week(value)
        _check_begun(found, monday, today)
        return found

    return read


def number(value: Any) -> float | None:
    """A finite number; None for text that is blank, and for NaN. Raises WrongValueError."""
    if isinstance(value, str) and value.strip() != "":
        if not _NUMBER.fullmatch(value.strip()):
            raise WrongValueError(f"{value!r} is not a number")
        value = float(value)
    if value is None or isinstance(value, str) or value != value:
        return None
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise WrongValueError(f"{value!r} is not a finite number")
    return found


def fte(*, percent: bool) -> Reader:
    """A share of full time; `80%`, and with `percent` 80 too, is 0.8."""

    def read(value: Any) -> float | None:
        divisor, shown = (100.0 if percent else 1.0), value
        if isinstance(value, str) and value.strip().endswith("%"):
            value, divisor = value.strip().removesuffix("%"), 100.0
        found = number(value)
        if found is None:
            return None
        found /= divisor
        if found < 0:
            raise WrongValueError(f"{shown!r} is below 0")
        if found > MOST_FTE:
            raise WrongValueError(
                f"{shown!r} is not a share of full time, which is 1 (at most {MOST_FTE:g}); if percent, call it fte %"
            )
        return found

    return read


def _check_begun(found: str, when: date, today: date) -> None:
    if when < _EARLIEST:
        raise WrongValueError(f"{found} is before 1900")
    if (when - today).days > 366:
        raise WrongValueError(f"{found} is more than a year ahead, in the future")


def _week(value: Any) -> tuple[str, date]:
    """(the week, its Monday)"""
    if isinstance(value, date):
        value = (value.date() if isinstance(value, datetime) else value).isoformat()
    found = text(value)
    match = _WEEK.fullmatch(found)
    try:
        if match is None:
            raise ValueError
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise WrongValueError(f"{found!r} is not an ISO week like 2026-W07{_week_form(found)}") from None
    return found, monday


def _form(found: str) -> str:
    """What a text that is not a valid day looks like."""
    name = next((name for pattern, name in _FORMS if pattern.fullmatch(found.strip())), None)
    return f"; it looks like {name}" if name else ""


def _week_form(found: str) -> str:
    try:
        year, number, _ = date.fromisoformat(found[:10]).isocalendar()
        return f"; as a date it lies in {year}-W{number:02}"
    except ValueError:
        return _form(found) if not found.isdigit() else ""
