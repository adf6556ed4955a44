"""Partition dimensions: windows of time, a fixed list, or what a source returns. Time is an argument.

A window of time is a partition once it has ended in its time zone: at noon of 5 January, the newest day of
`Daily("2026-01-01")` is 2026-01-04.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Self

from causal_organism.assets.cron import zone_of
from causal_organism.assets.keys import check_key
from causal_organism.errors import GraphError, RequestError

ALL, LAST = "all", "last"
"""Words of a mapping (see mappings.py); a fixed list may not hold them."""

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one length, one after another from `start` on. Names are ISO 8601 and sort like time."""

    start: str
    timezone: str = field(default="UTC", kw_only=True)
    example: ClassVar[str] = ""
    size: ClassVar[int] = 0
    """Windows of a smaller size each lie within one of a larger size; those of one size do not."""

    def __post_init__(self) -> None:
        given: object = self.start
        if isinstance(given, date):
            object.__setattr__(self, "start", given.isoformat()[:10])
        try:
            zone_of(self.timezone)
            first = self.number(self.start)
        except ValueError as error:
            raise GraphError(f"{type(self).__name__}({self.start!r}): {error}") from None
        object.__setattr__(self, "start", self.name(first))

    def names(self, now: datetime) -> tuple[str, ...]:
        """Every window that has ended, oldest first."""
        return tuple(self.name(each) for each in range(self.number(self.start), self.at(now)))

    def shift(self, name: str, by: int) -> str | None:
        """The window so many later (or earlier, below 0); None before the start."""
        shifted = self.number(name) + by
        return self.name(shifted) if shifted >= self.number(self.start) else None

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
        return date.fromisoformat(self.name(number))

    def begins(self, number: int) -> datetime:
        """The first moment of a window, in UTC; it lasts until the next one begins."""
        return datetime.combine(self.first_day(number), time.min, zone_of(self.timezone)).astimezone(UTC)

    def holds(self, other: Windows) -> bool:
        """Whether every window of the other kind lies within one of these."""
        same_zone = self.timezone == other.timezone or (isinstance(other, Hourly) and self._begins_on_the_hour())
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

    def _begins_on_the_hour(self) -> bool:
        """Whether hours of UTC are not cut where one of these ends and the next begins."""
        year, zone = self.first_day(self.number(self.start)).year, zone_of(self.timezone)
        offsets = (datetime(year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))
        return not any(offset is None or offset % timedelta(hours=1) for offset in offsets)


