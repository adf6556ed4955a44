"""Meetings of a calendar file (ICS): organiser to every attendee who did not decline, with how long it lasted.

Each occurrence of a series up to now is a meeting of its own; what was moved or cancelled counts as it was held.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from causal_organism.errors import NeedsExtraError, RequestError, install_hint
from causal_organism.network.interactions import MILLION
from causal_organism.organism.files.interactions import Read
from causal_organism.organism.files.messages.message import (
    ALL_DAY,
    CANCELLED,
    DECLINED,
    NOTICE,
    ROOM,
    UNKNOWN_SENDER,
    Message,
    Tally,
    address,
    to_interactions,
    unreadable,
)
from causal_organism.organism.files.opening import UNKNOWN_FORMAT, FileOptions, open_text, reading

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOO_OFTEN = ("SECONDLY", "MINUTELY")
_TIMES = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_NOBODY = ("ROOM", "RESOURCE", "GROUP")


def read_calendar(
    stack: ExitStack, path: str | Path, tally: Tally, *, now_us: int, options: FileOptions
) -> Iterator[Read]:
    """Interactions, by the number of the meeting in order of time. Memory: the calendar.

    Raises:
        RequestError: it cannot be read, is not a calendar (`unknown-format`), or `icalendar` is not installed.
    """
    calendars = _parse(path, options)
    now = datetime.fromtimestamp(now_us / MILLION, UTC)
    return _read(calendars, tally, now, now_us)


def _parse(path: str | Path, options: FileOptions) -> list[Any]:
    try:
        import icalendar
        import recurring_ical_events  # noqa: F401
    except ImportError as error:
        raise NeedsExtraError(
            "calendars are read with icalendar and recurring-ical-events, which are not installed",
            hint=install_hint("calendars"),
        ) from error
    with open_text(path, options) as opened, reading(opened.name):
        content = opened.stream.read()
    try:
        found = icalendar.Calendar.from_ical(content, multiple=True)
    except (ValueError, KeyError, IndexError) as error:
        found, reason = [], type(error).__name__
    else:
        reason = "it has no VCALENDAR"
    calendars = [each for each in found if each.name == "VCALENDAR"]
    if not calendars:
        raise RequestError(f"{opened.name} is not a calendar in the format ICS: {reason}", code=UNKNOWN_FORMAT)
    return calendars


def _read(calendars: list[Any], tally: Tally, now: datetime, now_us: int) -> Iterator[Read]:
    import recurring_ical_events

    for calendar in calendars:
        for _ in range(_leave_out(calendar, tally)):
            tally.messages += 1
            yield unreadable(tally.messages, "bad-time")
        found = recurring_ical_events.of(calendar, skip_bad_series=True).between(_EARLIEST, now)
        for event in sorted(found, key=_order):
            tally.messages += 1
            message = _message(event, tally)
            if message is not None:
                yield from to_interactions(message, tally, now_us=now_us)


def _leave_out(calendar: Any, tally: Tally) -> int:
    """Remove what cannot be told in occurrences: events without a start, and series of minutes and seconds; and those
    whose times cannot be read, of which this is the number."""
    kept, wrong = [], 0
    for each in calendar.subcomponents:
        if each.name != "VEVENT":
            kept.append(each)
        elif not _has_times(each):
            wrong += 1
        elif each.get("DTSTART") is None or _frequencies(each).intersection(_TOO_OFTEN):
            tally.left_out[NOTICE] += 1
        else:
            kept.append(each)
    calendar.subcomponents = kept
    return wrong


def _has_times(event: Any) -> bool:
    """Whether its times are times, and one each; others `recurring_ical_events` leaves out in silence, or raises."""
    if any(name in _TIMES for name, _ in event.errors):
        return False
    start, end = (getattr(event.get(name), "dt", None) for name in ("DTSTART", "DTEND"))
    if any(event.get(name) is not None and not isinstance(found, date)
           for name, found in (("DTSTART", start), ("DTEND", end))):  # fmt: skip
        return False
    return start is None or end is None or _utc(start) <= _utc(end)


def _frequencies(event: Any) -> set[str]:
    rules = event.get("RRULE") or []
    return {
        str(name).upper() for rule in (rules if isinstance(rules, list) else [rules]) for name in rule.get("FREQ", ())
    }


def _message(event: Any, tally: Tally) -> Message | None:
    start, end = event.start, event.end
    organiser = event.get("ORGANIZER")
    if str(event.get("STATUS") or "").upper() == "CANCELLED":
        reason = CANCELLED
    elif not isinstance(start, datetime) or not isinstance(end, datetime):
        reason = ALL_DAY
    elif organiser is None or "@" not in str(organiser):
        reason = UNKNOWN_SENDER
    else:
        start, end = _utc(start), _utc(end)
        original = event.get("RECURRENCE-ID")
        number = _utc(original.dt) if original is not None else start
        return Message(
            place=tally.messages,
            channel="meeting",
            sender=address(str(organiser)),
            recipients=_attendees(event, tally),
            at=start.isoformat(),
            kind="meeting",
            name=("meeting", str(event.get("UID") or ""), number.isoformat()),
            duration_s=max(0.0, (end - start).total_seconds()),
        )
    tally.left_out[reason] += 1
    return None


def _attendees(event: Any, tally: Tally) -> list[str]:
    found = event.get("ATTENDEE") or []
    people = []
    for each in found if isinstance(found, list) else [found]:
        about = getattr(each, "params", {})
        if str(about.get("PARTSTAT", "")).upper() == "DECLINED":
            tally.left_out[DECLINED] += 1
        elif str(about.get("CUTYPE", "")).upper() in _NOBODY:
            tally.left_out[ROOM] += 1
        elif "@" in str(each):
            people.append(address(str(each)))
    return people


def _utc(moment: date) -> datetime:
    """A moment without a zone is taken to be in UTC; a day is its first moment."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _order(event: Any) -> tuple[datetime, str]:
    return _utc(event.start), str(event.get("UID") or "")
