"""Moments, ages, durations and counts as people read them; `-` where there is none, `?` where none can be read."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan

from causal_organism.assets.durations import duration_text

NONE, UNKNOWN = "-", "?"


def moment(value: object) -> datetime | None:
    """An aware moment from a document's text, or None where the text is not one."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if not isinstance(value, str) or not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def clock(value: object, *, seconds: bool = True) -> str:
    """`12:03:41Z`."""
    at = moment(value)
    if at is None:
        return UNKNOWN if value else NONE
    return at.astimezone(UTC).strftime("%H:%M:%SZ" if seconds else "%H:%MZ")


def date_clock(value: object, now: datetime) -> str:
    """`12:03:41` today, `Nov 23 12:03` on another day."""
    at = moment(value)
    if at is None:
        return UNKNOWN if value else NONE
    at = at.astimezone(UTC)
    return at.strftime("%H:%M:%S" if at.date() == now.astimezone(UTC).date() else "%b %d %H:%M")


def age(value: object, now: datetime) -> str:
    """How long ago, in one unit: `9s`, `4m`, `9h`, `3d`."""
    seconds = age_s(value, now)
    if seconds is None:
        return UNKNOWN if value else NONE
    return short_duration(seconds)


def long_age(value: object, now: datetime) -> str:
    """How long ago, in two units: `5m02s`, `6h01m`."""
    return duration(age_s(value, now))


def age_s(value: object, now: datetime) -> float | None:
    """Seconds since a moment, 0 for one that is still to come."""
    at = moment(value)
    return None if at is None else max(0.0, (now - at).total_seconds())


def short_duration(seconds: float | None) -> str:
    """One unit: `9s`, `4m`, `9h`, `3d`."""
    if seconds is None:
        return NONE
    if isnan(seconds):
        return UNKNOWN
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def duration(seconds: float | None) -> str:
    """Two units where the smaller one matters: `0.4s`, `38s`, `1m12s`, `2h05m`, `3d04h`."""
    if seconds is None:
        return NONE
    return UNKNOWN if isnan(seconds) else duration_text(seconds)


def count(value: int | float | None) -> str:
    """`12,345`."""
    if value is None:
        return NONE
    return UNKNOWN if isnan(value) else f"{int(value):,}"


def share(value: float | None) -> str:
    """`97.5%`; whole where it is none or all of it."""
    if value is None:
        return NONE
    if isnan(value):
        return UNKNOWN
    return f"{value:.0%}" if value in (0.0, 1.0) else f"{value:.1%}"


def size_text(size: float | None) -> str:
    """`512 B`, `1.4 MB`, `52 GB`: of thousands, as disks are sold."""
    if size is None:
        return NONE
    for least, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= least:
            number = size / least
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{int(size)} B"
