"""What happened last, for an overview with many lines: runs that ended, and assets that were made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from causal_organism.wording.amounts import age, duration, moment
from causal_organism.wording.identities import short_id
from causal_organism.wording.run_causes import run_name
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.assets.listing import version_name
from tui.presenters.lines import Line, fit_left, line, word
from tui.presenters.runs.listing import elapsed_s, error_of
from tui.presenters.words import Document, asset_word, state_word
from tui.states import UNFINISHED

_NAME = 28


def ended_lines(document: Document | None, now: datetime, room: int) -> tuple[Line, ...]:
    """The newest runs that have ended: since when, what they were, how they went, who wanted them, why they failed."""
    if document is None:
        return (line(("?", "dim")),)
    ended = [run for run in document.get("runs", ()) if state_word(run) not in UNFINISHED]
    return tuple(_run_line(run, now) for run in ended[:room]) or (line(("none yet", "dim")),)


def made_lines(document: Document | None, now: datetime, room: int) -> tuple[Line, ...]:
    """The assets that were made last: how long ago, and which version that is."""
    if document is None:
        return (line(("?", "dim")),)
    made = [asset for asset in document.get("assets", ()) if moment(asset.get("made_at")) is not None]
    made.sort(key=_made_at, reverse=True)
    return tuple(_asset_line(asset, now) for asset in made[:room]) or (line(("none yet", "dim")),)


def _run_line(run: Document, now: datetime) -> Line:
    when, took = age(run.get("started_at") or run.get("scheduled_at"), now), duration(elapsed_s(run, now))
    name, by = fit_left(run_name(run), _NAME), safe_name(run.get("trigger") or "-")
    said = safe_text(error_of(run), limit=200)
    return line(
        (f"{when:>4}  ", "dim"), f"{short_id(run['id']):<9}{name} ", word(state_word(run)), f"{took:>7}  {by:<9}",
        (said, "dim"),
    )  # fmt: skip


def _asset_line(asset: Mapping[str, object], now: datetime) -> Line:
    name = fit_left(safe_name(asset.get("key", "")), _NAME)
    return line(
        (f"{age(asset.get('made_at'), now):>4}  ", "dim"), f"{name} ", word(asset_word(asset)),
        f"{version_name(asset):>7}",
    )  # fmt: skip


def _made_at(asset: Document) -> float:
    at = moment(asset.get("made_at"))
    return at.timestamp() if at is not None else 0.0
