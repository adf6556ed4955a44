"""Windows of time of one kind, one after another. Time is an argument.

A window is a partition once it has ended in its time zone: at noon of 5 January, the newest day of
`Daily("2026-01-01")` is 2026-01-04. With `open=True` the one that is going on is a partition too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Self

from causal_organism.assets.cron import zone_of
from causal_organism.errors import GraphError


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows from `start` on, up to and with `end`. Names are like ISO 8601 and sort like time.

    `start` and `end` are names of windows, or days: the first and the last window of the day. `open`: the window that
    has begun and not ended counts.
    """

    start: str
    end: str | None = field(default=None, kw_only=True)  # None: they go on
    timezone: str = field(default="UTC", kw_only=True)
    open: bool = field(default=False, kw_only=True)
    example: ClassVar[str] = ""
    size: ClassVar[int] = 0
    """Windows of a smaller size each lie within one of a larger size; those of one size do not."""

    def __post_init__(self) -> None:
        if not isinstance(self.open, bool):
            raise GraphError(f"{type(self).__name__}: open={self.open!r}; it is True or False")
        for name in ("start", "end"):
            given: object = getattr(self, name)
            if isinstance(given, date):
                given = given.isoformat()[:10]
            if given is None and name == "end":
                continue
            try:
                zone_of(self.timezone)
                found = self._last_on(given) if name == "end" else self.number(given)  # type: ignore[arg-type]
                object.__setattr__(self, name, self.name(found))
            except ValueError as error:
                raise GraphError(f"{type(self).__name__}({given!r}): {error}") from None

    def __str__(self) -> str:
        """As an author writes it."""
        told = [f"{name}={value!r}" for name in ("cron", "end", "timezone", "open")
                if (value := getattr(self, name, None)) not in (None, "UTC", False)]  # fmt: skip
        return f"{type(self).__name__}({', '.join([repr(self.start), *told])})"

    @property
    def ends_before_it_starts(self) -> bool:
        return self.end is not None and self.number(self.end) < self.number(self.start)

    def names(self, now: datetime) -> tuple[str, ...]:
        """Every window that has ended (with `open`, that has begun), oldest first."""
        behind = self.at(now) + self.open
        if self.end is not None:
            behind = min(behind, self.number(self.end) + 1)
        return tuple(self.name(each) for each in range(self.number(self.start), behind))

    def shift(self, name: str, by: int) -> str | None:
        """The window so many later (or earlier, below 0); None before the start and after the end."""
        shifted = self.number(name) + by
        is_past = self.end is not None and shifted > self.number(self.end)
        return None if shifted < self.number(self.start) or is_past else self.name(shifted)

    def is_like(self, other: object) -> bool:
        """Whether windows of both have the same names for the same times, wherever they start and end."""
        return isinstance(other, Windows) and type(self) is type(other) and self.timezone == other.timezone

    def number(self, name: str) -> int:
        """Windows are numbered without a gap; a day names the one that it is in. Raises ValueError."""
        raise NotImplementedError

    def name(self, number: int) -> str:
        raise NotImplementedError

    def current(self, local: datetime) -> int:
        """The window that this moment is in."""
        raise NotImplementedError

    def at(self, moment: datetime) -> int:
        """The window that a moment is in, whatever its zone."""
        return self.current(moment.astimezone(zone_of(self.timezone)))

    def first_day(self, number: int) -> date:
        """The day that a window begins on."""
        return date.fromisoformat(self.name(number)[:10])

    def begins(self, number: int) -> datetime:
        """The first moment of a window, in UTC; it lasts until the next one begins."""
        return datetime.combine(self.first_day(number), time.min, zone_of(self.timezone)).astimezone(UTC)

    def holds(self, other: Windows) -> bool:
        """Whether every window of the other kind lies within one of these."""
        same_zone = self.timezone == other.timezone or (
            isinstance(other, Hourly) and not other.minutes_off and self._begins_on_the_hour()
        )
        return self.size > other.size and same_zone

    def holding(self, other: Windows, name: str) -> str:
        """The one of these that a window of a smaller kind lies in."""
        return self.name(self.at(other.begins(other.number(name))))

    def within(self, other: Windows, name: str) -> tuple[str, ...]:
        """Those of these that a window of a larger kind consists of, in order, whether they have begun or not."""
        number = other.number(name)
        return tuple(self.name(each) for each in range(*(self.at(other.begins(number + end)) for end in (0, 1))))

    def first_from(self, moment: datetime) -> int:
        """The first window that does not begin before a moment."""
        number = self.at(moment)
        return number if self.begins(number) >= moment else number + 1

    def not_before(self, other: Windows) -> Self:
        """The same without those that begin before the first of the others."""
        first = self.first_from(other.begins(other.number(other.start)))
        return replace(self, start=self.name(max(first, self.number(self.start))))

    def not_after(self, other: Windows) -> Self:
        """The same without those that end after the last of the others."""
        if other.end is None:
            return self
        last = self.at(other.begins(other.number(other.end) + 1)) - 1
        return replace(self, end=self.name(last if self.end is None else min(last, self.number(self.end))))

    def _last_on(self, given: object) -> int:
        """The window that is named, or the last that begins on a day or holds it. Raises ValueError."""
        if not isinstance(given, str) or len(given) != len(Daily.example) or not given[5:7].isdecimal():
            return self.number(given)  # type: ignore[arg-type]  # it refuses what is not text
        after = date_of(given, self.example) + timedelta(days=1)
        return self.at(datetime.combine(after, time.min, zone_of(self.timezone)).astimezone(UTC) - timedelta(seconds=1))

    def _begins_on_the_hour(self) -> bool:
        """Whether hours of UTC are not cut where one of these ends and the next begins."""
        return minutes_off_the_hour(self.first_day(self.number(self.start)).year, self.timezone) == {0}


