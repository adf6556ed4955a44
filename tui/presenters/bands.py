"""What the fixed bands say: status bar, tabs, breadcrumb, the row about a lost link, and the key row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from causal_organism.wording.amounts import clock
from causal_organism.wording.safe_text import safe_name
from tui.actions import Action, key_name
from tui.presenters.lines import Line, Piece, line, plain
from tui.presenters.overview.summary import Documents, status_counts
from tui.source import Place

TABS = ("Overview", "Assets", "Runs", "Queues", "Interventions")
_TONES = {"stale": "warn", "run": "run", "fail": "bad", "wait": "warn"}
_NAMED = frozenset({"space", "enter", "esc", "tab"})  # keys that are called so
CRUMB_GAPS = 4
"""Blanks in the line that says where one is: before how fresh that is, behind a filter, and at its end."""
_SPEEDS = ((30, "30ms"), (100, "100ms"), (300, "300ms"), (1_000, "1s"), (5_000, "5s"))


def status_lines(place: Place, documents: Documents, api_ms: float | None, now: datetime) -> tuple[Line, Line]:
    """Name, context, mode and speed on the left; counts and the time on the right."""
    mode = ("[RO]", "warn") if place.read_only else ("[RW]", "dim")
    left = line(
        (" ◆ ", "accent"), (safe_name(place.name, limit=16), "accent"), f" {safe_name(place.context, limit=24)} ", mode,
        *([(" PRODUCTION", "bad")] if place.production else []), (f" api {_speed(api_ms)}", "dim"),
    )  # fmt: skip
    right: list[Piece] = []
    for name, number in status_counts(documents, now).items():
        shown = "?" if number is None else f"{number:,}"
        right += [(f"{name} ", "dim"), (shown, _TONES[name] if number else "dim"), ("  ", "")]
    return left, (*right, (clock(now, seconds=False) + " ", ""))


def tab_lines(current: int, waiting: int | None, *, help_key: str) -> tuple[Line, Line]:
    """The screens with their digits, the current one in brackets. `waiting`: interventions that wait for a person."""
    pieces: list[str | Piece] = []
    for index, name in enumerate(TABS):
        label = name + (f"({waiting})" if name == "Interventions" and waiting else "")
        if index == current:
            pieces.append((f" {index + 1} {label} ", "tab"))
        else:
            pieces += [(f" {index + 1} ", "accent"), f"{label} "]
    return line(" ", *pieces), line((f"{key_name(help_key)} ", "key"), ("help ", "dim"))


def crumb_line(name: str, screen: str, parts: Sequence[str]) -> Line:
    """Where one is."""
    first, *rest = (safe_name(name, limit=16), screen, *(safe_name(part) for part in parts))
    where: list[Piece] = [(f" {first}", "dim")]
    for part in rest:
        where += [(" ▸ ", "line"), (part, "dim")]
    where[-1] = (where[-1][0], "")
    return tuple(where)


def crumb_end(extras: str, fresh: Line) -> Line:
    """What is left out of the list, and how fresh it is."""
    return line((f"{extras}  ", "second") if extras else "", *fresh, " ")


def trail(*where: str) -> Line:
    """Where a page lies: `Runs ▸ 7f3a2c00 ▸ Log`."""
    *before, last = where
    pieces: list[Piece] = [(" ", "")]
    for part in before:
        pieces += [(part, "dim"), (" ▸ ", "line")]
    return (*pieces, (last, "head"))


def hints(text: str) -> Line:
    """`space mark  n N next`: a key or several, of one letter or with a name, and what they do; two blanks between."""
    pieces: list[Piece] = []
    for part in text.split("  "):
        words = part.split(" ")
        keys = next((at for at, word in enumerate(words) if not _is_key(word)), len(words))
        pieces += [(" " + " ".join(words[:keys]), "key"), (" " + " ".join([*words[keys:], ""]), "")]
    return tuple(pieces)


def hints_with_cli(text: str, width: int) -> Line:
    """The hints of a page, with the key that copies its command where there is room for it."""
    more = hints(text.replace("  esc back", "  Y CLI  esc back"))
    return more if len(plain(more)) <= width else hints(text)


def _is_key(word: str) -> bool:
    return len(word) == 1 or word in _NAMED or word.startswith("ctrl+")


def key_line(actions: Sequence[tuple[Action, bool]], last: Sequence[tuple[Action, bool]], width: int) -> Line:
    """Keys with their labels, as many as fit; `last` always fits. Those that are refused now are dim, in brackets where
    the blanks were, so that all keep their places; where not all fit, they are left out.
    """
    ending = [_key(action, allowed) for action, allowed in last]
    room = width - sum(len(plain(each)) for each in ending) - 1
    if sum(len(plain(_key(action, allowed))) for action, allowed in actions) > room:
        actions = [(action, allowed) for action, allowed in actions if allowed]
    pieces: list[Piece] = []
    for action, allowed in actions:
        key = _key(action, allowed)
        if len(plain(key)) > room:
            break
        pieces += key
        room -= len(plain(key))
    return (*pieces, *(piece for each in ending for piece in each))


def _key(action: Action, allowed: bool) -> Line:
    key, label = key_name(action.keys[0]), action.label
    return ((" ", ""), (key, "key"), (f" {label} ", "")) if allowed else ((f"({key} {label})", "dim"),)


def _speed(ms: float | None) -> str:
    """In steps, so that the bar does not change with every answer."""
    if ms is None:
        return "?"
    return next((f"<{step}" for most_ms, step in _SPEEDS if ms < most_ms), ">5s")
