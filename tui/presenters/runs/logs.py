"""Log lines: one document's line as text with a tone, a bounded buffer of them, and the search in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC
from itertools import islice

from causal_organism.wording.amounts import moment
from causal_organism.wording.safe_text import LINE_LIMIT, safe_name, safe_text
from tui.presenters.lines import Line, line, wrapped
from tui.presenters.words import Document

CAPACITY = 5_000
_LEVELS = {50: "CRIT", 40: "ERROR", 30: "WARN", 20: "INFO", 10: "DEBUG"}
LEVELS = {0: "all", 20: "INFO", 30: "WARN", 40: "ERROR"}
"""What the lines of a log may be narrowed to: from this level on."""
_TONES = {"CRIT": "bad", "CRITICAL": "bad", "ERROR": "bad", "WARN": "warn", "WARNING": "warn", "DEBUG": "dim"}


def level_name(level: object) -> str:
    """`INFO` from a number or a name."""
    if isinstance(level, int) and not isinstance(level, bool):
        return _LEVELS.get(level // 10 * 10, str(level))
    name = safe_name(level or "INFO").upper()
    return {"WARNING": "WARN", "CRITICAL": "CRIT"}.get(name, name)


def level_number(level: object) -> int:
    """40 for ERROR; a level that nobody knows counts as INFO."""
    if isinstance(level, int) and not isinstance(level, bool):
        return level
    name = level_name(level)
    return next((number for number, known in _LEVELS.items() if known == name), 20)


def log_text(entry: Document, *, stamps: bool, dated: bool = False) -> tuple[str, str]:
    """(text, tone) of one entry: the first line of its message."""
    level = level_name(entry.get("level"))
    at = moment(entry.get("timestamp"))
    clock = at.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3] + " " if stamps and at else ""
    stamp = f"{at.astimezone(UTC).isoformat(timespec='milliseconds')} " if dated and at else clock
    who = entry.get("task") or entry.get("name") or ""
    head = f"{stamp}{level:<5} {safe_name(who, limit=24) + ' ' if who else ''}"
    first = _message_lines(entry)[0]
    return head + safe_text(first, limit=LINE_LIMIT), _TONES.get(level, "")


def more_lines(entry: Document) -> list[str]:
    """The further lines of a message, as of a traceback; indented, so that none looks like an entry of its own."""
    return [f"    {safe_text(each, limit=LINE_LIMIT)}" for each in _message_lines(entry)[1:]]


def _message_lines(entry: Document) -> list[str]:
    return str(entry.get("message", "")).rstrip("\n").split("\n")


class LogBuffer:
    """The newest entries of one run, oldest first. `dropped` counts what had to go; `again` says how that is seen."""

    def __init__(self, capacity: int = CAPACITY, *, again: str = "l shows all"):
        self._entries: deque[Document] = deque(maxlen=capacity)
        self.dropped = 0
        self.again = again

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entries: Iterable[Document]) -> int:
        """Append; how many came."""
        new = list(entries)
        capacity = self._entries.maxlen or 0
        self.dropped += max(0, len(self._entries) + len(new) - capacity)
        self._entries.extend(new)
        return len(new)

    def lines(self, width: int, *, wrap: bool, stamps: bool, only: str = "", start: int = 0) -> list[Line]:
        """Lines from entry `start` on, of entries that contain the text `only`."""
        out: list[Line] = []
        if start == 0 and self.dropped:
            out.append(line((f"... {self.dropped:,} older lines are not kept here ({self.again})", "dim")))
        for entry in islice(self._entries, start, None):
            text, tone = log_text(entry, stamps=stamps)
            shown = [text, *more_lines(entry)]
            if only and not any(only.lower() in each.lower() for each in shown):
                continue
            out += [((part, tone),) for each in shown for part in (wrapped(each, width, 4) if wrap else (each,))]
        return out


def matches(lines: Iterable[Line], wanted: str) -> tuple[int, ...]:
    """Places of the lines that contain the text, in any case."""
    low = wanted.lower()
    return tuple(i for i, each in enumerate(lines) if low in "".join(text for text, _ in each).lower()) if low else ()


def next_match(found: tuple[int, ...], current: int, *, forward: bool) -> int | None:
    """The match after (or before) a line, going around at the end; None if there is none."""
    if not found:
        return None
    if forward:
        return next((place for place in found if place > current), found[0])
    return next((place for place in reversed(found) if place < current), found[-1])
