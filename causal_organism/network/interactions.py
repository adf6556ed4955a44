"""Interactions: the contract at the door, and the reasons for refusing one.

`parse` serves stream entries (bytes), objects of JSONL files and rows of CSV files. It checks in this order and names
the first thing that is wrong:

1. `too-large`      names and values together are over 16 KiB;
2. `missing-field`  no `source`, `target` or `at` (or it is null, or an empty cell of a CSV row);
3. `not-text`       a known field is not UTF-8, or not text where text is needed; `kind` holds what no store can keep;
4. `bad-id`         `source`, `target` or `id` is empty, longer than 200 characters, or holds control characters;
5. `self`           source and target are the same;
6. `bad-time`       `at` is not an ISO 8601 time with a zone and no epoch, or lies outside the years 1900 to 9999;
7. `future`         `at` is more than 10 minutes ahead of now;
8. `bad-weight`     not finite, not above 0, rounds to 0 millionths, or above 10**9;
9. `bad-time`       `duration_s` is not a finite number of at least 0 (the nearest of the listed reasons).

Nothing is stripped from ids. An empty `kind` or `id` counts as absent. Other fields are ignored, but count for size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Any, NamedTuple

REASONS = ("missing-field", "bad-id", "bad-time", "future", "bad-weight", "self", "not-text", "too-large")

REQUIRED = ("source", "target", "at")
OPTIONAL = ("kind", "weight", "duration_s", "id")
DEFAULT_KIND = "interaction"

MAX_BYTES = 16 * 1024
MAX_ID_CHARACTERS = 200
MAX_WEIGHT_U = 10**15
MILLION = 10**6
AHEAD_US = 10 * 60 * MILLION

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST_US = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LATEST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN = re.compile(  # the values of a plain entry, with NUL between them
    r"([^\x00-\x1f\x7f-\x9f]{1,200})\0([^\x00-\x1f\x7f-\x9f]{1,200})\0"  # source, target
    r"(?:([0-9]{1,11})|([0-9]{4}-[^\0]{1,40}))\0([^\0]*)\0"  # at; kind
    r"([0-9]{1,9})(?:\.([0-9]{1,6}))?\0([0-9]{1,9}(?:\.[0-9]{1,9})?)?\0([^\x00-\x1f\x7f-\x9f]{0,200})"  # the rest
)
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_SIX_PLACES = Decimal("0.000001")
_EXACT = Context(prec=60, traps=[])
_SHOWN_FIELDS, _SHOWN_CHARACTERS = 32, 1000


class Interaction(NamedTuple):
    """One valid interaction. `at_us`: microseconds UTC; `weight_u`: integer millionths, 0 < weight_u <= 10**15.

    A tuple, since every event makes one: a frozen dataclass takes four times as long (1.0 us against 0.25).
    """

    entry: str  # id of the stream entry; "" before it has one
    source: str
    target: str
    at_us: int
    kind: str
    weight_u: int
    duration_s: float | None
    sender_id: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that no interaction can be read from. `reason` is one of REASONS; `fields` are printable text."""

    entry: str
    reason: str
    fields: Mapping[str, str]


class _RefusedFieldError(Exception):
    """A field that cannot be taken; its one argument is the reason."""


def parse(fields: Mapping[bytes, bytes] | Mapping[str, object], *, entry: str, now_us: int) -> Interaction | Refusal:
    """The interaction that an entry holds, or why there is none. Never raises.

    Numbers and times may be text or numbers; fractions of a microsecond are cut off, weights rounded (half to even).
    """
    try:
        return _read_plain(fields, entry, now_us) or _read(fields, entry, now_us)
    except _RefusedFieldError as refused:
        return refuse(fields, entry=entry, reason=str(refused))


def refuse(fields: Mapping[bytes, bytes] | Mapping[str, object], *, entry: str, reason: str) -> Refusal:
    """A refusal with printable copies of all fields; of those that are too large, the beginnings."""
    shown = {printable(name): printable(value) for name, value in fields.items()}
    if reason == "too-large":
        shown = {_cut(name): _cut(value) for name, value in list(shown.items())[:_SHOWN_FIELDS]}
    return Refusal(entry, reason, shown)


def to_fields(interaction: Interaction) -> dict[str, str]:
    """The text fields to write to the stream; `parse` gives the same interaction again, exactly."""
    whole, millionths = divmod(interaction.weight_u, MILLION)
    fields = {
        "source": interaction.source,
        "target": interaction.target,
        "at": moment_text(interaction.at_us),
        "kind": interaction.kind,
        "weight": f"{whole}.{millionths:06d}".rstrip("0").rstrip("."),
    }
    if interaction.duration_s is not None:
        fields["duration_s"] = repr(interaction.duration_s)
    if interaction.sender_id is not None:
        fields["id"] = interaction.sender_id
    return fields


def moment_text(at_us: int) -> str:
    """Microseconds UTC in ISO 8601, with `+00:00` behind them."""
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat()


def moment_of(refusal: Refusal) -> int | None:
    """When a refused entry says that it was, in microseconds UTC; None where that cannot be read."""
    try:
        return _time(refusal.fields["at"])
    except (KeyError, _RefusedFieldError):
        return None


def is_id(text: str) -> bool:
    """1 to 200 characters, none of them control characters."""
    return 1 <= len(text) <= MAX_ID_CHARACTERS and not _CONTROL.search(text)