class Daily(Windows):
    """Days, `2026-01-31`."""

    __slots__ = ()
    example = "2026-01-31"
    size = 1

    def number(self, name: str) -> int:
        return _date(name, self.example).toordinal()

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
            return self._of(_date(name, self.example))
        if len(year) != 4 or len(week) != 2 or not (year + week).isdecimal():
            raise ValueError(f"{name!r} is no week; write it like {self.example}")
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
        day = _date(f"{name}-01" if isinstance(name, str) and len(name) == 7 else name, self.example)
        return day.year * 12 + day.month - 1

    def name(self, number: int) -> str:
        return f"{number // 12:04}-{number % 12 + 1:02}"

    def current(self, local: datetime) -> int:
        return local.year * 12 + local.month - 1

    def first_day(self, number: int) -> date:
        return date(number // 12, number % 12 + 1, 1)


class Hourly(Windows):
    """Hours in UTC, `2026-01-31T05`. There is no other zone for them: elsewhere, one hour a year comes twice."""

    __slots__ = ()
    example = "2026-01-31T05"

    def __post_init__(self) -> None:
        if self.timezone != "UTC":
            raise GraphError(f"Hourly({self.start!r}): hours are counted in UTC, not in {self.timezone}")
        super().__post_init__()

    def number(self, name: str) -> int:
        day, parted, hour = name.partition("T") if isinstance(name, str) else ("", "", "")
        if parted and not (len(hour) == 2 and hour.isdecimal() and int(hour) < 24):
            raise ValueError(f"{name!r} is no hour; write it like {self.example}")
        return _date(day, self.example).toordinal() * 24 + int(hour or 0)

    def name(self, number: int) -> str:
        return f"{date.fromordinal(number // 24).isoformat()}T{number % 24:02}"

    def current(self, local: datetime) -> int:
        moment = local.astimezone(UTC)
        return moment.date().toordinal() * 24 + moment.hour

    def begins(self, number: int) -> datetime:
        return datetime.combine(date.fromordinal(number // 24), time(number % 24), UTC)


@dataclass(frozen=True, slots=True, init=False)
class Static:
    """A fixed list of names, in this order."""

    names: tuple[str, ...]

    def __init__(self, *names: str):
        object.__setattr__(self, "names", names)
        for name in names:
            if (wrong := wrong_name(name)) or name in (ALL, LAST):
                raise GraphError(f"Static: {name!r} is no name of a partition: {wrong or 'it is a word of mappings'}")
        if not names or len(set(names)) < len(names):
            raise GraphError(f"Static({', '.join(map(repr, names))}): names are different, and at least one")


@dataclass(frozen=True, slots=True)
class Dynamic:
    """What a source returns: a list of names, the keys of a dict, or the ids of a table."""

    source: str

    def __post_init__(self) -> None:
        check_key(self.source)


Dimension = Windows | Static | Dynamic


def check_dimensions(value: Any, place: str) -> dict[str, Dimension]:
    """The dimensions of an asset by name; raises GraphError."""
    if not isinstance(value, Mapping):
        raise GraphError(f'{place}: partitions is {value!r}; write {{"day": Daily("2026-01-01")}}')
    for name, dimension in value.items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise GraphError(f"{place}: {name!r} is no name of a dimension; write a word like day")
        if not isinstance(dimension, (Windows, Static, Dynamic)):
            raise GraphError(f"{place}: the dimension {name!r} is {dimension!r}; write Daily(…), Static(…), Dynamic(…)")
    return dict(value)


def wrong_name(name: object) -> str | None:
    """What is wrong with the name of a partition; None: nothing."""
    if not isinstance(name, str):
        return "it is no text"
    if not name or len(name) > LONGEST_NAME:
        return f"it has {len(name)} characters; 1 to {LONGEST_NAME} are allowed"
    if any(ord(each) < 32 or ord(each) == 127 or 0xD800 <= ord(each) < 0xE000 for each in name):
        return "it holds control characters"
    return None


def member_names(found: Any, source: str) -> tuple[str, ...]:
    """Names of partitions in what a source returned, each once; of a dict, sorted. Raises RequestError."""
    is_mapping = isinstance(found, Mapping)
    if is_mapping:
        found = list(found)
    elif hasattr(found, "index") and not isinstance(found, (list, tuple, str)):
        found = list(found.index)
    if not isinstance(found, (list, tuple)):
        raise RequestError(f"{source} names partitions and returned a {type(found).__name__}, no list, dict or table")
    names = [_text(each) for each in found]
    for name in names:
        if wrong := wrong_name(name):
            raise RequestError(f"{source} names a partition {name!r:.60}: {wrong}")
    return tuple(sorted(names) if is_mapping else dict.fromkeys(names))


def members(dimension: Dimension, now: datetime, returned: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The members of a dimension now, in order. `returned`: source -> the names that it returned."""
    match dimension:
        case Windows():
            return dimension.names(now)
        case Static(names):
            return names
        case Dynamic(source):
            return tuple(returned[source])


def sources_of(dimensions: Iterable[Dimension]) -> tuple[str, ...]:
    """Keys of the sources that dimensions take their members from."""
    return tuple(dict.fromkeys(each.source for each in dimensions if isinstance(each, Dynamic)))


def _text(value: Any) -> Any:
    if hasattr(value, "item") and type(value).__module__ == "numpy":
        value = value.item()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _date(text: object, example: str) -> date:
    try:
        if not isinstance(text, str) or len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; write it like {example}") from None
