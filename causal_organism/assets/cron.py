"""Cron expressions of five fields, in a time zone: when the last one was due and when the next one will be.

`@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly` and `@yearly` (`@annually`) are such expressions too.
`minute hour day-of-month month day-of-week`, with lists, ranges, steps, and names of months and days. Where both day
fields are restricted, either may match (as in cron since 1979). A field that begins with `*` is not restricted.

When clocks go forward, a time that is left out comes as if they had not (02:30 at 03:30). When they go back, a fixed
hour comes once, the first time; with `*` in the hours, both passes count, so that every-five-minutes stays that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH = {**dict.fromkeys(range(1, 13), 31), **dict.fromkeys((4, 6, 9, 11), 30), 2: 29}
_FARTHEST = 366 * 40  # 29 February on a given day of the week comes back within 40 years, also around 2100


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression. Equal texts in equal zones are equal."""

    text: str
    timezone: str
    minutes: tuple[int, ...] = field(compare=False)
    hours: tuple[int, ...] = field(compare=False)
    days: frozenset[int] = field(compare=False)
    months: frozenset[int] = field(compare=False)
    weekdays: frozenset[int] = field(compare=False)  # 0: Sunday
    either_day: bool = field(compare=False)
    every_hour: bool = field(compare=False)

    def previous(self, now: datetime) -> datetime:
        """The last moment at or before `now`, in UTC."""
        return next(found for found in self._moments(now, step=-1) if found <= now)

    def next(self, now: datetime) -> datetime:
        """The first moment after `now`, in UTC."""
        return next(self.after(now))

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Every moment after this one, in UTC, one after the other."""
        return (found for found in self._moments(moment, step=1) if found > moment)

    def _moments(self, now: datetime, step: int) -> Iterator[datetime]:
        """Moments from about `now` on, later and later or earlier and earlier."""
        zone = zone_of(self.timezone)
        first = now.astimezone(zone).date() - step * timedelta(days=1)  # a day back: clocks that go forward at midnight
        for days in range(_FARTHEST):
            day = first + step * timedelta(days=days)
            if self._is_due_on(day):
                yield from sorted(self._on(day, zone), reverse=step < 0)

    def _is_due_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.either_day else in_month and in_week

    def _on(self, day: date, zone: tzinfo) -> set[datetime]:
        folds = (0, 1) if self.every_hour else (0,)
        return {
            datetime.combine(day, time(hour, minute, fold=fold), zone).astimezone(UTC)
            for hour in self.hours
            for minute in self.minutes
            for fold in (folds if _is_twice(day, hour, minute, zone) else (0,))
        }


def parse_cron(text: str, timezone: str = "UTC") -> Cron:
    """Raises ValueError, naming the field: not a valid cron expression, one that never happens, or an unknown zone."""
    given = text.split() if isinstance(text, str) else []
    fields = _NICKNAMES.get(given[0].lower(), "").split() if len(given) == 1 else given
    if len(fields) != 5:
        raise ValueError(
            f"{text!r} is not a valid cron expression: five fields, like '0 3 * * 1-5', or {', '.join(_NICKNAMES)}"
        )
    zone_of(timezone)
    minutes = _field(fields[0], "minute", 0, 59)
    hours = _field(fields[1], "hour", 0, 23)
    days = _field(fields[2], "day of the month", 1, 31)
    months = _field(fields[3], "month", 1, 12, _MONTHS)
    weekdays = {each % 7 for each in _field(fields[4], "day of the week", 0, 7, _DAYS)}
    is_either = not fields[2].startswith("*") and not fields[4].startswith("*")
    if not is_either and min(days) > max(_LONGEST_MONTH[month] for month in months):
        raise ValueError(f"{text!r} never comes: no such month has a day {min(days)}")
    return Cron(
        text=" ".join(given).lower() if len(given) == 1 else " ".join(given),
        timezone=timezone,
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(weekdays),
        either_day=is_either,
        every_hour=fields[1].startswith("*"),
    )


def zone_of(name: str) -> tzinfo:
    """The time zone of a name like `Europe/Berlin`; raises ValueError. UTC needs no time zone database."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise ValueError(f"there is no time zone {name!r}; names are like Europe/Berlin") from None


def _is_twice(day: date, hour: int, minute: int, zone: tzinfo) -> bool:
    """Whether clocks that go back show this time two times (a time left out differs in the other direction)."""
    first, second = (datetime.combine(day, time(hour, minute, fold=fold), zone).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def _field(text: str, name: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, parted, step_text = part.partition("/")
        step = _number(step_text, name, 1, high, ()) if parted else 1
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (_number(each, name, low, high, names) for each in span.split("-", 1))
            last = 7 if last == 0 and names is _DAYS else last  # fri-sun
        else:
            first = _number(span, name, low, high, names)
            last = high if parted else first
        if first > last:
            raise ValueError(f"{name} {text!r}: {span} runs backwards")
        found.update(range(first, last + 1, step))
    return found


def _number(text: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text.lower() in names:
        return names.index(text.lower()) + (1 if len(names) == 12 else 0)
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise ValueError(f"{name} {text!r} is not from {low} to {high}")
    return int(text)
