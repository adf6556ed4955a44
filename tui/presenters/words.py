"""Words, colours and short forms that all screens share: states, ages, durations, causes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from causal_organism.wording.safe_text import LINE_LIMIT, safe_name, safe_text
from tui.states import CXL, FAIL, MISS, OK, PAUSED, QUE, RETRY, RUN, STALE, WAIT

Document = Mapping[str, Any]

_ORDERED_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_FINGERPRINT = 16  # hexadecimal digits from which on a text is taken for one, and shortened
TONES: Mapping[str, str] = {
    OK: "ok",
    STALE: "warn",
    FAIL: "bad",
    RUN: "run",
    RETRY: "warn",
    WAIT: "dim",
    QUE: "run",
    CXL: "dim",
    MISS: "warn",
    PAUSED: "warn",
}
_RUN_WORDS: Mapping[str, str] = {
    "completed": OK,
    "cached": OK,
    "done": OK,
    "nothing": OK,
    "made": OK,
    "unchanged": OK,
    "skipped": OK,
    "failed": FAIL,
    "crashed": FAIL,
    "rejected": FAIL,
    "timedout": FAIL,
    "running": RUN,
    "retrying": RETRY,
    "awaitingretry": RETRY,
    "scheduled": QUE,
    "late": QUE,
    "pending": QUE,
    "queued": QUE,
    "awaitingconcurrencyslot": WAIT,
    "resuming": QUE,
    "submitting": QUE,
    "infrastructurepending": QUE,
    "blocked": WAIT,
    "paused": PAUSED,
    "suspended": PAUSED,
    "cancelling": CXL,
    "cancelled": CXL,
}


def tone_of(word: str) -> str:
    return TONES.get(word, "")


def state_word(document: Document) -> str:
    """The state word of a run or task; one with a name that only newer servers know goes by its type."""
    name, kind = document.get("state"), document.get("state_type")
    return run_word(name if _plain_name(name) in _RUN_WORDS or not kind else kind)


def run_word(state: object) -> str:
    """The state word of a Prefect state name or of an outcome; an unknown one is shown as it is, cut to six."""
    name = _plain_name(state)
    return _RUN_WORDS.get(name) or safe_name(name or "-", limit=60).upper()[:6]


def _plain_name(state: object) -> str:
    return str(state or "").replace(" ", "").lower()


def short_id(id: object) -> str:
    """Eight characters that tell runs apart. Ids that begin with a time (UUID version 7) are alike there."""
    text = safe_name(id)
    return f"..{text[-6:]}" if _ORDERED_ID.fullmatch(text) else text[:8]


def asset_word(asset: Document) -> str:
    """One word for an asset: what is happening now, then what failed, then what the ledger says."""
    if asset.get("making"):
        return RUN
    if asset.get("attempt"):
        return FAIL
    return {"fresh": OK, "stale": STALE, "missing": MISS}.get(str(asset.get("status")), STALE)


def place_name(row: Document) -> str:
    """The key, and the partition where the row is about one: `daily/sum[day=2026-01-31]`."""
    where = ",".join(f"{name}={member}" for name, member in (row.get("partition") or {}).items())
    return safe_name(str(row.get("key", "")) + (f"[{where}]" if where else ""))


def moment(value: object) -> datetime | None:
    """An aware moment from a document's text; None for what is none."""
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
    """`12:03:41Z`; `-` where there is no moment."""
    at = moment(value)
    if at is None:
        return "-"
    return at.astimezone(UTC).strftime("%H:%M:%SZ" if seconds else "%H:%MZ")


def date_clock(value: object, now: datetime) -> str:
    """`12:03:41` today, `Nov 23 12:03` on another day."""
    at = moment(value)
    if at is None:
        return "-"
    at = at.astimezone(UTC)
    return at.strftime("%H:%M:%S" if at.date() == now.astimezone(UTC).date() else "%b %d %H:%M")


def age(value: object, now: datetime) -> str:
    """How long ago, in one unit: `9s`, `4m`, `9h`, `3d`."""
    at = moment(value)
    return "-" if at is None else short_duration(max(0.0, (now - at).total_seconds()))


def short_duration(seconds: float | None) -> str:
    """One unit: `9s`, `4m`, `9h`, `3d`; `-` where unknown."""
    if seconds is None:
        return "-"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


def duration(seconds: float | None) -> str:
    """Two units where the smaller one matters: `0.4s`, `38s`, `1m12s`, `2h05m`; `-` where unknown."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f}s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3_600}h{whole % 3_600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3_600:02}h"


def count(value: int | float | None) -> str:
    return "-" if value is None else f"{int(value):,}"


def cause_words(cause: Document) -> str:
    """A cause in words, led by the input it is about."""
    kind, about = str(cause.get("kind", "")), cause.get("input")
    was, now = _short(cause.get("was")), _short(cause.get("now"))
    subject = safe_name(about) if about else ""
    moved = f" ({was} -> {now})" if was and now and was != now else ""
    match kind:
        case "never-made":
            return "never made"
        case "code-changed":
            return f"code changed{moved}"
        case "input-changed":
            return f"{subject} changed{moved}"
        case "input-added":
            return f"{subject} was added as input"
        case "input-removed":
            return f"{subject} is no longer an input"
        case "too-old":
            return f"too old{moved}"
        case "check-failed":
            return f"check failed{': ' + subject if subject else ''}"
        case "pinned":
            return f"pinned{' at v' + was if was else ''}"
    return safe_name(" ".join(part for part in (kind, subject) if part))


def _short(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        value = value.get("version") or value.get("fingerprint") or ""
    text = safe_text(value, limit=LINE_LIMIT)
    digits = text.rpartition(":")[2]
    if len(digits) >= _FINGERPRINT and all(character in "0123456789abcdef" for character in digits):
        return digits[:8]
    return text if len(text) <= 24 else text[:23] + "~"
