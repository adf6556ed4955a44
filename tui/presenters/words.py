"""Words, colours and short forms that all screens share: states and names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from causal_organism.wording.safe_text import safe_name
from tui.states import CXL, FAIL, MISS, OK, PAUSED, QUE, RETRY, RUN, STALE, WAIT

Document = Mapping[str, Any]

_ORDERED_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
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
