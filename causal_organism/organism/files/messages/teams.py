"""Messages of Teams (or any other chat) as a table: a row per message, its recipients in one cell."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from email.utils import getaddresses
from pathlib import Path

from causal_organism.errors import RequestError
from causal_organism.organism.files.delimited import find_delimiter, split_row
from causal_organism.organism.files.headers import fold_name, listed
from causal_organism.organism.files.interactions import Read
from causal_organism.organism.files.messages.message import (
    BOT,
    JOIN,
    UNKNOWN_SENDER,
    Message,
    Tally,
    address,
    event_id,
    to_interactions,
    unreadable,
)
from causal_organism.organism.files.numbered_lines import numbered_lines
from causal_organism.organism.files.opening import BAD_HEADER, FileOptions, open_text, reading

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sender": ("sender", "from", "sender_email", "senderemail", "from_user", "author", "source"),
    "recipients": ("recipients", "to", "recipient", "recipient_emails", "members", "participants", "target"),
    "at": ("datetime", "date_time", "timestamp", "sent", "sent_at", "createddatetime", "created", "date", "time", "at"),
    "type": ("type", "message_type", "messagetype", "event", "kind"),
    "channel": ("channel", "channel_name", "team", "team_name", "chat", "chat_id", "chatid", "thread_id", "threadid"),
    "id": ("message_id", "messageid", "id"),
}
_REQUIRED = ("sender", "recipients", "at")
_JOINS = re.compile(r"join|leave|left|added|removed|member|system|event|topic|rename", re.IGNORECASE)
_BOTS = re.compile(r"bot|application|connector|webhook|card", re.IGNORECASE)
_SEVERAL = re.compile(r"[;|]")
_REMEMBERED = 1 << 16


def read_teams(
    stack: ExitStack, path: str | Path, tally: Tally, *, now_us: int, options: FileOptions
) -> Iterator[Read]:
    """Interactions, by line.

    Raises:
        RequestError: it cannot be read, or its header lacks the sender, the recipients or the time (`bad-header`).
    """
    opened = stack.enter_context(open_text(path, options))
    with reading(opened.name):
        lines = numbered_lines(opened.stream)
        first = next(lines, (1, b""))[1].decode("utf-8", "replace")
    known = [each for names in _COLUMNS.values() for each in names]
    delimiter = options.delimiter or find_delimiter(first, known)
    columns = _columns(opened.name, split_row(first, delimiter), options)
    return _read(opened.name, lines, delimiter, columns, tally, now_us)


def _columns(name: str, header: list[str] | str, options: FileOptions) -> Mapping[str, int]:
    """Place of each of our columns; of two that fit, that of the more usual name."""
    found = [] if isinstance(header, str) else header
    mapped = {fold_name(theirs): fold_name(ours) for theirs, ours in options.columns.items()}
    folded = [mapped.get(fold_name(each), fold_name(each)) for each in found]
    twice = next((each for place, each in enumerate(folded) if each and each in folded[:place]), None)
    if twice is not None:
        raise RequestError(f"{name} has the column {twice!r} twice", code=BAD_HEADER)
    places = {
        ours: folded.index(theirs)
        for ours, names in _COLUMNS.items()
        for theirs in reversed((ours, *names))
        if theirs in folded
    }
    missing = [each for each in _REQUIRED if each not in places]
    if missing:
        raise RequestError(
            f"{name} has no column for {', '.join(missing)}; it has {listed(found)}",
            hint="Sender, Recipients and DateTime are needed; --map FILE (CSV `theirs,ours`) says what they are called",
            code=BAD_HEADER,
        )
    return places


def _read(
    name: str, lines: Iterator[tuple[int, bytes]], delimiter: str, columns: Mapping[str, int], tally: Tally, now_us: int
) -> Iterator[Read]:
    repeats = _Repeats()
    with reading(name):
        for number, line in lines:
            values = split_row(line.decode("utf-8", "replace"), delimiter)
            tally.messages += 1
            if isinstance(values, str) or len(values) <= max(columns[each] for each in _REQUIRED):
                yield unreadable(number, "not-text")
                continue
            cells = {each: values[place].strip() for each, place in columns.items() if place < len(values)}
            yield from _interactions(cells, number, repeats, tally, now_us)


def _interactions(
    cells: Mapping[str, str], number: int, repeats: _Repeats, tally: Tally, now_us: int
) -> Iterator[Read]:
    kind, sender = cells.get("type", ""), next(iter(_people(cells["sender"])), "")
    if _BOTS.search(kind) or sender.startswith("28:"):
        tally.left_out[BOT] += 1
    elif _JOINS.search(kind):
        tally.left_out[JOIN] += 1
    elif not sender:
        tally.left_out[UNKNOWN_SENDER] += 1
    elif (at := _moment(cells["at"])) is None:
        yield unreadable(number, "bad-time")
    else:
        recipients = _people(cells["recipients"])
        named = cells.get("id") or event_id(at, cells.get("channel", ""), sender, *sorted(recipients))
        message = Message(
            place=number,
            channel=cells.get("channel") or kind or "chat",
            sender=sender,
            recipients=recipients,
            at=at,
            kind=kind.casefold() or "chat",
            name=("teams", named) if cells.get("id") else ("teams", named, repeats.count(named)),
        )
        yield from to_interactions(message, tally, now_us=now_us)


class _Repeats:
    """How often a row without an id of its own stood there before: rows of one moment that are the same are several
    messages, and in the next export the same ones. The last ones are remembered."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()

    def count(self, name: str) -> str:
        self._counts[name] = self._counts.pop(name, 0) + 1
        if len(self._counts) > _REMEMBERED:
            self._counts.popitem(last=False)
        return str(self._counts[name])


def _people(cell: str) -> Sequence[str]:
    """People of a cell: parted by semicolons or bars, or, where all are addresses, by commas."""
    found: list[str] = []
    for part in _SEVERAL.split(cell):
        addresses = [each for _, each in getaddresses([part]) if "@" in each]
        found += addresses or [part]
    return [each for each in map(address, found) if each]


def _moment(text: str) -> str | None:
    """In UTC; Teams writes UTC, so a time without a zone is one."""
    try:
        moment = datetime.fromisoformat(text.replace("z", "Z"))
    except ValueError:
        return None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()
