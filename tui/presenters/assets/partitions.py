"""The partitions of an asset: a map with a sign for each, or for several, and a list of those that are not fresh."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from causal_organism.wording.amounts import age
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.lines import Line, fit_left, heading, indented, line, word
from tui.presenters.reasons import cause_text
from tui.presenters.words import Document
from tui.states import FAIL, MISS, OK, STALE

SIGNS = {"f": ("#", ""), "s": ("~", "warn"), "m": (".", "dim"), "x": ("x", "bad")}
"""Letter of a state in a document -> the sign on the map, and its tone."""

_WORST = "xsmf"
_MAP_ROWS = 10
_WORDS = {"fresh": OK, "stale": STALE, "missing": MISS}


def partition_lines(document: Document | None, now: datetime, width: int, *, unread: str = "reading ...") -> list[Line]:
    """`unread` is said where there is no document."""
    if document is None:
        return [heading("PARTITIONS"), *indented(unread, width)]
    states = str(document.get("states") or "")
    counted = ", ".join(
        f"{states.count(letter):,} {name}"
        for letter, name in (("f", "fresh"), ("s", "stale"), ("m", "missing"), ("x", "failed"))
        if states.count(letter)
    )
    return [
        heading(f"PARTITIONS {len(states):,}: {counted or 'none'}"),
        *_map_lines(states, width),
        line((f"   {safe_name(document.get('first') or '-')} .. {safe_name(document.get('last') or '-')}", "dim")),
        *_list_lines(document, states, now, width),
    ]


def _map_lines(states: str, width: int) -> list[Line]:
    """At most so many rows; a sign that stands for several partitions is that of the worst."""
    row = max(10, width - 4)
    each = max(1, ceil(len(states) / (row * _MAP_ROWS)))
    letters = [
        next(letter for letter in _WORST if letter in states[at : at + each]) for at in range(0, len(states), each)
    ]
    lines: list[Line] = []
    alike = 0  # rows of one sign that are not drawn, since the one above says it
    for at in range(0, len(letters), row):
        is_again = at > 0 and at + row <= len(letters) and len(set(letters[at - row : at + row])) == 1
        if is_again:
            alike += 1
            continue
        lines += _alike_line(alike)
        alike = 0
        pieces: list[tuple[str, str]] = [("   ", "")]
        for letter in letters[at : at + row]:
            sign, tone = SIGNS[letter]
            if pieces[-1][1] == tone:
                pieces[-1] = (pieces[-1][0] + sign, tone)
            else:
                pieces.append((sign, tone))
        lines.append(tuple(pieces))
    lines += _alike_line(alike)
    several = f", each sign {each:,} partitions, the worst of them" if each > 1 else ""
    return [*lines, line((f"   # fresh  ~ stale  . missing  x failed{several}", "dim"))] if states else []


def _alike_line(rows: int) -> list[Line]:
    return [line((f"   ... {rows} more such row{'s' if rows > 1 else ''}", "dim"))] if rows else []


def _list_lines(document: Document, states: str, now: datetime, width: int) -> list[Line]:
    listed = document.get("listed") or ()
    if not listed:
        return []
    name_width = max(12, min(34, width - 40))
    lines = [heading(f" {fit_left('NOT FRESH', name_width)} STATE  {'AGE':>5} CAUSE")]
    for row in listed:
        attempt = row.get("attempt") or {}
        state = FAIL if attempt else _WORDS.get(str(row.get("status")), "?")
        causes = [cause_text(cause) for cause in row.get("causes") or ()]
        why = safe_text(attempt.get("error") or (causes[0] if causes else ""), limit=200)
        place = ",".join(f"{name}={member}" for name, member in (row.get("partition") or {}).items())
        lines.append(
            line(
                f" {fit_left(safe_name(place), name_width)} ", word(state), f" {age(row.get('made_at'), now):>5} {why}"
            )
        )
    more = len(states) - states.count("f") - len(listed)
    return [*lines, line((f"   ... {more:,} more (organism partitions lists all)", "dim"))] if more > 0 else lines
