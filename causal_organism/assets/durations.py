"""Durations as people write them: `90s`, `10m`, `6h`, `7d`, `2w`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def parse_duration(text: str) -> timedelta:
    """Raises ValueError for anything but a number and one of s, m, h, d, w."""
    match = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a valid duration; write a number and s, m, h, d or w, like 90s or 6h")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def duration_text(seconds: float) -> str:
    """Two units where the smaller one matters: `0.4s`, `12s`, `3m05s`, `2h10m`, `4d`, `4d03h`."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3_600}h{whole % 3_600 // 60:02}m"
    hours = whole % 86_400 // 3_600
    return f"{whole // 86_400}d{hours:02}h" if hours else f"{whole // 86_400}d"


def percentile(ascending: Sequence[float], share: float) -> float | None:
    """The value below which a share of them lies, between two neighbours where it falls there; None of none."""
    if not ascending:
        return None
    place = share * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (place - below) * (ascending[above] - ascending[below])