class Daily(Windows):
    """Days, `2026-01-31`."""

    __slots__ = ()
    example = "2026-01-31"
    size = 1

    def number(self, name: str) -> int:
        return date_of(name, self.example).toordinal()

    def name(self, number: int) -> str:
        return date.fromordinal(number).isoformat()

    def current(self, local: datetime) -> int:
        return local.date().toordinal()


class Weekly(Windows):
    """ISO weeks, `2026-W07`."""

    __slots__ = ()
    example = "2026-W07"
    size = 2

    def number(self, name: str) -> int:
        year, parted, week = name.partition("-W") if isinstance(name, str) else ("", "", "")
        if not parted:
            return self._of(date_of(name, self.example))
        if len(year) != 4 or len(week) != 2 or not (year + week).isdecimal():
            raise ValueError(f"{name!r} is not a valid week; write it like {self.example}")
        return self._of(date.fromisocalendar(int(year), int(week), 1))

    def name(self, number: int) -> str:
        year, week, _ = date.fromordinal(number * 7 + 1).isocalendar()
        return f"{year:04}-W{week:02}"

    def current(self, local: datetime) -> int:
        return self._of(local.date())

    def first_day(self, number: int) -> date:
        return date.fromordinal(number * 7 + 1)

    @staticmethod
    def _of(day: date) -> int:
        return (day.toordinal() - 1) // 7  # 1 January of the year 1 was a Monday


