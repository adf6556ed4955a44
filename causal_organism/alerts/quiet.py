"""Quiet hours: what is no error waits for their end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from causal_organism.errors import SettingsError

_FORM = re.compile(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)(?: (\S+))?")


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one time of the day to another, in a zone; `None`: never."""

    begins: time | None = None
    ends: time | None = None
    zone: ZoneInfo = ZoneInfo("UTC")

    @classmethod
    def parse(cls, text: str | None) -> Quiet:
        """`22:00-07:00`, or `22:00-07:00 Europe/Berlin`; without a zone it is UTC. Raises SettingsError."""
        if not text:
            return cls()
        found = _FORM.fullmatch(text.strip())
        try:
            if found is None:
                raise ValueError
            first_hour, first_minute, last_hour, last_minute = map(int, found.groups()[:4])
            zone = ZoneInfo(found.group(5) or "UTC")
            return cls(time(first_hour, first_minute), time(last_hour, last_minute), zone)
        except (ValueError, ZoneInfoNotFoundError, OSError) as error:
            raise SettingsError(
                f"ORGANISM_ALERTS_QUIET is {text!r}; it looks like 22:00-07:00 or 22:00-07:00 Europe/Berlin"
            ) from error

    def until(self, now: datetime) -> datetime | None:
        """The end of the quiet hours that it is in now, or None."""
        if self.begins is None or self.ends is None or self.begins == self.ends:
            return None
        here = now.astimezone(self.zone)
        at = here.time().replace(tzinfo=None)
        over_night = self.begins > self.ends
        inside = at >= self.begins or at < self.ends if over_night else self.begins <= at < self.ends
        if not inside:
            return None
        end = datetime.combine(here.date(), self.ends, self.zone)
        if end <= here:
            end = datetime.combine(here.date() + timedelta(days=1), self.ends, self.zone)
        return end.astimezone(now.tzinfo)
