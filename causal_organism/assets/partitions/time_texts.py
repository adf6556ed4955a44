"""Stretches of time as people write them: an hour, a day, an ISO week or a month, whichever windows are asked about."""

from __future__ import annotations

from datetime import datetime

from causal_organism.assets.partitions.cron_windows import CronWindows
from causal_organism.assets.partitions.windows import Daily, Hourly, Monthly, Weekly, Windows

_ANY_START = "1970-01-01"


def time_of(text: str, dimension: Windows) -> tuple[datetime, datetime]:
    """When it begins and when it has ended, in the time zone of the dimension; an hour, where the dimension is not of
    hours, is one of UTC.

    Raises ValueError for what is none of them; the example is one of the dimension's own.
    """
    kind = _kind_of(text)
    windows = dimension if isinstance(dimension, (kind, CronWindows)) and kind is Hourly else _any(kind, dimension)
    try:
        number = windows.number(text)
        return windows.begins(number), windows.begins(number + 1)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a valid time; write it like {dimension.example}") from None


def one_of(text: str, dimension: Windows) -> str:
    """The name of the window that a text names: itself, or the one that holds it. Raises ValueError."""
    begin, end = time_of(text, dimension)
    number = dimension.at(begin)
    if dimension.begins(number + 1) < end:
        raise ValueError(f"{text!r} is longer than one partition; write one like {dimension.example}")
    return dimension.name(number)


def _any(kind: type[Windows], dimension: Windows) -> Windows:
    return kind(_ANY_START) if kind is Hourly else kind(_ANY_START, timezone=dimension.timezone)


def _kind_of(text: str) -> type[Windows]:
    if "T" in text:
        return Hourly
    if "-W" in text:
        return Weekly
    return Monthly if len(text) == len(Monthly.example) else Daily
