"""Windows of event time: whole days (UTC) back from the newest event, that day included."""

from __future__ import annotations

DAY_US = 86_400_000_000


def window_start(days: int, newest_us: int | None) -> int | None:
    """The first moment that counts, in microseconds; None: everything counts. `days` 0 is not a window."""
    if not days or newest_us is None:
        return None
    return (newest_us // DAY_US - (days - 1)) * DAY_US


def counts(at_us: int, start_us: int | None) -> bool:
    """Whether an interaction at this moment is inside."""
    return start_us is None or at_us >= start_us
