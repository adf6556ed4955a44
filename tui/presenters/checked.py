"""Documents with every number a number: one bad field is `?` in its cell, and a sentence in `:errors`."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.words import Document, Kept

NUMBERS = frozenset(
    {
        *("duration_s", "elapsed_s", "seconds", "estimate_s", "oldest_s", "lag_s", "late_s", "tries", "max_tries"),
        *("depth", "running", "limit", "late", "length", "lag", "dead_letters", "rows", "version"),
    }
)
_OWN = frozenset({"metadata", "evidence", "parameters", "facts", "config", "tags", "partition", "reads"})
"""What an author or the analysis names as it likes."""


def checked(document: Document, name: str) -> tuple[Document, tuple[str, ...]]:
    """The document with not-a-number for what should be one, and what was wrong, in words.

    The versions of servers (`status`) are texts.
    """
    if name == "status":
        return Kept(document), ()
    faults: list[str] = []
    return Kept(_checked(document, name, faults)), tuple(faults)


def _checked(value: Any, where: str, faults: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _field(str(name), each, where, faults) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_checked(each, f"{where} {_name(each)}".rstrip(), faults) for each in value]
    return value


def _field(name: str, value: Any, where: str, faults: list[str]) -> Any:
    if name in _OWN:
        return value
    if isinstance(value, Mapping | list | tuple):
        return value if name in NUMBERS else _checked(value, where, faults)
    if name in NUMBERS and value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        faults.append(f"{where}: {name} is {safe_text(repr(value), limit=60)}, no number")
        return nan
    return value


def _name(row: Any) -> str:
    """What tells a row apart."""
    if not isinstance(row, Mapping):
        return ""
    return safe_name(next((row[field] for field in ("id", "key", "name") if row.get(field)), ""))
