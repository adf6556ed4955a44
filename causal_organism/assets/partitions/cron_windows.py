"""Windows between the moments of a cron expression: one begins at each, and lasts until the next."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count, takewhile

from causal_organism.assets.cron import parse_cron
from causal_organism.assets.partitions.windows import Windows, local_moment, local_name
from causal_organism.errors import GraphError

_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CronWindows(Windows):
    """`CronWindows("2026-01-01", cron="0 9 * * 1-5")`: named by when they begin, `2026-01-31T09:00`."""

    cron: str = field(kw_only=True)
    example = "2026-01-31T09:00"

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "cron", parse_cron(self.cron, self.timezone).text)
            start = str(self.start)[:10] if not isinstance(self.start, str) else self.start
            begin = local_moment(start, self.timezone, self.example)
            first = parse_cron(self.cron, self.timezone).next(begin - timedelta(seconds=1))
        except ValueError as error:
            raise GraphError(f"CronWindows({self.start!r}): {error}") from None
        object.__setattr__(self, "start", local_name(first, self.timezone, "minutes"))
        Windows.__post_init__(self)

    def is_like(self, other: object) -> bool:
        return Windows.is_like(self, other) and isinstance(other, CronWindows) and self.cron == other.cron

    def number(self, name: str) -> int:
        return self.at(local_moment(name, self.timezone, self.example))

    def name(self, number: int) -> str:
        return local_name(self.begins(number), self.timezone, "minutes")

    def current(self, local: datetime) -> int:
        """-1 before the first."""
        moment = local.astimezone(UTC)
        return bisect_right(_moments(self.cron, self.timezone, self.start, moment.year + 1), moment) - 1

    def begins(self, number: int) -> datetime:
        if number < 0:
            return _NEVER
        first = int(self.start[:4])
        for year in count(first + 1):
            known = _moments(self.cron, self.timezone, self.start, year)
            if number < len(known):
                return known[number]
        raise AssertionError


@lru_cache(maxsize=256)  # a list that grew would be one for all threads; these are never changed
def _moments(cron: str, timezone: str, start: str, year: int) -> tuple[datetime, ...]:
    """From the start on, up to and with a year."""
    first = local_moment(start, timezone, start)
    if year > first.year + 1:
        before = _moments(cron, timezone, start, year - 1)
    else:
        before = ()
    parsed, end = parse_cron(cron, timezone), datetime(year + 1, 1, 1, tzinfo=UTC)
    later = parsed.after(before[-1] if before else first - timedelta(seconds=1))
    return (*before, *takewhile(lambda moment: moment < end, later))
