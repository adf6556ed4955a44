"""What the fixed bands say: status bar, tabs, breadcrumb, the row about a lost link, and the key row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from causal_organism.wording.amounts import clock, short_duration
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.actions import Action, key_name
from tui.presenters.lines import Line, Piece, line
from tui.presenters.overview import Documents, status_counts
from tui.source import Place

TABS = ("Overview", "Assets", "Runs", "Queues", "Interventions")
_TONES = {"stale": "warn", "run": "run", "fail": "bad", "wait": "warn"}
_MS_STEP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """How fresh the data is. `at` is None before the first answer."""

    at: datetime | None
    stale_s: float | None = None
    waiting_s: float = 0.0
    frozen: bool = False


def status_lines(place: Place, documents: Documents, api_ms: float | None, now: datetime) -> tuple[Line, Line]:
    """Name, context, mode and speed on the left; counts and the time on the right."""
    mode = ("[RO]", "warn") if place.read_only else ("[RW]", "")
    left = line(
        (f" {safe_name(place.name, limit=16)}", "head"), f" {safe_name(place.context, limit=24)} ", mode,
        f" api {_speed(api_ms)}",
    )  # fmt: skip
    right: list[Piece] = []
    for name, number in status_counts(documents, now).items():
        right.append((f"{name} {number:,}", _TONES[name] if number else ""))
        right.append(("  ", ""))
    return left, (*right, (clock(now, seconds=False) + " ", ""))


def tab_lines(current: int, proposals: int) -> tuple[Line, Line]:
    """The screens with their digits, the current one in brackets."""
    pieces: list[str | Piece] = []
    for index, name in enumerate(TABS):
        label = f"{index + 1} {name}" + (f"({proposals})" if name == "Interventions" and proposals else "")
        pieces.append((f"[{label}]", "head") if index == current else f" {label} ")
    return line(*pieces), line("? help ")


def crumb_lines(name: str, screen: str, parts: Sequence[str], extras: str, as_of: AsOf) -> tuple[Line, Line]:
    """Where one is, and how fresh that is."""
    where = " > ".join((safe_name(name, limit=16), screen, *(safe_name(part) for part in parts)))
    if as_of.at is None:
        fresh: Piece = (f"loading ... {int(as_of.waiting_s)}s", "dim")
    elif as_of.frozen:
        fresh = (f"FROZEN as of {clock(as_of.at)}", "warn")
    elif as_of.stale_s is not None:
        fresh = (f"STALE DATA {short_duration(as_of.stale_s)}", "bad")
    else:
        fresh = (f"as of {clock(as_of.at)}", "")
    return line(" " + where), line(f"{extras}  " if extras else "", fresh, " ")


def lost_words(why: str, as_of: datetime | None, failures: int, retry_in_s: float) -> str:
    """`link lost (runs: …) - showing data as of 12:03:38Z, try 2 in 4s`."""
    seen = f"showing data as of {clock(as_of)}" if as_of else "nothing was read yet"
    return f"link lost - {seen}, try {failures + 1} in {int(retry_in_s + 0.999)}s ({safe_text(why, limit=300)})"


def key_line(actions: Sequence[tuple[Action, bool]], last: Sequence[tuple[Action, bool]], width: int) -> Line:
    """Keys with their labels, as many as fit; `last` always fits. Those that are refused now are dim, in brackets."""
    ending = [_key(action, allowed) for action, allowed in last]
    room = width - sum(len(text) for text, _ in ending) - 1
    pieces: list[Piece] = [(" ", "")]
    for action, allowed in actions:
        text, tone = _key(action, allowed)
        if len(text) > room:
            break
        pieces.append((text, tone))
        room -= len(text)
    return (*pieces, *ending)


def _key(action: Action, allowed: bool) -> Piece:
    text = f"{key_name(action.keys[0])} {action.label}"
    return (f"{text}  ", "") if allowed else (f"({text})  ", "dim")


def _speed(ms: float | None) -> str:
    """In steps, so that the bar does not change with every answer."""
    if ms is None:
        return "-"
    if ms < _MS_STEP:
        return f"<{_MS_STEP}ms"
    return f"{round(ms / _MS_STEP) * _MS_STEP}ms"
