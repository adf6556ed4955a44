"""Moments, ages, durations and counts as people read them; `-` where there is none."""

from __future__ import annotations

from datetime import UTC, datetime

from causal_organism.assets.durations import duration_text

NONE = "-"


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
        return NONE
    return at.astimezone(UTC).strftime("%H:%M:%SZ" if seconds else "%H:%MZ")


def date_clock(value: object, now: datetime) -> str:
    """`12:03:41` today, `Nov 23 12:03` on another day."""
    at = moment(value)
    if at is None:
        return NONE
    at = at.astimezone(UTC)
    return at.strftime("%H:%M:%S" if at.date() == now.astimezone(UTC).date() else "%b %d %H:%M")


def age(value: object, now: datetime) -> str:
    """How long ago, in one unit: `9s`, `4m`, `9h`, `3d`."""
    seconds = age_s(value, now)
    return NONE if seconds is None else short_duration(seconds)


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
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def duration(seconds: float | None) -> str:
    """Two units where the smaller one matters: `0.4s`, `38s`, `1m12s`, `2h05m`, `3d04h`."""
    return NONE if seconds is None else duration_text(seconds)


def count(value: int | float | None) -> str:
    """`12,345`."""
    return NONE if value is None else f"{int(value):,}"