def printable(value: Any) -> str:
    """Text that any store can keep and any terminal can show: control characters and bad bytes become escapes."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return _CONTROL.sub(_escape, value if isinstance(value, str) else _repr(value))


def _read_plain(fields: Mapping[Any, Any], entry: str, now_us: int) -> Interaction | None:
    """What `_read` gives, in a quarter of its time, where an entry is as nearly all are; None: `_read` must look.

    Plain: bytes, known fields only, numbers of ordinary length. `test_plain_entries_are_read_as_all_others_are` holds
    the two together.
    """
    get = fields.get
    kind, weight, duration, sender = get(b"kind"), get(b"weight"), get(b"duration_s"), get(b"id")
    ends: list[Any] = [get(b"source"), get(b"target"), get(b"at")]
    if len(fields) != 7 - (kind, weight, duration, sender).count(None) or b"" in (weight, duration):
        return None
    try:
        joined = b"\0".join((*ends, kind or b"", weight or b"1", duration or b"", sender or b""))
        found = _PLAIN.fullmatch(joined.decode()) if len(joined) < MAX_BYTES // 2 else None
    except (TypeError, UnicodeDecodeError):
        return None
    if found is None or found[1] == found[2]:
        return None
    source, target, seconds, moment, kind, weight, millionths, duration, sender = found.groups()
    at_us = int(seconds) * MILLION if seconds else _moment(moment)
    weight_u = int(weight) * MILLION + (int(millionths.ljust(6, "0")) if millionths else 0)
    if not weight_u or at_us > min(now_us + AHEAD_US, _LATEST_US):
        return None
    duration_s = float(duration) if duration else None
    return Interaction(entry, source, target, at_us, kind or DEFAULT_KIND, weight_u, duration_s, sender or None)


def _read(fields: Mapping[Any, Any], entry: str, now_us: int) -> Interaction:
    if sum(_size(name) + _size(value) for name, value in fields.items()) > MAX_BYTES:
        raise _RefusedFieldError("too-large")
    found = {name: value for name in (*REQUIRED, *OPTIONAL) if (value := _find(fields, name)) is not None}
    if any(name not in found for name in REQUIRED):
        raise _RefusedFieldError("missing-field")
    found = {name: _decode(value) for name, value in found.items()}
    source, target, kind, sender_id = _texts(found)
    for each in (source, target, sender_id):
        if each is not None and not is_id(each):
            raise _RefusedFieldError("bad-id")
    if source == target:
        raise _RefusedFieldError("self")
    at_us = _time(found["at"])
    if at_us > now_us + AHEAD_US:
        raise _RefusedFieldError("future")
    weight_u = _weight(found["weight"]) if "weight" in found else MILLION
    duration_s = _duration(found["duration_s"]) if "duration_s" in found else None
    return Interaction(entry, source, target, at_us, kind, weight_u, duration_s, sender_id)


def _find(fields: Mapping[Any, Any], name: str) -> Any:
    value = fields.get(name)
    return fields.get(name.encode()) if value is None else value


def _size(value: Any) -> int:
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, int):
        return value.bit_length() // 3 + 1  # digits, nearly; str() of a long one is slow or an error
    return len(_repr(value))


def _decode(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _RefusedFieldError("not-text") from None


def _texts(found: Mapping[str, object]) -> tuple[str, str, str, str | None]:
    source, target, kind, sender_id = found["source"], found["target"], found.get("kind"), found.get("id")
    if not (isinstance(source, str) and isinstance(target, str)):
        raise _RefusedFieldError("not-text")
    if not (isinstance(kind, str | None) and isinstance(sender_id, str | None)):
        raise _RefusedFieldError("not-text")
    if _UNSTORABLE.search(kind or ""):
        raise _RefusedFieldError("not-text")
    return source, target, kind or DEFAULT_KIND, sender_id or None


def _number(value: Any) -> Decimal | None:
    """The exact finite number, or None. `bool` is not a number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip(" ")
        return Decimal(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, int):
        return Decimal(value)
    return value if isinstance(value, Decimal) and value.is_finite() else None


def _time(value: Any) -> int:
    seconds = _number(value)
    if seconds is not None:
        if not _EARLIEST_US // MILLION <= seconds < _LATEST_US // MILLION + 1:
            raise _RefusedFieldError("bad-time")
        return int(seconds.quantize(_SIX_PLACES, ROUND_FLOOR, _EXACT).scaleb(6, _EXACT))
    if not isinstance(value, str):
        raise _RefusedFieldError("bad-time")
    return _moment(value)


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip(" ").replace("z", "Z"))
    except ValueError:
        raise _RefusedFieldError("bad-time") from None
    if moment.tzinfo is None:
        raise _RefusedFieldError("bad-time")
    at_us = (moment - _EPOCH) // _MICROSECOND
    if not _EARLIEST_US <= at_us <= _LATEST_US:
        raise _RefusedFieldError("bad-time")
    return at_us


def _weight(value: Any) -> int:
    weight = _number(value)
    if weight is None or not 0 < weight < 2 * 10**9:
        raise _RefusedFieldError("bad-weight")
    weight_u = int(weight.quantize(_SIX_PLACES, ROUND_HALF_EVEN, _EXACT).scaleb(6, _EXACT))
    if not 0 < weight_u <= MAX_WEIGHT_U:
        raise _RefusedFieldError("bad-weight")
    return weight_u


def _duration(value: Any) -> float:
    number = _number(value)
    duration_s = -1.0 if number is None else float(number)
    if number is None or number < 0 or not math.isfinite(duration_s):
        raise _RefusedFieldError("bad-time")
    return abs(duration_s)  # -0 is 0


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # an integer too long to print; nesting too deep
        return f"<{type(value).__name__}>"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
