"""What an intervention did, beside what was expected of it: two intervals on one axis, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

from causal_organism.documents.pilots import PilotVerdict
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.interventions import number
from tui.presenters.lines import EMPTY, Line, Piece, fit_left, heading, line, wrapped
from tui.presenters.words import Document

_BEGUN = frozenset({"started", "stopped", "finished", "evaluated"})
_LABEL, _FIGURES = 12, 24
_TONES: Mapping[PilotVerdict, str] = {"effective": "ok", "harmful": "bad", "inconclusive": "warn"}


def is_begun(proposal: Document) -> bool:
    """Whether it was started, so that something can be measured."""
    return str(proposal.get("state") or "").lower() in _BEGUN


def result_lines(result: Document | None, unread: str, width: int) -> tuple[Line, ...]:
    """`unread` is said where there is no result."""
    head: Line = heading("RESULT")
    if result is None:
        return (head, *(line((part, "dim")) for part in wrapped(unread, width)), EMPTY)
    expected, measured = result.get("expected") or {}, result.get("measured") or {}
    rows = (
        ("expected", expected.get("total"), expected.get("from"), expected.get("to"), "second"),
        ("measured", measured.get("effect"), measured.get("from"), measured.get("to"), "accent"),
    )
    ends = [float(each) for _, *figures, _ in rows for each in figures if isinstance(each, int | float)]
    cells = width - _LABEL - _FIGURES - 4
    verdict = safe_name(result.get("verdict") or "?")
    tone = _TONES.get(result["verdict"], "") if result.get("verdict") else ""
    teams = f"{result.get('treated', '?')} with it, {result.get('held_out', '?')} held out"
    about = f"{safe_name(result.get('outcome') or '')}, {safe_name(result.get('unit') or '')}; {teams}"
    return (
        line(("RESULT ", "head"), (verdict, tone), "  ", (about, "dim")),
        *(_row(name, middle, low, high, tone, ends, cells) for name, middle, low, high, tone in rows),
        *(line((part, "dim")) for part in wrapped(safe_text(result.get("design") or ""), width)),
        EMPTY,
    )


def _row(name: str, middle: object, low: object, high: object, tone: str, ends: list[float], cells: int) -> Line:
    figures = f"{number(middle)} [{number(low)}, {number(high)}]" if isinstance(middle, int | float) else "not yet"
    return line(fit_left(name, _LABEL), *_interval((low, middle, high), ends, cells, tone), "  ", figures)


def _interval(figures: tuple[object, object, object], ends: list[float], cells: int, tone: str) -> Line:
    """`├──●──┤` on an axis that holds all ends and nought, which is marked."""
    known = [float(each) for each in figures if isinstance(each, int | float)]
    if cells < 10 or not ends:
        return ()
    low, high = min(0.0, *ends), max(0.0, *ends)
    size = (high - low) or 1.0

    def place(value: float) -> int:
        return min(cells - 1, round((value - low) / size * (cells - 1)))

    signs: list[Piece] = [("·", "faint")] * cells
    signs[place(0.0)] = ("│", "dim")
    if len(known) == 3:
        first, middle, last = map(place, known)
        for at in range(first, last + 1):
            signs[at] = ("─", tone)
        signs[first], signs[last], signs[middle] = ("├", tone), ("┤", tone), ("●", tone)
    return tuple(signs)