class Monthly(Windows):
    """Months, `2026-01`."""

    __slots__ = ()
    example = "2026-01"
    size = 2

    def number(self, name: str) -> int:
        day = date_of(f"{name}-01" if isinstance(name, str) and len(name) == 7 else name, self.example)
        return day.year * 12 + day.month - 1

    def name(self, number: int) -> str:
        return f"{number // 12:04}-{number % 12 + 1:02}"

    def current(self, local: datetime) -> int:
        return local.year * 12 + local.month - 1

    def first_day(self, number: int) -> date:
        return date(number // 12, number % 12 + 1, 1)


class Hourly(Windows):
    """Hours as clocks show them, `2026-01-31T05`; the second of an hour that comes twice has its offset behind it,
    `2026-10-25T02+01:00`. A day has 23 to 25 of them."""

    __slots__ = ()
    example = "2026-01-31T05"

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(minutes_off_the_hour(self.first_day(self.number(self.start)).year, self.timezone)) > 1:
            raise GraphError(f"Hourly({self.start!r}): in {self.timezone} clocks change by parts of an hour")

    @property
    def minutes_off(self) -> int:
        """Minutes between full hours here and in UTC."""
        year = str(self.start)[:4]
        return max(minutes_off_the_hour(int(year) if year.isdecimal() and int(year) else 2000, self.timezone))

    def number(self, name: str) -> int:
        return self.at(local_moment(name, self.timezone, self.example, "hour"))

    def name(self, number: int) -> str:
        return local_name(self.begins(number), self.timezone, "hours")

    def current(self, local: datetime) -> int:
        moment = local.astimezone(UTC) + timedelta(minutes=self.minutes_off)
        return moment.date().toordinal() * 24 + moment.hour

    def begins(self, number: int) -> datetime:
        on_the_hour = datetime.combine(date.fromordinal(number // 24), time(number % 24), UTC)
        return on_the_hour - timedelta(minutes=self.minutes_off)


def local_moment(text: object, timezone: str, example: str, kind: str = "time") -> datetime:
    """The moment that a day, an hour or a minute of this zone begins, in UTC: `2026-10-25T02:30+01:00`.

    What is left out is zero; the offset, where the time comes twice, means the first. Raises ValueError.
    """
    day, parted, rest = text.partition("T") if isinstance(text, str) else ("", "", "")
    zone, begin = zone_of(timezone), date_of(day, example)
    if not parted:
        return datetime.combine(begin, time.min, zone).astimezone(UTC)
    clock, offset = (rest[:-6], rest[-6:]) if rest[-6:-5] in ("+", "-") else (rest, "")
    try:
        if len(clock) not in (2, 5):
            raise ValueError
        told = time.fromisoformat(clock if len(clock) == 5 else f"{clock}:00")
        either = [datetime.combine(begin, told.replace(fold=fold), zone) for fold in (0, 1)]
    except ValueError:
        raise ValueError(f"{text!r} is not a valid {kind}; write it like {example}") from None
    found = [each.astimezone(UTC) for each in either]
    there = [each for each in found if each.astimezone(zone).replace(tzinfo=None) == either[0].replace(tzinfo=None)]
    if not there:
        raise ValueError(f"{text!r} is left out in {timezone}: clocks go forward")
    there = [each for each in there if not offset or _offset(each.astimezone(zone)) == offset]
    if not there:
        raise ValueError(f"{text!r} has another offset than {timezone} then")
    return there[0]


def local_name(moment: datetime, timezone: str, timespec: str) -> str:
    """As `local_moment` reads it, to the hour or the minute; with the offset where it is the second time."""
    local = moment.astimezone(zone_of(timezone))
    shown = local.replace(tzinfo=None, fold=0).isoformat(timespec=timespec)
    return shown + _offset(local) if local.fold else shown


def minutes_off_the_hour(year: int, timezone: str) -> set[int]:
    """By how many minutes the hours of a zone begin after those of UTC, at any time of the year."""
    zone = zone_of(timezone)
    offsets = (datetime(year, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 4, 7, 10))
    return {int(offset.total_seconds() // 60) % 60 for offset in offsets}


def date_of(text: object, example: str) -> date:
    """Raises ValueError for what is not a valid day."""
    try:
        if not isinstance(text, str) or len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a valid date; write it like {example}") from None


def _offset(local: datetime) -> str:
    offset = local.strftime("%z")
    return f"{offset[:3]}:{offset[3:5]}"
