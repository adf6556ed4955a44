"""Colours in a terminal: of heads, and of words that say how something stands."""

from __future__ import annotations

import os
from typing import TextIO

_TONES = {
    "32": "fresh completed made unchanged ok healthy active online done same idle",
    "31": "failed crashed rejected timedout damaged lost bad unreachable",
    "33": "stale missing blocked late paused cancelled cancelling awaitingretry warning changed",
    "36": "running making retrying pending submitting queued scheduled awaitingconcurrencyslot",
    "2": "skipped none",
}
_COLOUR = {word: colour for colour, words in _TONES.items() for word in words.split()}
STATES = frozenset({"STATE", "STATUS", "OUTCOME", "HEALTH", "CONTENT"})
"""Heads of the columns whose words are coloured."""


def has_colours(stream: TextIO) -> bool:
    """A terminal that can show them, and nobody who does not want them (NO_COLOR)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb")


def head(line: str) -> str:
    return f"\x1b[1m{line}\x1b[0m"


def state(cell: str) -> str:
    """A cell, padded or not, in the colour of its first word."""
    text = cell.strip()
    colour = _COLOUR.get(text.replace(",", " ").replace(":", " ").partition(" ")[0].lower())
    return cell if colour is None else cell.replace(text, f"\x1b[{colour}m{text}\x1b[0m", 1)
