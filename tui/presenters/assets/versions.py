"""The versions of an asset: a list to mark two in, their numbers over time, and what differs between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from causal_organism.wording.amounts import count, date_clock, moment
from causal_organism.wording.identities import short_id
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.assets.config import made_with
from tui.presenters.drawing import spark
from tui.presenters.lines import EMPTY, Line, fit_left, heading, line, sized_table
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document, number_text

COLUMNS = (
    Column(name="VERSION", width=18),
    Column(name="MADE", width=12),
    Column(name="ROWS", width=9, right=True),
    Column(name="RUN", width=9),
    Column(name="BY", width=16, from_width=70),
    Column(name="TRIGGER", width=10, from_width=90),
    Column(name="FROM", share=1),
)
REJECTED_COLUMNS = (
    Column(name="REJECTED", width=12),
    Column(name="ROWS", width=9, right=True),
    Column(name="RUN", width=9),
    Column(name="BY", width=16, from_width=70),
    Column(name="WHY", share=2, state=True),
    Column(name="FROM", share=1, from_width=90),
)
_LABEL, _SHOWN = 18, 200


def version_rows(versions: Sequence[Document], now: datetime) -> tuple[Row, ...]:
    """A row per version, newest first; the key is its number."""
    return tuple(_row(version, now) for version in versions)


def rejected_rows(versions: Sequence[Document], now: datetime) -> tuple[Row, ...]:
    """A row per value that a check rejected; the key is its place in the list."""
    return tuple(
        Row(
            key=str(at),
            cells=(
                date_clock(each.get("rejected_at"), now),
                count(each.get("rows")),
                short_id(each.get("run") or "-"),
                safe_name(each.get("actor") or "-"),
                _refusals(each),
                _inputs(each),
            ),
            tone="bad",
            fault=True,
        )
        for at, each in enumerate(versions)
    )


def _refusals(version: Document) -> str:
    """`row_count: 1 rows, at least 2`, of each check that did not pass."""
    failed = [each for each in version.get("checks") or () if not each.get("passed")]
    return safe_text("; ".join(f"{each.get('name')}: {each.get('detail') or 'failed'}" for each in failed), limit=300)


def _inputs(version: Document) -> str:
    given = (version.get("inputs") or {}).items()
    names = [f"{safe_name(key)}@{(made_of or {}).get('version') or '-'}" for key, made_of in given]
    return safe_text(", ".join([*made_with(version), *names]), limit=200)


def number_lines(versions: Sequence[Document], width: int) -> list[Line]:
    """Numbers that the versions say of themselves, old to new, each as a line of blocks with its last value."""
    found: dict[str, list[float | None]] = {}
    oldest_first = list(reversed(versions))
    for at, version in enumerate(oldest_first):
        for name, value in {"rows": version.get("rows"), **(version.get("metadata") or {})}.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
                found.setdefault(name, [None] * len(oldest_first))[at] = float(value)
    lines = []
    for name, values in found.items():
        known = [value for value in values if value is not None]
        if len(known) < 2:
            continue
        drawn = spark(values, max(8, width - _LABEL - 26))
        last = f"  {_short(known[-1])}"
        span = f"  {_short(min(known))} to {_short(max(known))}" if min(known) != max(known) else "  always"
        lines.append(line("   ", (fit_left(safe_name(name), _LABEL), "dim"), (drawn, "accent"), last, (span, "dim")))
    return [heading(f"NUMBERS over {len(versions)} versions"), *lines, EMPTY] if lines else []


def diff_lines(diff: Document, width: int) -> tuple[Line, ...]:
    """What differs: how many rows came, went and changed; how far each column of numbers moved; then which."""
    if diff.get("same"):
        return (line(("the same content", "ok")),)
    counts = diff.get("counts") or {name: len(diff.get(name) or ()) for name in ("added", "removed", "changed")}
    lines: list[Line] = [
        line(
            (f"{counts['added']:,} added", "ok" if counts["added"] else "dim"), "   ",
            (f"{counts['removed']:,} removed", "bad" if counts["removed"] else "dim"), "   ",
            (f"{counts['changed']:,} values changed", "warn" if counts["changed"] else "dim"),
        ),
    ]  # fmt: skip
    if summary := diff.get("summary"):
        names = list(dict.fromkeys(name for each in summary for name in each))
        rows = [[_cell(each.get(name)) for name in names] for each in summary]
        head = [safe_name(name) for name in names]
        lines += [EMPTY, heading("COLUMNS"), *sized_table(head, rows, [24] * len(head), text=1)]
    for each in diff.get("forms") or ():
        lines.append(line((safe_text("  ".join(f"{name} {said}" for name, said in each.items()), limit=300), "warn")))
    if changed := diff.get("changed"):
        rows = [[_cell(each.get(name)) for name in ("id", "column", "was", "now")] for each in changed[:_SHOWN]]
        head = ["CHANGED", "COLUMN", "WAS", "NOW"]
        lines += [EMPTY, *sized_table(head, rows, (24, 24, 24, 24), text=2), *_more(counts, diff)]
    for name, tone in (("added", "ok"), ("removed", "bad")):
        if ids := diff.get(name):
            lines += [EMPTY, heading(name.upper()), *(line(("   " + _cell(each), tone)) for each in ids[:_SHOWN])]
    return tuple(lines)


def _more(counts: Mapping[str, int], diff: Document) -> list[Line]:
    left = counts["changed"] - min(_SHOWN, len(diff.get("changed") or ()))
    return [line((f"   ... {left:,} more, the largest are above (organism diff lists all)", "dim"))] if left > 0 else []


def _row(version: Document, now: datetime) -> Row:
    number, made = version.get("version"), moment(version.get("made_at"))
    marks = " ".join(name for name in ("head", "pinned") if version.get(name))
    return Row(
        key=str(number),
        cells=(
            f"{number_text(number, 'v')} {marks}".rstrip(),
            date_clock(version.get("made_at"), now),
            count(version.get("rows")),
            short_id(version.get("run") or "-"),
            safe_name(version.get("actor") or "-"),
            safe_name(version.get("trigger") or "-"),
            _inputs(version),
        ),
        order=(number, -made.timestamp() if made else None, version.get("rows"), "", "", "", ""),
        tone="ok" if version.get("head") else "",
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e9 else f"{value:.4g}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return safe_text("-" if value is None else str(value), limit=80)
