"""Words, colours and short forms that all screens share: states and names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from causal_organism.wording.run_states import STATES
from causal_organism.wording.safe_text import safe_name
from tui.states import CXL, CXLING, FAIL, LATE, MISS, OK, PAUSED, QUE, RETRY, RUN, STALE, WAIT

Document = Mapping[str, Any]
Worked = TypeVar("Worked")


class Kept(dict[str, Any]):
    """A document as the console keeps it, with what was worked out of it: that happens once, not with every look."""

    __slots__ = ("worked",)

    def __init__(self, document: Document):
        super().__init__(document)
        self.worked: dict[Callable[[Document], Any], Any] = {}


def worked_out(document: Document, work: Callable[[Document], Worked]) -> Worked:
    """What `work` makes of a document, which never changes; nobody may change that either."""
    if not isinstance(document, Kept):
        return work(document)
    if work not in document.worked:
        document.worked[work] = work(document)
    found: Worked = document.worked[work]
    return found


TONES: Mapping[str, str] = {
    OK: "ok",
    STALE: "warn",
    FAIL: "bad",
    RUN: "run",
    RETRY: "warn",
    WAIT: "dim",
    QUE: "run",
    CXL: "dim",
    CXLING: "warn",
    MISS: "warn",
    PAUSED: "warn",
    LATE: "warn",
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
    "cancelling": CXLING,
    "cancelled": CXL,
}


RUN_STATES: Mapping[str, tuple[str, ...]] = {
    word.lower(): tuple(name for name, same in _RUN_WORDS.items() if same == word and name in map(str.lower, STATES))
    for word in (OK, FAIL, RUN, RETRY, QUE, WAIT, PAUSED, CXLING, CXL)
}
"""State word, in lower case -> the names of states that people may ask a list of runs for."""


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


def asset_word(asset: Document) -> str:
    """One word for an asset: what is happening now, then what failed, then what the ledger says."""
    if asset.get("making"):
        return RUN
    if asset.get("attempt"):
        return FAIL
    return {"fresh": OK, "stale": STALE, "missing": MISS}.get(str(asset.get("status")), STALE)


def number_text(value: Any, prefix: str = "") -> str:
    """A number of tries or of a version: `-` for none, `?` for what is not a number."""
    if value is None or value == 0:
        return "-"
    return "?" if value != value else f"{prefix}{value}"


def place_name(row: Document) -> str:
    """The key, and the partition where the row is about one: `daily/sum[day=2026-01-31]`."""
    where = ",".join(f"{name}={member}" for name, member in (row.get("partition") or {}).items())
    return safe_name(str(row.get("key", "")) + (f"[{where}]" if where else ""))
