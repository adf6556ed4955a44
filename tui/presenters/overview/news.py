"""What changed since somebody looked last, in one line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from causal_organism.wording.amounts import count, date_clock, moment
from tui.presenters.overview.summary import RUNS_KNOWN, Documents, proposals_of
from tui.presenters.words import state_word
from tui.states import FAIL


def news_words(documents: Documents, since: datetime | None, now: datetime) -> str:
    """`since 22:10:04: 8 runs, 2 failed, 4 assets made, 1 decision`; empty: nobody looked, or much is unknown."""
    if since is None or any(documents.get(name) is None for name in ("runs", "assets", "proposals")):
        return ""
    runs = [run for run in (documents["runs"] or {}).get("runs", ()) if _is_after(run.get("started_at"), since)]
    failed = sum(state_word(run) == FAIL for run in runs)
    assets = (documents["assets"] or {}).get("assets", ())
    made = sum(_is_after(asset.get("made_at"), since) for asset in assets)
    decided = sum(
        _is_after(event.get("at"), since)
        for proposal in proposals_of(documents)
        for event in proposal.get("events") or ()
        if event.get("was")
    )
    more = "+" if len(runs) >= RUNS_KNOWN else ""
    told = (
        (len(runs), f"{count(len(runs))}{more} run{'' if len(runs) == 1 else 's'}"),
        (failed, f"{count(failed)} failed"),
        (made, f"{count(made)} asset{'' if made == 1 else 's'} made"),
        (decided, f"{count(decided)} decision{'' if decided == 1 else 's'}"),
    )
    return f"since {date_clock(since.isoformat(), now)}: {_joined(text for number, text in told if number)}"


def _is_after(value: object, since: datetime) -> bool:
    at = moment(value)
    return at is not None and at > since


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts) or "nothing new"
